"""What a reader draws or corrects with OHIF's own tools counts as a person's outline, whatever OHIF leaves out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ohif_outline import ohif_segmentation
from pydicom import Dataset

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.manual_roi.assignment import Target, assign
from tilscope.dicom_io.manual_roi.selection import manual_rois_among
from tilscope.models.finding import Finding
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.lesions.manual_roi import ManualLesion
from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study


@pytest.fixture(scope="module")
def patient() -> PhantomStudy:
    return make_study(PhantomSpec.small())


@pytest.fixture(scope="module")
def source(patient: PhantomStudy, tmp_path_factory: pytest.TempPathFactory) -> DceSource:
    folder = tmp_path_factory.mktemp("phantom")
    write_study(patient, folder)
    archive = FolderArchive(folder / "dicom")
    (source,) = assemble(archive.headers(archive.only_study()))
    return source


def read(obj: Dataset, source: DceSource, folder: Path) -> tuple[ManualLesion, ...]:
    obj.save_as(folder / "drawn.dcm", enforce_file_format=True)
    archive = FolderArchive(folder)
    study = archive.only_study()
    manual_rois = manual_rois_among(archive.manual_roi_candidates(study))
    files = archive.fetch(study, [one.instance_uid for one in manual_rois], folder, lambda done, total: None)
    (found,) = assign(manual_rois, files, [Target.of(source)])
    return found


def test_a_label_map_by_rle_without_a_name_comes_back_voxel_for_voxel(
    patient: PhantomStudy, source: DceSource, tmp_path: Path
) -> None:
    assert patient.truth.lesion is not None
    (lesion,) = read(ohif_segmentation(patient.truth.lesion, source.early.headers), source, tmp_path)
    assert (mask_of(lesion.mask) == mask_of(patient.truth.lesion)).all()
    assert (lesion.roi.tool, lesion.roi.by) == ("OHIF Brush", ""), "OHIF names neither maker nor reader"


@pytest.mark.parametrize("finding", Finding)
def test_our_segment_corrected_in_ohif_is_a_lesion_whatever_it_was_called(
    finding: Finding, patient: PhantomStudy, source: DceSource, tmp_path: Path
) -> None:
    """OHIF keeps label and algorithm of the segment that was opened, and codes it as tissue."""
    assert patient.truth.lesion is not None
    label = f"{finding.label(1)} (left)"
    edited = ohif_segmentation(patient.truth.lesion, source.early.headers, label, ("AUTOMATIC", "TILscope"))
    (lesion,) = read(edited, source, tmp_path)
    assert (lesion.roi.label, lesion.roi.tool) == (label, "")
