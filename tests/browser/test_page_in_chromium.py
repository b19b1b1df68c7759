"""The page as people use it: a study arrives and is scored before their eyes, is asked for again, is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pydicom
import pytest
from browser.conftest import VIEWER
from browser.seen_patient import SeenPatient
from browser.viewer_in_chromium import ViewerPage, until, visit
from foreign_outlines import Painted, segmentation
from integration.hospital import Hospital

from tilscope.dicom_io.files import to_bytes
from tilscope.models.imaging.series import Laterality
from tilscope.phantom import LesionSpec, PhantomSpec, make_study, write_study

pytestmark = pytest.mark.slow
#: What reaches beyond the window, but for tables, which are moved by themselves.
TOO_WIDE = """[...document.querySelectorAll('body, body *')].filter(one => !one.closest('.wide') && !one.closest('.skip') &&
    one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120))"""


SMALL = PhantomSpec.small()
#: As long as a name may be (PS3.5 6.2: 64 characters a group), in three scripts.
LONGEST_NAME = "Wolfeschlegelsteinhausenbergerdorff^Maximiliane Anastasia Theo=山田^花子=やまだ^はなこ"


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> SeenPatient:
    """Not sent yet."""
    folder = tmp_path_factory.mktemp("study")
    return SeenPatient(folder, write_study(make_study(SMALL), folder))


@pytest.fixture(scope="module")
def worst(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is hardest to lay out: one breast of a pair refused, several lesions and noise in the other, the longest name."""
    folder = tmp_path_factory.mktemp("worst")
    more = tuple(LesionSpec(Laterality.LEFT, mm, necrotic_core=False) for mm in (15.0, 14.0, 13.0, 12.0))
    spec = replace(SMALL, seed=5, snr=20.0, more_lesions=more)
    files = write_study(make_study(spec), folder, "sagittal-pair", salt="worst", companions=False)
    for path in files:
        image = pydicom.dcmread(path)
        image.SpecificCharacterSet, image.PatientName = "ISO_IR 192", LONGEST_NAME
        image.save_as(path)
    hospital.receive(files)
    study_uid = SeenPatient(folder, files).study_uid
    assert hospital.settled(study_uid)["state"] == "scored"
    return study_uid


