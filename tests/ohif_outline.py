"""A Segmentation as OHIF 3 stores one by its own tools: the attributes of its adapters and of dcmjs, value for value.

By default a label map, compressed by RLE, of the frames that hold anything, in a series of its own. Who drew it and with what
is not named; every segment is coded as tissue, whatever it was before, and keeps its label.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from mr_headers import uid
from numpy.typing import NDArray
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

LABEL_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
_FROM_IMAGES = (
    "AccessionNumber", "ReferringPhysicianName", "StudyDate", "StudyID", "StudyTime", "PatientName", "PatientID",
    "PatientBirthDate", "PatientSex", "StudyInstanceUID", "FrameOfReferenceUID", "PositionReferenceIndicator",
)  # fmt: skip


def ohif_segmentation(
    mask: sitk.Image,
    images: Sequence[Dataset],
    label: str = "Segment 1",
    algorithm: tuple[str, str] = ("MANUAL", "OHIF Brush"),
    described: str = "Segmentation",
) -> Dataset:
    """One segment of `mask`, each of whose slices is one of the `images`."""
    voxels: NDArray[np.uint8] = sitk.GetArrayFromImage(mask).astype(np.uint8)
    drawn = [k for k in range(len(voxels)) if voxels[k].any()]
    first = images[0]
    obj = FileDataset("", {}, preamble=b"\0" * 128)
    for keyword in _FROM_IMAGES:
        setattr(obj, keyword, first.get(keyword, ""))
    obj.SOPClassUID, obj.SOPInstanceUID = LABEL_MAP_STORAGE, uid("of OHIF", label, described, drawn, str(voxels.sum()))
    obj.SeriesInstanceUID, obj.SeriesNumber = uid("series of OHIF", obj.SOPInstanceUID), 99
    obj.Modality, obj.SeriesDescription = "SEG", described
    obj.Manufacturer = obj.ManufacturerModelName = "Unspecified"
    obj.SoftwareVersions, obj.DeviceSerialNumber, obj.ContentQualification = "0", "1", "RESEARCH"
    obj.ImageComments, obj.ImageType, obj.InstanceNumber = "NOT FOR CLINICAL USE", ["DERIVED", "PRIMARY"], 1
    obj.SeriesDate = obj.ContentDate = "20300102"
    obj.SeriesTime = obj.ContentTime = "101112"
    obj.ContentLabel, obj.ContentDescription, obj.ContentCreatorName = "SEGMENTATION", "", ""
    obj.SegmentationType, obj.LossyImageCompression = "LABELMAP", "00"
    obj.SamplesPerPixel, obj.PhotometricInterpretation, obj.PixelRepresentation = 1, "MONOCHROME2", 0
    obj.BitsAllocated, obj.BitsStored, obj.HighBit = 8, 8, 7
    obj.NumberOfFrames, (obj.Rows, obj.Columns) = len(drawn), voxels.shape[1:]
    obj.SegmentSequence = Items([_segment(label, *algorithm)])
    obj.SharedFunctionalGroupsSequence = Items([_shared(images)])
    obj.PerFrameFunctionalGroupsSequence = Items(
        [_frame(_image_at(mask, k, images), number) for number, k in enumerate(drawn, start=1)]
    )
    obj.file_meta = FileMetaDataset()
    obj.file_meta.MediaStorageSOPClassUID, obj.file_meta.MediaStorageSOPInstanceUID = (
        LABEL_MAP_STORAGE,
        obj.SOPInstanceUID,
    )
    obj.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    frames = RLELosslessEncoder.iter_encode(
        voxels[drawn], rows=obj.Rows, columns=obj.Columns, samples_per_pixel=1, photometric_interpretation="MONOCHROME2",
        bits_allocated=8, bits_stored=8, pixel_representation=0, number_of_frames=len(drawn),
    )  # fmt: skip
    obj.PixelData = encapsulate(list(frames))
    obj["PixelData"].VR = "OB"
    obj.file_meta.TransferSyntaxUID = RLELossless
    return obj


def _segment(label: str, kind: str, name: str) -> Dataset:
    tissue = Dataset()
    tissue.CodeValue, tissue.CodingSchemeDesignator, tissue.CodeMeaning = "T-D0050", "SRT", "Tissue"
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel = 1, label
    segment.SegmentAlgorithmType, segment.SegmentAlgorithmName = kind, name
    segment.RecommendedDisplayCIELabValue = [36000, 50000, 48000]
    segment.SegmentedPropertyCategoryCodeSequence = Items([tissue])
    segment.SegmentedPropertyTypeCodeSequence = Items([tissue])
    return segment


def _shared(images: Sequence[Dataset]) -> Dataset:
    measures, shared = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = images[0].PixelSpacing, images[0].SliceThickness
    ends = [np.array(image.ImagePositionPatient, float) for image in images[:2]]
    measures.SpacingBetweenSlices = f"{np.linalg.norm(ends[1] - ends[0]):.6g}"
    shared.PixelMeasuresSequence = Items([measures])
    return shared


def _image_at(mask: sitk.Image, slice_number: int, images: Sequence[Dataset]) -> Dataset:
    """The image of one slice of the mask, by where it lies."""
    corner = np.array(mask.TransformIndexToPhysicalPoint((0, 0, slice_number)))
    return min(images, key=lambda one: float(np.linalg.norm(np.array(one.ImagePositionPatient, float) - corner)))


def _frame(image: Dataset, number: int) -> Dataset:
    source, derived, content, position, orientation, frame = (Dataset() for _ in range(6))
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    derived.SourceImageSequence = Items([source])
    content.DimensionIndexValues = [1, number]
    position.ImagePositionPatient, orientation.ImageOrientationPatient = (
        image.ImagePositionPatient,
        image.ImageOrientationPatient,
    )
    frame.DerivationImageSequence, frame.FrameContentSequence = Items([derived]), Items([content])
    frame.PlanePositionSequence, frame.PlaneOrientationSequence = Items([position]), Items([orientation])
    return frame
