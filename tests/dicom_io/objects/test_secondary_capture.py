"""The pictures with contours, drawn by dcmtk: the right slices, the contour on the border, the patient's sides, no name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dicom_readers
import numpy as np
import pytest
from pydicom import Dataset
from scored_study import GRIDS, ScoredStudy, scored_study

from tilscope.dicom_io.identity import Author
from tilscope.dicom_io.objects.images.secondary_capture import build_secondary_capture
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.pictures.colours import LESION_COLOURS
from tilscope.models.pictures.frames import ContourSlices


def pictures_of(study: ScoredStudy) -> Dataset:
    author = Author.of(study.result)
    return build_secondary_capture(study.series, study.regions, study.source, author, datetime.now())


def points_of(colour: tuple[int, int, int], picture: np.ndarray) -> np.ndarray:
    """Where a picture has about this colour, as (row, column)."""
    return np.argwhere(np.abs(picture.astype(int) - colour).max(axis=2) < 60)


def in_patient(obj: Dataset, frame: int, points: np.ndarray) -> np.ndarray:
    """Points (row, column) of a frame in the patient, by what the object says of its places (PS3.3 C.7.6.2.1.1)."""
    shared, own = obj.SharedFunctionalGroupsSequence[0], obj.PerFrameFunctionalGroupsSequence[frame]
    row_mm, column_mm = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    orientation = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float).reshape(2, 3)
    first = np.array(own.PlanePositionSequence[0].ImagePositionPatient, float)
    return first + points[:, 1:] * column_mm * orientation[0] + points[:, :1] * row_mm * orientation[1]


@pytest.mark.parametrize("grid", GRIDS)
def test_the_contour_runs_along_the_lesions_border_in_the_patient(grid: str, tmp_path: Path) -> None:
    study = scored_study(grid)
    obj = pictures_of(study)
    frames = dicom_readers.frames_of_picture(dicom_readers.saved(obj, tmp_path), tmp_path / "frames")
    image, lesion = study.series.grid, mask_of(study.regions.index_lesion.mask)
    slices = ContourSlices.of(study.series, study.regions, "").slices
    assert len(frames) == len(slices) == obj.NumberOfFrames
    for number, index in enumerate(slices):
        found = points_of(LESION_COLOURS[0], frames[number])
        assert found.any() == lesion[index].any()
        if not lesion[index].any():
            continue
        voxels = np.array([image.TransformPhysicalPointToContinuousIndex(p) for p in in_patient(obj, number, found)])
        # The lesion's number stands above it; the contour is what lies around the lesion.
        assert np.abs(voxels[:, 2] - index).max() < 0.01
        low, high = np.argwhere(lesion[index]).min(axis=0), np.argwhere(lesion[index]).max(axis=0)
        rows = voxels[voxels[:, 1] > low[0] - 1]
        assert rows[:, 1].max() == pytest.approx(high[0] + 0.5, abs=0.4)
        assert rows[:, 0].min() == pytest.approx(low[1] - 0.5, abs=0.4)


@pytest.mark.parametrize(
    ("grid", "left", "lower"),
    [("axial", "R", "P"), ("axial prone", "L", "A"), ("sagittal", "A", "F"), ("coronal", "R", "F")],
)
def test_a_picture_lies_as_the_image_does_and_says_how(grid: str, left: str, lower: str) -> None:
    """Not turned: beside the images, a picture that lies otherwise would confuse."""
    study = scored_study(grid)
    assert ContourSlices.of(study.series, study.regions, "").exhibit.upright.letters[0] == left
    toward_right, toward_lower = pictures_of(study).PatientOrientation
    assert (toward_right, toward_lower) == ({"R": "L", "L": "R", "A": "P"}[left], lower)


def test_it_opens_where_lesion_1_is_largest() -> None:
    """A viewer shows the first frame first, and the lesion is what is looked for."""
    study = scored_study()
    frames = ContourSlices.of(study.series, study.regions, "")
    areas = mask_of(study.regions.index_lesion.mask).sum(axis=(1, 2))
    assert areas[frames.slices[0]] == areas.max()
    assert frames.slices[1:] == sorted(set(frames.slices)), "then every slice in its place"
    obj = pictures_of(study)
    assert obj.RepresentativeFrameNumber == 1


def test_the_slices_are_those_that_a_lesion_cuts_and_two_beyond() -> None:
    study = scored_study()
    only_second = replace(study.regions, lesions=study.regions.lesions[1:])  # slices 6 to 8 of 0 to 10
    assert ContourSlices.of(study.series, only_second, "").slices[1:] == [4, 5, 6, 7, 8, 9, 10]


def test_each_picture_stands_for_its_slice_of_the_early_phase() -> None:
    study = scored_study("axial from head to foot")
    obj = pictures_of(study)
    slices = ContourSlices.of(study.series, study.regions, "").slices
    headers = study.source.early.headers
    named = [item.ReferencedSOPInstanceUID for item in obj.SourceImageSequence]
    assert named == [headers[index].SOPInstanceUID for index in dict.fromkeys(slices)]


def test_pictures_have_square_pixels_and_are_large_enough_to_read() -> None:
    frames = ContourSlices.of(*scored_study().parts[1:3], "")
    assert max(frames.size) >= 512
    assert frames.spacing[0] == pytest.approx(frames.spacing[1], rel=0.01)


def test_the_notice_is_burned_in_and_nothing_that_names_the_patient(tmp_path: Path) -> None:
    study, other = scored_study(), scored_study(tags={"PatientName": "Other^Berta", "PatientID": "T-2"})
    obj = pictures_of(study)
    assert obj.BurnedInAnnotation == "NO"
    assert obj.PixelData == pictures_of(other).PixelData
    demo = pictures_of(scored_study(demo=True))
    with_notice, with_another, without = (
        next(iter(ContourSlices.of(study.series, study.regions, words))).pixels.tobytes()
        for words in ("RESEARCH USE ONLY", "DEMO. RESEARCH USE ONLY", "")
    )
    assert obj.pixel_array[0].tobytes().startswith(with_notice)
    assert demo.pixel_array[0].tobytes().startswith(with_another)
    assert len({with_notice, with_another, without}) == 3
