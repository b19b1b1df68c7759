"""Frames of an enhanced multi-frame MR as if each were a classic slice, and references to them set right again.

Everything between reading and writing works on single slices. A frame therefore gets a header of its own, with what its
functional groups hold (PS3.3 C.7.6.16) under the names that classic images use, and a stand-in UID. `EnhancedFrame` remembers
which frame of which instance it is; `resolve` puts that back into what is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.tag import Tag
from pydicom.uid import MRImageStorage, generate_uid

from tilscope.dicom_io.dce.scaling import SCALE_SLOPE

#: Functional group -> the attributes taken from it, under the classic name.
_LIFTED: dict[str, dict[str, str]] = {
    "PlanePositionSequence": {"ImagePositionPatient": "ImagePositionPatient"},
    "PlaneOrientationSequence": {"ImageOrientationPatient": "ImageOrientationPatient"},
    "PixelMeasuresSequence": {k: k for k in ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices")},
    "PixelValueTransformationSequence": {"RescaleIntercept": "RescaleIntercept", "RescaleSlope": "RescaleSlope"},
    "FrameContentSequence": {
        "TemporalPositionIndex": "TemporalPositionIdentifier",
        "FrameAcquisitionDateTime": "AcquisitionDateTime",
        "FrameAcquisitionNumber": "AcquisitionNumber",
        "StackID": "StackID",
    },
    "MRImageFrameTypeSequence": {"FrameType": "ImageType", "ComplexImageComponent": "ComplexImageComponent"},
    "MREchoSequence": {"EffectiveEchoTime": "EchoTime"},
    "MRTimingAndRelatedParametersSequence": {"RepetitionTime": "RepetitionTime", "FlipAngle": "FlipAngle"},
    "MRModifierSequence": {"SpectrallySelectedExcitation": "SpectrallySelectedExcitation"},
    "MRDiffusionSequence": {"DiffusionBValue": "DiffusionBValue"},
    "CardiacSynchronizationSequence": {"NominalCardiacTriggerDelayTime": "TriggerTime"},
}
#: Philips keeps what classic images have in private elements in a private sequence of each frame.
_PHILIPS_FRAME = Tag(0x2005, 0x140F)
_GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


@dataclass(frozen=True)
class EnhancedFrame:
    """One frame of a multi-frame instance; numbers count from 1."""

    sop_class_uid: str
    sop_instance_uid: str
    number: int


def split_frames(header: Dataset) -> Iterator[tuple[Dataset, EnhancedFrame]]:
    """A classic-looking header for each frame, and which frame it is."""
    groups_of_frames = {header[keyword].tag for keyword in _GROUPS if keyword in header}
    base = Dataset({element.tag: element for element in header if element.tag not in groups_of_frames})
    for shared in header.get(_GROUPS[0]) or ():
        _lift(shared, base)
    common = {element.tag: element for element in base}
    for number, own in enumerate(header.get(_GROUPS[1]) or (), start=1):
        frame = EnhancedFrame(str(header.SOPClassUID), str(header.SOPInstanceUID), number)
        flat = Dataset(dict(common))
        _lift(own, flat)
        _put(flat, "SOPClassUID", MRImageStorage)
        _put(flat, "SOPInstanceUID", generate_uid(prefix="2.25.", entropy_srcs=[frame.sop_instance_uid, str(number)]))
        _put(flat, "NumberOfFrames", 1)
        yield flat, frame


def _lift(groups: Dataset, flat: Dataset) -> None:
    for sequence, names in _LIFTED.items():
        items = groups.get(sequence)
        if not items:
            continue
        for inside, classic in names.items():
            if inside in items[0] and items[0].get(inside) is not None:
                _put(flat, classic, items[0].get(inside))
    private = groups.get(_PHILIPS_FRAME)
    if private is not None and private.VR == "SQ" and private.value and SCALE_SLOPE in private.value[0]:
        flat[SCALE_SLOPE] = private.value[0][SCALE_SLOPE]


def _put(dataset: Dataset, keyword: str, value: object) -> None:
    """A new element in the place of any old one: the frames share the elements that they do not change."""
    tag = tag_for_keyword(keyword)
    assert tag is not None
    dataset.add_new(tag, dictionary_VR(tag), value)


def resolve(obj: Dataset, frames: Mapping[str, EnhancedFrame]) -> None:
    """Turn every reference to a stand-in, at any depth, into one to the frame of its instance."""
    if frames:
        _resolve(obj, "", frames)


def _resolve(dataset: Dataset, within: str, frames: Mapping[str, EnhancedFrame]) -> None:
    """`within` is the keyword of the sequence that `dataset` is an item of."""
    for element in dataset:
        if element.VR != "SQ":
            continue
        # Lists of evidence and of referenced instances name instances, each once; other references name frames.
        whole = element.keyword == "ReferencedInstanceSequence" or (
            element.keyword == "ReferencedSOPSequence" and within == "ReferencedSeriesSequence"
        )
        named: dict[str, Dataset] = {}
        for item in element.value:
            frame = frames.get(str(item.get("ReferencedSOPInstanceUID", "")))
            if frame is not None:
                item.ReferencedSOPClassUID = frame.sop_class_uid
                item.ReferencedSOPInstanceUID = frame.sop_instance_uid
                if not whole:
                    item.ReferencedFrameNumber = frame.number
            _resolve(item, element.keyword, frames)
            named.setdefault(str(item.get("ReferencedSOPInstanceUID", "")), item)
        if whole:
            element.value = list(named.values())
