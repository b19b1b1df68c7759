"""What a radiologist sees: the lesion under its segmentation, the scores in the report, the page; in OHIF, in Chromium.

Where the lesion is, the phantom's truth says, not our segmentation: a mask that was flipped, shifted or on the wrong
slice would colour another place of the screen.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from browser.conftest import VIEWER
from browser.seen_patient import SeenPatient, SeenSlice
from browser.test_the_viewer_is_served import NO_SERVICE
from browser.viewer_in_chromium import WINDOW, Picture, ViewerPage, in_colour, until, visit
from foreign_outlines import Painted, segmentation
from integration.hospital import Hospital
from orthanc_server import NEWER, OrthancServer, eventually

from tilscope.dicom_io.files import to_bytes
from tilscope.models.imaging.series import Laterality
from tilscope.models.pictures.colours import FGT_COLOUR, lesion_colour
from tilscope.models.readable_numbers import score_text, spread_range
from tilscope.models.result_schema import read_result
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.pages.words import short_name

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (VIEWER / "index.html").exists(), reason="no viewer: docker/install.sh --viewer"),
]

SMALL = PhantomSpec.small()
assert SMALL.lesion is not None


@dataclass(frozen=True)
class Imaged:
    spec: PhantomSpec
    layout: str = "one-series"
    reversed_slices: bool = False


#: Two with their mirror images, of which a flip would show the lesion where there is none; then other layouts.
PATIENTS = {
    "axial": Imaged(SMALL),
    "axial-mirrored": Imaged(replace(SMALL, lesion=replace(SMALL.lesion, side=Laterality.RIGHT)), reversed_slices=True),
    "sagittal": Imaged(SMALL.sagittal(Laterality.LEFT)),
    "sagittal-mirrored": Imaged(SMALL.sagittal(Laterality.RIGHT), reversed_slices=True),
    "series-per-phase": Imaged(SMALL, "series-per-phase"),
    "enhanced": Imaged(SMALL, "philips-enhanced"),
    "sagittal-pair": Imaged(SMALL, "sagittal-pair"),
}


@pytest.fixture(scope="module")
def patients(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SeenPatient]:
    """All of them sent: while one is looked at, the next are scored."""
    found = {}
    for name, imaged in PATIENTS.items():
        folder = tmp_path_factory.mktemp(name)
        study = make_study(imaged.spec)
        # The series that lie beside the dynamic one take longest to write and to send: beside one patient's they are enough.
        beside = name == "axial"
        files = write_study(
            study, folder, imaged.layout, reversed_slices=imaged.reversed_slices, salt=name, companions=beside
        )
        found[name] = SeenPatient(folder, files)
        hospital.receive(files)
    return found


def scored(hospital: Hospital, patient: SeenPatient) -> SeenPatient:
    assert hospital.settled(patient.study_uid)["state"] == "scored"
    return patient


@pytest.fixture
def viewer(browser: Any, hospital: Hospital) -> Iterator[ViewerPage]:
    with visit(browser, hospital) as shown:
        yield shown


@pytest.mark.parametrize("name", PATIENTS)
def test_the_segmentation_lies_on_the_lesion(
    name: str, hospital: Hospital, patients: dict[str, SeenPatient], viewer: ViewerPage
) -> None:
    patient = scored(hospital, patients[name])
    viewer.open(patient.study_uid)
    agrees(viewer, patient.largest_slice(), f"segmentation-{name}")


@pytest.mark.parametrize("name", ["axial", "sagittal"])
def test_the_first_screen_is_the_lesion_where_it_is_largest_and_no_parenchyma(
    name: str, hospital: Hospital, patients: dict[str, SeenPatient], viewer: ViewerPage
) -> None:
    patient = scored(hospital, patients[name])
    viewer.open(patient.study_uid)

    def at_the_lesion() -> Picture | None:
        near = abs(viewer.instance_shown() - patient.largest_slice().place) <= 1
        return picture if near and lit(picture := viewer.picture()) else None

    picture = until(at_the_lesion, "the key slice with the lesion's colour")
    viewer.keep(f"first-screen-{name}")
    # The viewer's own words, at the sides, are blue too.
    high, wide = picture.shape[0] // 6, picture.shape[1] // 6
    assert not in_colour(picture[high:-high, wide:-wide], FGT_COLOUR).any()


def agrees(viewer: ViewerPage, seen: SeenSlice, kept_as: str) -> None:
    """What is in the lesion's colour on the screen is what the slice says that the lesion covers."""
    viewer.by_frame = seen.is_frame

    def there() -> Picture | None:
        # Until the segmentation is painted, the viewer may leave the slice for the first that holds any segment.
        viewer.scroll_to(seen.place)
        picture = viewer.picture()
        viewer.keep(kept_as)
        truth, coloured = seen.covered(picture), in_colour(picture, lesion_colour(0))
        overlap = 2 * (truth & coloured).sum() / (truth.sum() + coloured.sum())
        if overlap > 0.8 and viewer.instance_shown() == seen.place:
            return picture
        viewer.reset_view()
        return None

    truth = seen.covered(until(there, "the lesion's colour on the true lesion, with a Dice above 0.8"))
    assert not (truth & truth[:, ::-1]).any(), "on this patient a flip would not be seen"


