"""What a radiologist sees: the lesion under its segmentation, the scores in the report, the page; in OHIF, in Chromium.

Where the lesion is, the phantom's truth says, not our segmentation: a mask that was flipped, shifted or on the wrong
slice would colour another place of the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from browser.viewer_in_chromium import Picture, ViewerPage, in_colour, on_screen, until, visit
from integration.hospital import Hospital

from models.pictures.colours import lesion_colour
from models.series import Laterality
from models.voxels import mask_of
from phantom import PhantomSpec, make_study, write_study
from phantom.study import PhantomStudy

pytestmark = pytest.mark.slow

SMALL = PhantomSpec.small()
assert SMALL.lesion is not None
#: Each with its mirror image: a flip of either would show the lesion where there is none.
PATIENTS: dict[str, tuple[PhantomSpec, bool]] = {
    "axial": (SMALL, False),
    "axial-mirrored": (replace(SMALL, lesion=replace(SMALL.lesion, side=Laterality.RIGHT)), True),
    "sagittal": (SMALL.sagittal(Laterality.LEFT), False),
    "sagittal-mirrored": (SMALL.sagittal(Laterality.RIGHT), True),
}


class Patient:
    """A phantom that was sent, scored, and whose images can be asked where a point of the patient is."""

    def __init__(self, name: str, study: PhantomStudy, files: list[Path], study_uid: str) -> None:
        assert study.truth.lesion is not None
        assert study.truth.roles is not None
        self.name = name
        self.lesion: sitk.Image = study.truth.lesion
        self.study_uid = study_uid
        self.phase = study.truth.roles.early + 1
        headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in files]
        self.dynamic = [header for header in headers if "MultiPhase" in header.SeriesDescription]

    def key_slice(self) -> np.ndarray[Any, Any]:
        """Points of the patient (mm): the voxels of the true lesion on the slice where it is largest."""
        mask = mask_of(self.lesion)
        slice_number = int(mask.sum(axis=(1, 2)).argmax())
        ys, xs = np.nonzero(mask[slice_number])
        indices = [(int(x), int(y), slice_number) for x, y in zip(xs, ys, strict=True)]
        return np.array([self.lesion.TransformIndexToPhysicalPoint(index) for index in indices])

    def image_through(self, point_mm: np.ndarray[Any, Any]) -> pydicom.Dataset:
        """The slice that holds the point, of the phase on which lesions are segmented."""

        def distance(image: pydicom.Dataset) -> float:
            along_row, along_column = np.reshape(np.asarray(image.ImageOrientationPatient, float), (2, 3))
            offset = point_mm - np.asarray(image.ImagePositionPatient, float)
            return abs(float(offset @ np.cross(along_row, along_column)))

        return min((image for image in self.dynamic if image.TemporalPositionIdentifier == self.phase), key=distance)


@pytest.fixture(scope="module", params=PATIENTS)
def patient(request: pytest.FixtureRequest, hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> Patient:
    spec, reversed_slices = PATIENTS[request.param]
    study = make_study(spec)
    files = write_study(study, tmp_path_factory.mktemp("study"), reversed_slices=reversed_slices, salt=request.param)
    return Patient(request.param, study, files, scored(hospital, files))


def scored(hospital: Hospital, files: list[Path]) -> str:
    """The study that was sent, once its results are there."""
    hospital.receive(files)
    study_uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    assert hospital.settled(study_uid)["state"] == "scored"
    return study_uid


@pytest.fixture
def viewer(browser: Any, hospital: Hospital) -> Iterator[ViewerPage]:
    with visit(browser, hospital) as shown:
        yield shown


def test_the_segmentation_lies_on_the_lesion(patient: Patient, viewer: ViewerPage) -> None:
    viewer.open(patient.study_uid)
    points = patient.key_slice()
    image = patient.image_through(points[0])
    viewer.scroll_to(int(image.InstanceNumber))
    picture = until(lambda: lit(viewer.picture()), "the lesion's colour")
    viewer.keep(f"segmentation-{patient.name}")

    truth = area(picture, on_screen(image, points, picture), image)
    coloured = in_colour(picture, lesion_colour(0))
    overlap = 2 * (truth & coloured).sum() / (truth.sum() + coloured.sum())
    assert overlap > 0.8, f"Dice {overlap:.2f} between the true lesion and what is coloured on the screen"
    assert not (truth & truth[:, ::-1]).any(), "on this patient a flip would not be seen"


def lit(picture: Picture) -> Picture | None:
    return picture if in_colour(picture, lesion_colour(0)).sum() > 50 else None


def area(picture: Picture, places: np.ndarray[Any, Any], image: pydicom.Dataset) -> np.ndarray[Any, Any]:
    """The screen's pixels that the voxels at these places cover."""
    scale = min(
        picture.shape[1] / (image.Columns * image.PixelSpacing[1]),
        picture.shape[0] / (image.Rows * image.PixelSpacing[0]),
    )
    covered = np.zeros(picture.shape[:2], bool)
    half = scale * float(image.PixelSpacing[0]) / 2
    for x, y in places:
        covered[round(y - half) : round(y + half), round(x - half) : round(x + half)] = True
    return covered


@pytest.fixture(scope="module")
def reported(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study that is scored. Text does not depend on the orientation: one is enough."""
    return scored(hospital, write_study(make_study(SMALL), tmp_path_factory.mktemp("study"), salt="report"))


def test_the_report_names_what_it_measures(reported: str, hospital: Hospital, viewer: ViewerPage) -> None:
    viewer.open(reported)
    viewer.show("TILscope_report")
    until(lambda: "Dynamic Contrast MR Measurement Report" in viewer.page.inner_text("body"), "the report")
    viewer.keep("report-first-screen")
    last = viewer.page.get_by_text("Found by the segmenter").bounding_box()
    assert last is not None
    assert viewer.page.viewport_size is not None
    assert last["y"] + last["height"] < viewer.page.viewport_size["height"], "the summary is seen without scrolling"
    viewer.page.get_by_text("Imaging Measurements").evaluate("heading => heading.scrollIntoView()")
    viewer.keep("report")
    lines = viewer.page.inner_text("body").splitlines()
    assert any("RESEARCH USE ONLY" in line for line in lines)
    result = hospital.result(reported)["dynamic_series"][0]
    scores = [signature["score"] for signature in result["signatures"] if signature["score"] is not None]
    measured = [one for one in (*result["lesions"][0]["measurements"], *scores) if one["value"] is not None]
    assert len(measured) > 5
    for one in measured:
        value = f": {one['value']:g} {one['unit']}"
        assert any(line.endswith(value) for line in lines), f"{one['name']}{value} is not in the report, by name"


def test_the_page_opens(reported: str, viewer: ViewerPage) -> None:
    viewer.open(reported)
    viewer.show("TILscope_summary")
    # A reader that has no page stays dark.
    until(lambda: bool((viewer.screen() > 240).all(axis=2).mean() > 0.15), "a white page")
    assert any(frame.url.startswith("chrome-extension:") for frame in viewer.page.frames), "Chromium's reader of PDF"
    viewer.keep("page")
