"""The contours over the images: on the slices that a lesion cuts, around it, in its colour; the key slice of lesion 1 first."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path

import dicom_readers
import highdicom as hd
import numpy as np
import pytest
from pydicom import Dataset
from scored_study import GRIDS, ScoredStudy, scored_study

from tilscope.dicom_io.identity import Author
from tilscope.dicom_io.objects.images.presentation_state import build_presentation_state
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.pictures.colours import lesion_colour


def state_of(study: ScoredStudy) -> Dataset:
    return build_presentation_state(study.regions, study.source, Author.of(study.result), datetime.now())


def filled(points: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The pixels whose centres a contour encloses, by the even-odd rule."""
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    inside = np.zeros((rows, columns), bool)
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        crosses = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


@pytest.mark.parametrize("grid", GRIDS)
def test_each_contour_encloses_its_lesion_on_its_slice(grid: str) -> None:
    study = scored_study(grid)
    obj = state_of(study)
    place = {header.SOPInstanceUID: index for index, header in enumerate(study.source.early.headers)}
    found = {lesion.number: np.zeros_like(mask_of(lesion.mask)) for lesion in study.regions.lesions}
    for one in obj.GraphicAnnotationSequence:
        index = place[one.ReferencedImageSequence[0].ReferencedSOPInstanceUID]
        plane = found[int(one.GraphicLayer.removeprefix("LESION"))][index]
        for line in one.GraphicObjectSequence:
            plane ^= filled(np.array(line.GraphicData, float).reshape(-1, 2), *plane.shape)
    for lesion in study.regions.lesions:
        np.testing.assert_array_equal(found[lesion.number], mask_of(lesion.mask))


def test_it_opens_at_the_key_slice_of_lesion_1() -> None:
    study = scored_study()
    first = state_of(study).ReferencedSeriesSequence[0].ReferencedImageSequence[0]
    areas = mask_of(study.regions.index_lesion.mask).sum(axis=(1, 2))
    uids = [header.SOPInstanceUID for header in study.source.early.headers]
    assert areas[uids.index(first.ReferencedSOPInstanceUID)] == areas.max()


def test_each_lesion_has_the_colour_that_it_has_everywhere() -> None:
    layers = state_of(scored_study()).GraphicLayerSequence
    for number, layer in enumerate(layers):
        wanted = hd.color.CIELabColor.from_rgb(*lesion_colour(number)).value
        assert tuple(layer.GraphicLayerRecommendedDisplayCIELabValue) == wanted


def test_the_images_own_scaling_is_taken_over_where_they_share_one() -> None:
    tags = {"RescaleSlope": "2", "RescaleIntercept": "-5", "WindowCenter": "300", "WindowWidth": "600"}
    obj = state_of(scored_study(tags=tags))
    assert (obj.RescaleSlope, obj.RescaleIntercept, obj.RescaleType) == (2, -5, "US")
    assert (obj.SoftcopyVOILUTSequence[0].WindowCenter, obj.SoftcopyVOILUTSequence[0].WindowWidth) == (300, 600)
    assert "RescaleSlope" not in state_of(scored_study())


def test_dcmtk_finds_it_whole(tmp_path: Path) -> None:
    assert dicom_readers.presentation_complaints(dicom_readers.saved(state_of(scored_study()), tmp_path)) == []
