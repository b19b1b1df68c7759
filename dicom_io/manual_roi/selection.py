"""Which objects of a study are manual ROIs of lesions, and which of several counts: decided from headers alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import RTStructureSetStorage, SegmentationStorage

from tilscope.dicom_io.dce.values import number, text
from tilscope.dicom_io.identity import MANUFACTURER, MODEL_NAME
from tilscope.dicom_io.manual_roi.meaning import Named, code_of, lesions_among

#: Label Map Segmentation Storage, which pydicom has no name for yet.
LABEL_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
#: A label map describes its background as a segment too.
_BACKGROUND = Code("125040", "DCM", "Background")


@dataclass(frozen=True, eq=False)
class ManualRoiObject:
    """An object of the archive in which a person has drawn lesions."""

    header: Dataset
    lesions: tuple[Named, ...]

    @property
    def instance_uid(self) -> str:
        return str(self.header.SOPInstanceUID)

    @property
    def name(self) -> str:
        """For sentences."""
        described = text(self.header, "SeriesDescription") or text(self.header, "StructureSetLabel") or "no description"
        return f"{text(self.header, 'Modality')} series {text(self.header, 'SeriesNumber') or '?'} ({described})"

    @property
    def made(self) -> str:
        """When, as text that sorts in time order."""
        for kind in ("Content", "StructureSet", "InstanceCreation", "Series"):
            if day := text(self.header, f"{kind}Date"):
                return day + (text(self.header, f"{kind}Time") or "000000")
        return ""


def manual_rois_among(headers: Iterable[Dataset]) -> tuple[ManualRoiObject, ...]:
    """The manual ROIs of lesions, the newest first."""
    manual_rois = [
        ManualRoiObject(h, lesions) for h in headers if (lesions := lesions_among(tuple(manual_segments(h))))
    ]
    return tuple(sorted(manual_rois, key=lambda manual_roi: (manual_roi.made, manual_roi.instance_uid), reverse=True))


def manual_segments(header: Dataset) -> Iterator[Named]:
    """The segments or regions that a person has drawn or corrected; none in what TILscope or another program made."""
    if text(header, "Manufacturer") == MANUFACTURER:
        return
    if text(header, "SOPClassUID") in (SegmentationStorage, LABEL_MAP_STORAGE):
        yield from _segments(header)
    elif text(header, "SOPClassUID") == RTStructureSetStorage:
        yield from _regions(header)


def _segments(header: Dataset) -> Iterator[Named]:
    for item in header.get("SegmentSequence") or ():
        # Somebody else's object with a segment of ours: a person has opened our contour and corrected it.
        ours = text(item, "SegmentAlgorithmName") == MODEL_NAME
        segment = number(item, "SegmentNumber")
        if segment is None or (text(item, "SegmentAlgorithmType") == "AUTOMATIC" and not ours):
            continue
        kind = code_of(item.get("SegmentedPropertyTypeCodeSequence"))
        if kind is not None and kind == _BACKGROUND:
            continue
        yield Named(int(segment), text(item, "SegmentLabel"), kind)


def _regions(header: Dataset) -> Iterator[Named]:
    observed = {
        number(item, "ReferencedROINumber"): item for item in reversed(header.get("RTROIObservationsSequence") or [])
    }
    for item in header.get("StructureSetROISequence") or ():
        roi = number(item, "ROINumber")
        if roi is None or text(item, "ROIGenerationAlgorithm") == "AUTOMATIC":
            continue
        observation = observed.get(roi) or Dataset()
        kind = code_of(observation.get("RTROIIdentificationCodeSequence"))
        yield Named(int(roi), text(item, "ROIName"), kind, text(observation, "RTROIInterpretedType").upper())