def lit(picture: Picture) -> bool:
    return bool(in_colour(picture, lesion_colour(0)).sum() > 50)


@pytest.fixture
def reported(hospital: Hospital, patients: dict[str, SeenPatient]) -> SeenPatient:
    """Text does not depend on the orientation: one is enough."""
    return scored(hospital, patients["axial"])


def test_the_scores_stand_on_the_first_screen_of_the_report(
    reported: SeenPatient, hospital: Hospital, viewer: ViewerPage
) -> None:
    lines = report_of(reported, viewer)
    viewer.keep("report")
    signatures = read_result(hospital.result(reported.study_uid)).dynamic_series[0].signatures
    assert len(signatures) == 5
    for signature in signatures:
        assert signature.score is not None
        name = f"{short_name(signature.id)}: "
        spread = spread_range(signature)
        value = f"{score_text(signature.score)} ({spread})" if spread else score_text(signature.score)
        said = f": no result: {signature.caveat}" if signature.caveat else f": {value}, {signature.category}"
        assert any(line.startswith(name) and said in line for line in lines), f"{name}{said}"
        place = viewer.page.get_by_text(name).first.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] < WINDOW["height"], f"{name} is seen without scrolling"


def test_the_report_names_what_it_measures(reported: SeenPatient, hospital: Hospital, viewer: ViewerPage) -> None:
    lines = report_of(reported, viewer)
    assert any("RESEARCH USE ONLY" in line for line in lines)
    result = hospital.result(reported.study_uid)["dynamic_series"][0]
    scores = [signature["score"] for signature in result["signatures"]]
    values = [one for one in (*result["lesions"][0]["measurements"], *scores) if one["value"] is not None]
    assert len(values) > 10
    for one in values:
        value = f": {one['value']:g} {one['unit']}"
        assert any(line.endswith(value) for line in lines), f"{one['name']}{value} is not in the report, by name"


def report_of(patient: SeenPatient, viewer: ViewerPage) -> list[str]:
    viewer.open(patient.study_uid)
    viewer.show("TILscope_report")
    until(lambda: "Dynamic Contrast MR Measurement Report" in viewer.page.inner_text("body"), "the report")
    return viewer.page.inner_text("body").splitlines()


def test_the_page_opens(reported: SeenPatient, viewer: ViewerPage) -> None:
    viewer.open(reported.study_uid)
    shows_a_page(viewer)
    viewer.keep("page")


def shows_a_page(viewer: ViewerPage) -> None:
    viewer.show("TILscope_summary")
    # A reader that has no page stays dark.
    until(lambda: bool((viewer.screen() > 240).all(axis=2).mean() > 0.15), "a white page")
    assert any(frame.url.startswith("chrome-extension:") for frame in viewer.page.frames), "Chromium's reader of PDF"


def test_the_same_study_is_seen_in_the_newer_orthanc(
    reported: SeenPatient, hospital: Hospital, browser: Any, tmp_path: Path
) -> None:
    if not NEWER.present:
        pytest.skip(NEWER.absent)
    newer = OrthancServer(tmp_path, installation=NEWER)
    # What it serves has to lie in its own root.
    viewer_there = shutil.copytree(VIEWER, newer.folder / "viewer")
    newer._configure({**NO_SERVICE, "Viewer": NEWER.inside(viewer_there)}, {})
    with newer:
        everything = {"Level": "Instance", "Query": {"StudyInstanceUID": reported.study_uid}}
        for instance in hospital.http.post("/tools/find", json=everything).json():
            newer.store(hospital.http.get(f"/instances/{instance}/file").content)
        with visit(browser, newer) as viewer:
            viewer.open(reported.study_uid)
            agrees(viewer, reported.largest_slice(), "segmentation-newer-orthanc")
            shows_a_page(viewer)


def test_after_another_person_s_drawing_the_viewer_opens_with_what_was_drawn(
    reported: SeenPatient, hospital: Hospital, viewer: ViewerPage
) -> None:
    before = hospital.settled(reported.study_uid)["input_hash"]
    part = reported.upper_part()
    hospital.store(to_bytes(segmentation([Painted(part)], reported.early_images())))
    eventually(lambda: hospital.settled(reported.study_uid)["input_hash"] != before, "the drawing is known")
    scored(hospital, reported)
    viewer.open(reported.study_uid)
    agrees(viewer, reported.largest_slice(part), "segmentation-drawn")
    below = reported.largest_slice().place - 1
    viewer.scroll_to(below)
    until(lambda: not lit(viewer.picture()), "no lesion below the drawing, where there was one before it")
