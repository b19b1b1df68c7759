"""Outlines as other people's tools store them: Segmentations by highdicom, RT structure sets by pydicom alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highdicom as hd
import numpy as np
import SimpleITK as sitk
from mr_headers import uid
from numpy.typing import NDArray
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
TISSUE = Code("85756007", "SCT", "Tissue")
LESION = Code("52988006", "SCT", "Lesion")
NEOPLASM = Code("108369006", "SCT", "Neoplasm")
BREAST = Code("76752008", "SCT", "Breast")


@dataclass(frozen=True, eq=False)
class Painted:
    """One segment: a mask, or shares of 0 to 1, on the grid on which it was drawn."""

    image: sitk.Image
    label: str = "Tumour"
    type: Code = NEOPLASM
    algorithm: str = "MANUAL"
    algorithm_name: str = "Grow from seeds"


def segmentation(
    segments: Sequence[Painted],
    headers: Sequence[Dataset],
    kind: str = "BINARY",
    made: str = "20240312 120000",
    **attributes: Any,
) -> Dataset:
    """A Segmentation of these images. The masks' own geometry is written."""
    grid = segments[0].image
    pixels = np.stack([sitk.GetArrayFromImage(s.image) for s in segments], axis=-1)
    fractional = kind == "FRACTIONAL"
    directions = np.array(grid.GetDirection()).reshape(3, 3)
    columns, rows, slices = grid.GetSpacing()
    obj: Dataset = hd.seg.Segmentation(
        source_images=list(headers),
        pixel_array=pixels.astype(np.float32 if fractional else np.uint8),
        segmentation_type=kind,
        segment_descriptions=[_description(n, s) for n, s in enumerate(segments, start=1)],
        series_instance_uid=uid("drawn series", made, attributes),
        series_number=300,
        sop_instance_uid=uid("drawn", made, attributes, kind, [s.label for s in segments]),
        instance_number=1,
        manufacturer="Workstations & Co",
        manufacturer_model_name="Viewer",
        software_versions="1",
        device_serial_number="1",
        content_creator_name="Reader^Rita",
        pixel_measures=hd.PixelMeasuresSequence((rows, columns), slices, slices),
        plane_orientation=hd.PlaneOrientationSequence("PATIENT", [float(v) for v in directions.T[:2].ravel()]),
        plane_positions=[
            hd.PlanePositionSequence("PATIENT", grid.TransformIndexToPhysicalPoint((0, 0, k))) for k in range(grid.GetSize()[2])
        ],
    )  # fmt: skip
    obj.ContentDate, obj.ContentTime = made.split()
    obj.SeriesDescription = "drawn by hand"
    for keyword, value in attributes.items():
        setattr(obj, keyword, value)
    return obj


def shuffled(obj: Dataset, seed: int) -> Dataset:
    """The same 8-bit Segmentation with its frames in another order."""
    order = np.random.default_rng(seed).permutation(int(obj.NumberOfFrames))
    obj.PixelData = obj.pixel_array[order].tobytes()
    obj.PerFrameFunctionalGroupsSequence = [obj.PerFrameFunctionalGroupsSequence[k] for k in order]
    return obj


def _description(number: int, segment: Painted) -> hd.seg.SegmentDescription:
    by_hand = segment.algorithm == "MANUAL"
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=segment.label,
        segmented_property_category=ABNORMAL,
        segmented_property_type=segment.type,
        algorithm_type=segment.algorithm,
        algorithm_identification=None
        if by_hand
        else hd.AlgorithmIdentificationSequence(segment.algorithm_name, Code("123110", "DCM", "AI"), "1"),
    )


@dataclass(frozen=True, eq=False)
class Traced:
    """One region of interest: its closed contours, points in patient space."""

    contours: Sequence[NDArray[np.float64]]
    label: str = "GTV"
    interpreted: str = "GTV"


def structure_set(regions: Sequence[Traced], header: Dataset, **attributes: Any) -> Dataset:
    """An RT structure set in the frame of reference of an image."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RTStructureSetStorage
    meta.MediaStorageSOPInstanceUID = uid("structures", attributes, [r.label for r in regions])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    obj = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    obj.SOPClassUID, obj.SOPInstanceUID = RTStructureSetStorage, meta.MediaStorageSOPInstanceUID
    obj.StudyInstanceUID, obj.SeriesInstanceUID = header.StudyInstanceUID, uid("structures", "series")
    obj.PatientID, obj.PatientName = header.PatientID, header.PatientName
    obj.Modality, obj.SeriesNumber = "RTSTRUCT", 301
    obj.Manufacturer, obj.ManufacturerModelName = "Planning & Co", "Contours"
    obj.StructureSetLabel, obj.OperatorsName = "tumour", "Reader^Rolf"
    obj.StructureSetDate, obj.StructureSetTime = "20240312", "130000"
    obj.StructureSetROISequence, obj.ROIContourSequence, obj.RTROIObservationsSequence = [], [], []
    for number, region in enumerate(regions, start=1):
        named, drawn, said = Dataset(), Dataset(), Dataset()
        named.ROINumber, named.ROIName, named.ROIGenerationAlgorithm = number, region.label, "MANUAL"
        named.ReferencedFrameOfReferenceUID = header.FrameOfReferenceUID
        drawn.ReferencedROINumber, drawn.ContourSequence = number, []
        for points in region.contours:
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(points)
            contour.ContourData = [f"{v:.4f}" for v in np.asarray(points).ravel()]
            drawn.ContourSequence.append(contour)
        said.ObservationNumber, said.ReferencedROINumber, said.RTROIInterpretedType = number, number, region.interpreted
        obj.StructureSetROISequence.append(named)
        obj.ROIContourSequence.append(drawn)
        obj.RTROIObservationsSequence.append(said)
    for keyword, value in attributes.items():
        setattr(obj, keyword, value)
    return obj


def contours_of(mask: sitk.Image) -> list[NDArray[np.float64]]:
    """The borders of a mask, slice by slice along the pixels' edges; a hole is a contour of its own."""
    found = []
    for k, plane in enumerate(sitk.GetArrayFromImage(mask) != 0):
        for loop in _loops(plane):
            index = [(float(x) - 0.5, float(y) - 0.5, float(k)) for x, y in loop]
            found.append(np.array([mask.TransformContinuousIndexToPhysicalPoint(i) for i in index]))
    return found


def _loops(plane: NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """Corner points (x, y) around each border, with the drawn pixels always on the same hand."""
    padded = np.pad(plane, 1)
    follows: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for y, x in np.argwhere(plane):
        around = (
            (padded[y, x + 1], (x, y), (x + 1, y)),
            (padded[y + 1, x + 2], (x + 1, y), (x + 1, y + 1)),
            (padded[y + 2, x + 1], (x + 1, y + 1), (x, y + 1)),
            (padded[y + 1, x], (x, y + 1), (x, y)),
        )
        for neighbour, start, end in around:
            if not neighbour:
                follows.setdefault(start, []).append(end)
    loops = []
    while follows:
        here = start = next(iter(follows))
        loop = []
        while True:
            loop.append(here)
            ways = follows[here]
            after = ways.pop()
            if not ways:
                del follows[here]
            here = after
            if here == start:
                break
        loops.append(loop)
    return loops
