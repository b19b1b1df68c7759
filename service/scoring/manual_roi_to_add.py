"""Manual ROIs that the caller gives, as the DICOM object that they would be in the study."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import pydicom
import SimpleITK as sitk
from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.with_manual_roi import WithManualRoi
from tilscope.dicom_io.files import is_dicom, read_header
from tilscope.dicom_io.manual_roi.selection import manual_rois_among
from tilscope.dicom_io.objects.seg.manual_mask import segmentation_of_mask
from tilscope.dicom_io.volume_files.masks import read_mask
from tilscope.dicom_io.volume_files.reading import suffix_of
from tilscope.models.refusals import BadInput
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.inspect_study import inspect_study


@dataclass(frozen=True, eq=False)
class ManualRoiToAdd:
    """A Segmentation or RT structure set that is not in the study."""

    object: Dataset
    is_new: bool
    """Made here of a mask: nobody else has it, though the report names it."""


def manual_roi_to_add(
    given: sitk.Image | str | PathLike[str], archive: Archive, study_uid: str, settings: PipelineSettings
) -> ManualRoiToAdd:
    """A DICOM file as it is; a mask as a Segmentation in the study's frame of reference."""
    if isinstance(given, sitk.Image):
        mask, name = given, "given"
    else:
        path = Path(given)
        if not path.is_file():
            raise BadInput("unusable-mask", path=path, problem="there is no such file")
        if is_dicom(path):
            return ManualRoiToAdd(_read_manual_roi(path), is_new=False)
        mask, name = _read(path), str(path)
    source = inspect_study(archive, study_uid, settings).assembly.require_sources()[0]
    return ManualRoiToAdd(segmentation_of_mask(mask, source, name), is_new=True)


def with_manual_roi(archive: Archive, given: Path | None, study_uid: str, settings: PipelineSettings) -> Archive:
    """The archive with lesions from a file in place of its own; a Segmentation that was made of a mask is stored in it."""
    if given is None:
        return archive
    added = manual_roi_to_add(given, archive, study_uid, settings)
    if added.is_new:
        archive.store([added.object])
    return WithManualRoi(archive, added.object)


def _read_manual_roi(path: Path) -> Dataset:
    if not manual_rois_among([read_header(path)]):
        problem = "it is no Segmentation or RT structure set in which a person has drawn a lesion"
        raise BadInput("unusable-mask", path=path, problem=problem)
    return pydicom.dcmread(path)


def _read(path: Path) -> sitk.Image:
    if suffix_of(path):
        return read_mask(path)
    try:
        return sitk.ReadImage(str(path))
    except RuntimeError:  # of ITK, a page of words that name its own source files
        problem = "it is neither DICOM nor an image in a format that ITK reads, such as .nii.gz or .nrrd"
        raise BadInput("unusable-mask", path=path, problem=problem) from None
