"""A mask from outside DICOM as the Segmentation that it would be had a viewer stored it: what states where a lesion is then
goes one way, and the report can name its source."""

from __future__ import annotations

import hashlib

import highdicom as hd
import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import derive_uid
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.seg.segmentation import slice_header
from tilscope.models.imaging.voxels import box_of, part_of
from tilscope.models.refusals import BadInput

#: More numbers than anybody draws lesions: what holds more is a picture or a map of probabilities.
_MOST_LESIONS = 50
#: Beside the study's own series, and not in the band of our results.
_SERIES_NUMBER = 9000


def segmentation_of_mask(mask: sitk.Image, source: DceSource, name: str) -> Dataset:
    """A BINARY Segmentation with a segment for each number in a mask but 0.

    Parameters
    ----------
    mask : SimpleITK.Image
        3D, whole numbers, on any grid; its geometry is that of the patient (LPS, mm) in the source's frame of reference.
    source : DceSource
        The dynamic series of the patient and study that the object shall belong to.
    name : str
        Of the mask, for sentences.

    Returns
    -------
    pydicom.Dataset
        Equal masks of equal studies have equal UIDs. Lesion n of the mask is segment n of the numbers in ascending order.

    Raises
    ------
    BadInput
        The image is no mask.
    """
    labels = _labels(mask, name)
    numbers = [int(number) for number in np.unique(labels) if number]
    if not numbers:
        raise BadInput("unusable-mask", path=name, problem="it is empty")
    if len(numbers) > _MOST_LESIONS:
        raise BadInput("unusable-mask", path=name, problem=f"it holds {len(numbers)} different numbers, and is no mask")
    box = box_of(labels != 0)
    labels_in_box, grid = labels[box], part_of(mask, box)
    uid = derive_uid("drawn mask", source.study_uid, _digest(labels_in_box, grid))
    columns, rows, slices = grid.GetSpacing()
    directions = np.array(grid.GetDirection()).reshape(3, 3)
    obj: Dataset = hd.seg.Segmentation(
        source_images=[slice_header(header, slices) for header in source.early.headers],
        pixel_array=np.stack([labels_in_box == number for number in numbers], axis=-1).astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_described(segment, number) for segment, number in enumerate(numbers, start=1)],
        series_instance_uid=derive_uid("drawn mask's series", uid),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=uid,
        instance_number=1,
        manufacturer="mask",
        manufacturer_model_name="image",
        software_versions="1",
        device_serial_number="1",
        pixel_measures=hd.PixelMeasuresSequence((rows, columns), slices, slices),
        plane_orientation=hd.PlaneOrientationSequence("PATIENT", [float(v) for v in directions.T[:2].ravel()]),
        plane_positions=[
            hd.PlanePositionSequence("PATIENT", grid.TransformIndexToPhysicalPoint((0, 0, k)))
            for k in range(grid.GetSize()[2])
        ],
        # A plane that is left out would read as a gap.
        omit_empty_frames=False,
    )
    obj.SeriesDescription = "drawn_mask"
    return obj


def _labels(mask: sitk.Image, name: str) -> NDArray[np.int64]:
    """The voxels [z, y, x], whole numbers."""
    if mask.GetDimension() != 3 or mask.GetNumberOfComponentsPerPixel() != 1:
        raise BadInput("unusable-mask", path=name, problem="it is no three-dimensional image of single numbers")
    voxels = sitk.GetArrayFromImage(mask)
    if not np.isfinite(voxels).all() or (voxels != np.round(voxels)).any():
        raise BadInput("unusable-mask", path=name, problem="its voxels are no whole numbers")
    labels: NDArray[np.int64] = voxels.astype(np.int64)
    return labels


def _digest(labels_in_box: NDArray[np.int64], grid: sitk.Image) -> str:
    """Of what is drawn and where, whatever the type of the voxels and however much of nothing lies around it."""
    place = (labels_in_box.shape, grid.GetOrigin(), grid.GetSpacing(), grid.GetDirection())
    return hashlib.sha256(repr(place).encode() + labels_in_box.tobytes()).hexdigest()


def _described(segment: int, number: int) -> hd.seg.SegmentDescription:
    return hd.seg.SegmentDescription(
        segment_number=segment,
        segment_label=f"Lesion {number}",
        segmented_property_category=concepts.ABNORMAL_STRUCTURE,
        segmented_property_type=concepts.LESION,
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        tracking_id=f"Lesion {number}",
        tracking_uid=derive_uid("drawn mask's lesion", str(number)),
    )
