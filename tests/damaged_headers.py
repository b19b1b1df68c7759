"""Studies of headers, damaged as senders, de-identifiers and lost connections damage them."""

from __future__ import annotations

import random
from copy import deepcopy

from broken_values import GARBAGE, put
from mr_headers import uid
from pydicom import Dataset

from tilscope.dicom_io.dce.values import numbers

DAMAGED_KEYWORDS = (
    "AcquisitionTime", "ContentTime", "AcquisitionDate", "ContentDate", "StudyDate", "TemporalPositionIdentifier",
    "AcquisitionNumber", "TriggerTime", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "ImageType", "EchoTime",
    "RepetitionTime", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns",
    "FrameOfReferenceUID", "DiffusionBValue", "ContrastBolusStartTime", "TemporalResolution", "Modality",
    "SOPInstanceUID", "SOPClassUID", "AcquisitionDateTime",
)  # fmt: skip


def drop(headers: list[Dataset], chance: random.Random) -> None:
    headers.pop(chance.randrange(len(headers)))


def drop_a_position(headers: list[Dataset], chance: random.Random) -> None:
    gone = chance.choice(headers).get("ImagePositionPatient")
    headers[:] = [h for h in headers if h.get("ImagePositionPatient") != gone]


def duplicate_under_a_new_uid(headers: list[Dataset], chance: random.Random) -> None:
    copy = deepcopy(chance.choice(headers))
    copy.SOPInstanceUID = uid("copy", chance.random())
    headers.append(copy)


def garble_one(headers: list[Dataset], chance: random.Random) -> None:
    put(chance.choice(headers), chance.choice(DAMAGED_KEYWORDS), chance.choice(GARBAGE))


def garble_everywhere(headers: list[Dataset], chance: random.Random) -> None:
    keyword, value = chance.choice(DAMAGED_KEYWORDS[:18]), chance.choice(GARBAGE)
    for header in headers:
        put(header, keyword, value)


def remove_everywhere(headers: list[Dataset], chance: random.Random) -> None:
    keyword = chance.choice(DAMAGED_KEYWORDS)
    for header in headers:
        if keyword in header:
            delattr(header, keyword)


def move_one(headers: list[Dataset], chance: random.Random) -> None:
    header = chance.choice(headers)
    position = numbers(header, "ImagePositionPatient", 3) or (0.0, 0.0, 0.0)
    header.ImagePositionPatient = [v + chance.uniform(-3, 3) for v in position]


def shuffle(headers: list[Dataset], chance: random.Random) -> None:
    chance.shuffle(headers)


def swap_instance_numbers(headers: list[Dataset], chance: random.Random) -> None:
    numbers = list(range(len(headers)))
    chance.shuffle(numbers)
    for header, number in zip(headers, numbers, strict=True):
        header.InstanceNumber = number


DAMAGES = (
    drop, drop_a_position, duplicate_under_a_new_uid, garble_one, garble_one, garble_one, garble_everywhere,
    remove_everywhere, move_one, shuffle, swap_instance_numbers,
)  # fmt: skip
