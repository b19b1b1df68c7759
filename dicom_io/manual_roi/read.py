"""The lesions in the file of a manual ROI, whichever kind of object it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pydicom
import SimpleITK as sitk
from pydicom import Dataset

from tilscope.dicom_io.dce.values import readable_name, text
from tilscope.dicom_io.identity import MODEL_NAME
from tilscope.dicom_io.manual_roi.contours import frame_of_region, read_regions
from tilscope.dicom_io.manual_roi.meaning import Named
from tilscope.dicom_io.manual_roi.roi_volumes import ManualRoiVolume
from tilscope.dicom_io.manual_roi.segmentations import read_segments
from tilscope.dicom_io.manual_roi.selection import ManualRoiObject
from tilscope.models.imaging.regions import ManualRoi
from tilscope.models.refusals import BadInput, NoResult


def read_manual_roi(manual_roi: ManualRoiObject, file: Path, grid: sitk.Image) -> tuple[ManualRoiVolume, ...]:
    """The lesions with anything drawn.

    Parameters
    ----------
    manual_roi : ManualRoiObject
        Which object, and which of its regions are lesions.
    file : Path
        The object's file.
    grid : SimpleITK.Image
        The grid of the dynamic series: its spacing decides how finely contours are filled, its values are not read.

    Returns
    -------
    tuple of ManualRoiVolume
        On the grids on which they were drawn (patient LPS, mm).

    Raises
    ------
    Refused
        `outline-unplaced`: its position cannot be determined.
    BadInput
        `unreadable-file`.
    """
    try:
        dataset = pydicom.dcmread(file)
        return tuple(_volumes(manual_roi, dataset, grid))
    except NoResult:
        raise
    except Exception as problem:  # pydicom and its decoders raise whatever the broken bytes lead to
        reason = str(problem).partition("\n")[0] or type(problem).__name__
        raise BadInput("unreadable-file", name=manual_roi.name, problem=reason) from problem


def _volumes(manual_roi: ManualRoiObject, dataset: Dataset, grid: sitk.Image) -> Iterator[ManualRoiVolume]:
    if text(dataset, "Modality") == "SEG":
        frame = text(dataset, "FrameOfReferenceUID")
        for lesion, image in read_segments(dataset, manual_roi.lesions, manual_roi.name):
            yield ManualRoiVolume(_roi_of(manual_roi, lesion, dataset), frame, image)
        return
    for lesion, image in read_regions(dataset, manual_roi.lesions, grid, manual_roi.name):
        frame = frame_of_region(dataset, lesion.number) or text(dataset, "FrameOfReferenceUID")
        yield ManualRoiVolume(_roi_of(manual_roi, lesion, dataset), frame, image)


def _roi_of(manual_roi: ManualRoiObject, lesion: Named, dataset: Dataset) -> ManualRoi:
    return ManualRoi(
        by=person_named(dataset, lesion.number),
        tool=tool_named(dataset, lesion.number),
        label=lesion.label,
        number=lesion.number,
        sop_class_uid=str(dataset.SOPClassUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        series_uid=str(dataset.SeriesInstanceUID),
        object_name=manual_roi.name,
    )


def tool_named(dataset: Dataset, region: int) -> str:
    """What a region or segment was drawn with; '' where nothing says it. OHIF names its brush, and no maker."""
    named = (text(dataset, keyword) for keyword in ("Manufacturer", "ManufacturerModelName"))
    known = dict.fromkeys(name for name in named if name and name.lower() != "unspecified")
    if known:
        return " ".join(known)
    segments = (one for one in dataset.get("SegmentSequence") or () if one.get("SegmentNumber") == region)
    algorithm = next((text(one, "SegmentAlgorithmName") for one in segments), "")
    return "" if algorithm == MODEL_NAME else algorithm  # ours, corrected with another


def person_named(dataset: Dataset, region: int) -> str:
    """The person named as the author of a region or segment; '' where the tool names nobody, as most do. No pixels are needed."""
    for item in dataset.get("RTROIObservationsSequence") or ():
        if item.get("ReferencedROINumber") == region and (interpreter := text(item, "ROIInterpreter")):
            return readable_name(interpreter)
    named = (readable_name(text(dataset, k)) for k in ("ContentCreatorName", "OperatorsName", "ReviewerName"))
    return next(filter(None, named), "")
