"""The contours of lesions and breast give the same lesions back, whoever fills them."""

from __future__ import annotations

from pathlib import Path

import dicom_readers
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import Dataset
from scored_study import GRIDS, ScoredStudy, scored_study

from tilscope.dicom_io.dce.values import text
from tilscope.dicom_io.manual_roi.placing import placed
from tilscope.dicom_io.manual_roi.read import read_manual_roi
from tilscope.dicom_io.manual_roi.selection import manual_rois_among
from tilscope.dicom_io.objects.results import build_results
from tilscope.models.settings import USUAL_OBJECTS


def structure_set_of(study: ScoredStudy) -> Dataset:
    (obj,) = build_results(*study.parts, objects=USUAL_OBJECTS.and_also(["rt-structure-set"])).further
    return obj


@pytest.mark.parametrize("grid", GRIDS)
def test_a_planning_systems_copy_is_read_as_the_same_lesions(grid: str, tmp_path: Path) -> None:
    study = scored_study(grid)
    obj = structure_set_of(study)
    assert manual_rois_among([obj]) == (), "our own is no drawing of a person"
    # As it comes back from a system in which a person has looked at it.
    obj.Manufacturer = "Planning & Co"
    for roi in obj.StructureSetROISequence:
        roi.ROIGenerationAlgorithm = "MANUAL"
    (drawn,) = manual_rois_among([obj])
    assert [named.label for named in drawn.lesions] == ["Lesion 1 (left)", "Lesion 2 (left)"]
    grid_image = study.series.grid
    read = read_manual_roi(drawn, dicom_readers.saved(obj, tmp_path), grid_image)
    frame = text(study.source.early.headers[0], "FrameOfReferenceUID")
    for lesion, volume in zip(study.regions.lesions, read, strict=True):
        mask = sitk.GetArrayFromImage(placed(volume, grid_image, frame, "ours", "the series"))
        there = sitk.GetArrayFromImage(lesion.mask)
        # It fills pixels by share on finer planes: the cut corners of a contour may cost a voxel at a corner.
        assert np.count_nonzero(mask != there) <= 0.02 * np.count_nonzero(there)


def test_a_contour_names_the_image_that_it_lies_on() -> None:
    study = scored_study()
    obj = structure_set_of(study)
    of_slice = {str(h.SOPInstanceUID): float(h.ImagePositionPatient[2]) for h in study.source.early.headers}
    contours = [contour for roi in obj.ROIContourSequence for contour in roi.ContourSequence]
    assert contours
    for contour in contours:
        (image,) = contour.ContourImageSequence
        assert set(map(float, contour.ContourData[2::3])) == {round(of_slice[str(image.ReferencedSOPInstanceUID)], 2)}


def test_more_points_than_an_element_holds_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with such an element could not be written as explicit little endian."""
    whole = structure_set_of(scored_study())
    monkeypatch.setattr("tilscope.dicom_io.objects.rtstruct.structure_set._MOST_BYTES", 120)
    thinned = structure_set_of(scored_study())
    for before, after in zip(whole.ROIContourSequence, thinned.ROIContourSequence, strict=True):
        for long, short in zip(before.ContourSequence, after.ContourSequence, strict=True):
            assert 3 <= short.NumberOfContourPoints <= long.NumberOfContourPoints
            assert sum(len(f"{v:.2f}") + 1 for v in short.ContourData) <= 120