@pytest.fixture(scope="module")
def refused(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("refused")
    files = write_study(make_study(replace(SMALL, seed=2, lesion=None)), folder, salt="refused", companions=False)
    hospital.receive(files)
    study_uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    assert hospital.settled(study_uid)["state"] == "refused"
    return study_uid


@pytest.fixture(scope="module")
def faults_of() -> Callable[[Any], list[str]]:
    pytest.importorskip("playwright", reason="playwright is not installed: docker/install.sh")
    from browser.axe import axe, serious_faults

    script = axe()
    if script is None:
        pytest.skip("axe-core cannot be fetched from npm here")
    return lambda page: serious_faults(page, script)


def go(shown: ViewerPage, path: str) -> Any:
    shown.page.goto(f"{shown.orthanc.url}/tilscope/{path}")
    shown.page.evaluate("window.sameLoad = true")
    return shown.page


def test_an_empty_page_says_what_to_do(shown: ViewerPage) -> None:
    page = go(shown, "")
    page.get_by_text("Send a breast DCE-MRI study to Orthanc").wait_for()


def test_from_arrival_to_scored_again_by_another_segmentation_without_a_reload(
    shown: ViewerPage, hospital: Hospital, patient: SeenPatient
) -> None:
    page = go(shown, "")
    hospital.receive(patient.files)
    page.locator("li .state.receiving, li .state.ready, li .state.running").first.wait_for()
    page.locator("progress").wait_for()
    page.locator("li .state.scored").wait_for()
    assert page.evaluate("window.sameLoad"), "it was not loaded again"
    name = str(pydicom.dcmread(patient.files[0], stop_before_pixels=True).PatientName).replace("^", " ").strip()
    page.get_by_role("link", name=name).click()

    page.get_by_role("heading", name="Signatures of lesion 1").wait_for()
    page.evaluate("window.sameLoad = true")
    # By the demo's references and models all five have a value; nobody has said that the tumour is triple-negative.
    assert page.locator("article.card .big strong").count() == 4
    assert (
        page.locator("article.card", has_text="No result:")
        .get_by_role("heading")
        .first.inner_text()
        .startswith("Rad-TILs")
    )
    picture = page.locator(".picture img")
    picture.scroll_into_view_if_needed()
    # Asked from outside: what waits inside the page would be an evaluated text, which its own policy forbids.
    until(lambda: page.evaluate("document.querySelector('.picture img').naturalWidth") > 600, "the picture")
    page.screenshot(path=shown.keep("page-study"), full_page=True)
    pdf = page.get_by_role("link", name="Open the PDF").evaluate("link => link.href")
    assert hospital.http.get(pdf, follow_redirects=True).content.startswith(b"%PDF")
    instance = page.get_by_role("cell", name="Open the PDF Explorer").get_by_role("link", name="Explorer")
    answer = hospital.http.get(instance.evaluate("link => link.href"))
    assert "/app/explorer.html#instance?uuid=" in answer.headers["Location"]

    hospital.store(to_bytes(segmentation([Painted(patient.upper_part())], patient.early_images())))
    page.get_by_text("The lesions were drawn by Reader Rita").wait_for()
    page.get_by_role("heading", name="Earlier inputs").wait_for()
    assert page.evaluate("window.sameLoad"), "the same page, all the while"


def test_a_request_is_taken_at_once_and_is_in_the_audit_log(
    shown: ViewerPage, hospital: Hospital, patient: SeenPatient
) -> None:
    hospital.settled(patient.study_uid)
    page = go(shown, f"studies/{patient.study_uid}/page")
    page.get_by_label("Point: x, y, z").fill("one, two")
    page.get_by_role("button", name="Score again", exact=True).click()
    page.get_by_text("Seed: 3 numbers in millimetres are needed").wait_for()
    page.get_by_label("Point: x, y, z").fill("")
    page.get_by_role("button", name="Score again", exact=True).press("Enter")
    page.get_by_text("The study will be inspected and scored now.").wait_for()
    page.locator("#story").get_by_role("cell", name="Score again", exact=True).wait_for()
    hospital.settled(patient.study_uid)

    page.get_by_label("GZMA expression").fill("4.2")
    page.get_by_role("button", name="Save and score again").click()
    page.get_by_text("The study will be scored with it.").wait_for()
    page = go(shown, "account")
    rows = [row for row in page.locator("tbody tr").all_inner_texts() if hospital.user in row]
    assert len(rows) == 2
    assert "Molecular findings" in rows[0]
    assert "Score again" in rows[1]
    hospital.settled(patient.study_uid)


def test_a_refused_study_shows_its_sentence_on_the_page_in_the_list_and_as_a_note_in_the_study(
    shown: ViewerPage, hospital: Hospital, refused: str, browser: Any
) -> None:
    said = hospital.study(refused)["reason"]
    page = go(shown, f"studies/{refused}/page")
    assert said in page.locator("#state").inner_text()
    page.screenshot(path=shown.keep("page-refused"), full_page=True)
    go(shown, "?state=refused")
    page.locator(".studies > li").filter(has_text=said).wait_for()
    assert page.locator(".studies > li .state:not(.refused)").count() == 0
    if not (VIEWER / "index.html").exists():
        pytest.skip("no viewer: docker/install.sh --viewer")
    with visit(browser, hospital) as viewer:
        viewer.open(refused)
        viewer.show("TILscope_not_scored")
        until(lambda: said in viewer.page.inner_text("body"), "the note")
        viewer.keep("note")


def test_a_pair_says_whose_it_is_and_which_breast_was_scored(shown: ViewerPage, worst: str) -> None:
    page = go(shown, f"studies/{worst}/page")
    page.get_by_role("heading", name="Anastasia Theo / 山田 花子 / やまだ はなこ").wait_for()
    assert "Right breast not scored: No enhancing lesion" in page.locator("#result").inner_text()
    page.get_by_role("heading", name="Left breast", exact=True).wait_for()
    page.get_by_role("region", name="Lesion 3, left").wait_for()
    note = page.get_by_role("row").filter(has_text="Note of a refusal")
    assert "right breast" in note.inner_text()


@pytest.mark.parametrize(
    "path",
    [
        "", "studies/{uid}/page", "studies/{worst}/page", "studies/{refused}/page", "studies/{uid}/series", "signatures",
        "worklist", "status", "account", "guide", "studies/1.2.3/page",
    ],
)  # fmt: skip
def test_everybody_can_use_each_page_on_a_phone_and_in_the_dark(
    shown: ViewerPage,
    hospital: Hospital,
    patient: SeenPatient,
    worst: str,
    refused: str,
    faults_of: Callable[[Any], list[str]],
    path: str,
) -> None:
    hospital.settled(patient.study_uid)
    page = go(shown, path.format(uid=patient.study_uid, worst=worst, refused=refused))
    if "1.2.3" in path:
        shown.errors.clear()  # of a study that is not there the archive says 404, and the console too
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    name = path.replace("/", "-").replace("{", "").replace("}", "") or "list"
    for width, scheme in ((1400, "light"), (1400, "dark"), (360, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert faults_of(page) == [], f"{width} {scheme}"
        assert page.evaluate(TOO_WIDE) == [], "nothing has to be moved sideways"
        page.screenshot(path=shown.keep(f"page-{name}-{width}-{scheme}"), full_page=True)


def test_the_way_by_keys_begins_with_the_content_and_shows_where_it_is(shown: ViewerPage) -> None:
    page = go(shown, "guide")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "To the content"
    place = skip.bounding_box()
    assert place is not None
    assert place["x"] >= 0, "it is seen while it has the focus"
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Studies"
    assert page.locator(":focus").evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_a_study_is_found_and_scored_again_by_keys_alone(
    shown: ViewerPage, hospital: Hospital, patient: SeenPatient
) -> None:
    hospital.settled(patient.study_uid)
    page = go(shown, "")
    tab_to(page, f"a[href*='{patient.study_uid}']")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Signatures of lesion 1").wait_for()
    tab_to(page, "form[data-command=rescore] button.main")
    page.keyboard.press("Enter")
    page.get_by_text("The study will be inspected and scored now.").wait_for()
    hospital.settled(patient.study_uid)


def test_a_study_is_found_by_its_patient_and_what_was_typed_is_sent_to_orthanc_alone(
    shown: ViewerPage, hospital: Hospital, patient: SeenPatient
) -> None:
    hospital.settled(patient.study_uid)
    image = pydicom.dcmread(patient.files[0], stop_before_pixels=True)
    for typed in (str(image.PatientID), str(image.AccessionNumber), str(image.PatientName)[1:6].lower()):
        page = go(shown, "")
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.get_by_role("searchbox").fill(typed)
        page.keyboard.press("Enter")
        page.get_by_text("Only studies that Orthanc knows").wait_for()
        assert patient.study_uid in page.locator("[data-study]").evaluate_all(
            "all => all.map(one => one.dataset.study)"
        )
        field = page.get_by_role("searchbox")
        until(lambda field=field, typed=typed: field.input_value() == typed, "what was typed, to be corrected")
        assert [url for url in asked if typed in url.partition("#")[0]] == []


def tab_to(page: Any, place: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("place => document.activeElement.matches(place)", place):
            return
    raise AssertionError(f"{place} is not reached by keys")


def test_what_was_scored_with_another_reference_is_recalculated_at_a_button(
    shown: ViewerPage, hospital: Hospital, patient: SeenPatient
) -> None:
    hospital.settled(patient.study_uid)
    (hospital.folder / "tilscope" / "references" / "wu2018.json").unlink()
    page = go(shown, "signatures")
    page.get_by_text("Scored with other references or models: ").wait_for()
    page.get_by_role("button", name="Score them again").click()
    page.get_by_text("Every scored study was scored with what is installed now.").wait_for()
    assert page.evaluate("window.sameLoad"), "it was not loaded again"
    go(shown, f"studies/{patient.study_uid}/page")
    card = page.locator("article.card").filter(has_text="Wu 2018")
    assert "uncalibrated" in card.inner_text()


def test_another_site_can_ask_for_nothing(hospital: Hospital, patient: SeenPatient) -> None:
    """A browser adds the password that it keeps; a page of another site can send forms and texts, and no JSON."""
    way = f"/tilscope/studies/{patient.study_uid}/rescore"
    for kind in ("application/x-www-form-urlencoded", "text/plain", None):
        headers = {"Origin": "http://elsewhere.example", **({"Content-Type": kind} if kind else {})}
        answer = hospital.http.post(way, headers=headers)
        assert answer.status_code == 403, kind
    assert hospital.http.options(way, headers={"Origin": "http://elsewhere.example"}).status_code != 200
