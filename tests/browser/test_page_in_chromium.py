"""The page as people use it: a study arrives and is scored before their eyes, is asked for again, is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from browser.conftest import VIEWER
from browser.viewer_in_chromium import PATIENCE_S, ViewerPage, until, visit
from foreign_outlines import Painted, segmentation
from integration.hospital import Hospital
from orthanc_server import eventually

from dicom_io.files import to_bytes
from models.voxels import image_of, mask_of
from phantom import PhantomSpec, make_study, write_study

pytestmark = pytest.mark.slow
LONG_MS = 240_000
#: What reaches beyond the window, but for tables, which are moved by themselves.
TOO_WIDE = """[...document.querySelectorAll('body, body *')].filter(one => !one.closest('.wide') && !one.closest('.skip') &&
    one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """With the viewer where it is installed; nothing here needs it."""
    keys = {"Viewer": str(VIEWER)} if (VIEWER / "index.html").exists() else {}
    with Hospital(tmp_path_factory.mktemp("hospital"), Demo=True, **keys) as running:
        eventually(running.service_answers, 60, "the service answers behind Orthanc")
        yield running


@dataclass(frozen=True, eq=False)
class Patient:
    """A phantom that is not sent yet."""

    files: list[Path]
    study_uid: str
    drawing: bytes
    """A Segmentation of a part of the lesion, as another person's tool stores it."""


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Patient:
    study = make_study(PhantomSpec.small())
    files = write_study(study, tmp_path_factory.mktemp("study"))
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in files]
    dynamic = [h for h in headers if "MultiPhase" in h.SeriesDescription and h.TemporalPositionIdentifier == 2]
    assert study.truth.lesion is not None
    voxels = mask_of(study.truth.lesion).copy()
    middle = int(np.argwhere(voxels)[:, 0].mean())
    voxels[: middle - 1] = voxels[middle + 2 :] = False
    drawing = segmentation([Painted(image_of(voxels, study.truth.lesion))], dynamic)
    return Patient(files, str(headers[0].StudyInstanceUID), to_bytes(drawing))


@pytest.fixture
def shown(browser: Any, hospital: Hospital) -> Iterator[ViewerPage]:
    with visit(browser, hospital) as shown:
        yield shown


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
    shown: ViewerPage, hospital: Hospital, patient: Patient
) -> None:
    page = go(shown, "")
    hospital.receive(patient.files)
    page.locator("li .state.receiving, li .state.ready, li .state.running").first.wait_for()
    page.locator("progress").wait_for(timeout=LONG_MS)
    page.locator("li .state.scored").wait_for(timeout=LONG_MS)
    assert page.evaluate("window.sameLoad"), "it was not loaded again"
    name = str(pydicom.dcmread(patient.files[0], stop_before_pixels=True).PatientName).replace("^", " ").strip()
    page.get_by_role("link", name=name).click()

    page.get_by_role("heading", name="Signatures of lesion 1").wait_for()
    page.evaluate("window.sameLoad = true")
    picture = page.locator(".picture img")
    picture.scroll_into_view_if_needed()
    # Asked from outside: what waits inside the page would be an evaluated text, which its own policy forbids.
    until(lambda: page.evaluate("document.querySelector('.picture img').naturalWidth") > 600, "the picture")
    assert page.locator("article.card").count() == 5
    page.screenshot(path=shown.keep("page-study"), full_page=True)
    pdf = page.get_by_role("link", name="Open the PDF").evaluate("link => link.href")
    assert hospital.http.get(pdf, follow_redirects=True).content.startswith(b"%PDF")
    instance = page.get_by_role("cell", name="Open the PDF Explorer").get_by_role("link", name="Explorer")
    answer = hospital.http.get(instance.evaluate("link => link.href"))
    assert "/app/explorer.html#instance?uuid=" in answer.headers["Location"]

    hospital.store(patient.drawing)
    page.get_by_text("The lesions were drawn by Reader^Rita").wait_for(timeout=LONG_MS)
    page.get_by_role("heading", name="Earlier inputs").wait_for()
    assert page.evaluate("window.sameLoad"), "the same page, all the while"


def test_a_wish_is_granted_at_once_and_stands_on_the_account(
    shown: ViewerPage, hospital: Hospital, patient: Patient
) -> None:
    hospital.settled(patient.study_uid)
    page = go(shown, f"studies/{patient.study_uid}/page")
    page.get_by_label("Point: x, y, z").fill("one, two")
    page.get_by_role("button", name="Score again", exact=True).click()
    page.get_by_text("Seed: 3 numbers in millimetres are needed").wait_for()
    page.get_by_label("Point: x, y, z").fill("")
    page.get_by_role("button", name="Score again", exact=True).press("Enter")
    page.get_by_text("The study will be looked at and scored now.").wait_for()
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


def test_a_refused_study_shows_its_sentence(shown: ViewerPage, hospital: Hospital, tmp_path: Path) -> None:
    files = write_study(make_study(PhantomSpec.small(seed=2)), tmp_path, salt="short")
    headers = [(path, pydicom.dcmread(path, stop_before_pixels=True)) for path in files]
    hospital.receive([path for path, h in headers if h.get("TemporalPositionIdentifier", 1) == 1])
    study_uid = str(headers[0][1].StudyInstanceUID)
    eventually(lambda: hospital.study(study_uid), PATIENCE_S, "the study is known")
    page = go(shown, f"studies/{study_uid}/page")
    page.get_by_role("button", name="Score again", exact=True).click()
    page.locator("#state .state.refused").wait_for(timeout=LONG_MS)
    said = hospital.study(study_uid)["reason"]
    assert said in page.locator("#state").inner_text()
    go(shown, "?state=refused")
    assert page.locator(".studies > li").count() == 1
    assert said in page.locator(".studies").inner_text()


@pytest.mark.parametrize(
    "path", ["", "studies/{uid}/page", "studies/{uid}/series", "signatures", "status", "account", "guide"]
)
def test_everybody_can_use_each_page_on_a_phone_and_in_the_dark(
    shown: ViewerPage, hospital: Hospital, patient: Patient, faults_of: Callable[[Any], list[str]], path: str
) -> None:
    hospital.settled(patient.study_uid)
    page = go(shown, path.format(uid=patient.study_uid))
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    name = path.rpartition("/")[2] or "list"
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


def test_another_site_can_wish_for_nothing(hospital: Hospital, patient: Patient) -> None:
    """A browser adds the password that it keeps; a page of another site can send forms and texts, and no JSON."""
    way = f"/tilscope/studies/{patient.study_uid}/rescore"
    for kind in ("application/x-www-form-urlencoded", "text/plain", None):
        headers = {"Origin": "http://elsewhere.example", **({"Content-Type": kind} if kind else {})}
        answer = hospital.http.post(way, headers=headers)
        assert answer.status_code == 403, kind
    assert hospital.http.options(way, headers={"Origin": "http://elsewhere.example"}).status_code != 200
