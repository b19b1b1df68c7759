"""Damaged studies by the hundred: the same assembly as before the damage, or a refusal. Never a crash, never another order.

TILSCOPE_FUZZ sets how many studies are damaged (200 by default).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from copy import deepcopy

import pytest
from mr_headers import SAGITTAL, clock, one_series, series_per_phase, uid
from pydicom import Dataset, config
from pydicom.dataelem import DataElement

from dicom_io.dce.assembly import look
from dicom_io.dce.values import numbers
from models.answers import BadInput

STUDIES = int(os.environ.get("TILSCOPE_FUZZ", "200"))
SLICES = 12


def content_time_only() -> list[Dataset]:
    headers = one_series((0, 400, 754), SLICES, TemporalPositionIdentifier=None, AcquisitionTime=None)
    for number, header in enumerate(headers):
        header.ContentTime = clock((0, 400, 754)[number // SLICES])
        header.AcquisitionNumber = (1, 2, 2)[number // SLICES]
    return headers


def sagittal() -> list[Dataset]:
    headers = one_series((0, 200, 320, 440, 560), SLICES, ImageOrientationPatient=list(SAGITTAL))
    for number, header in enumerate(headers):
        header.ImagePositionPatient = [40 + 2.0 * (number % SLICES), -100, 80]
    return headers


LAYOUTS: tuple[Callable[[], list[Dataset]], ...] = (
    lambda: one_series(slices=SLICES),
    lambda: series_per_phase(slices=SLICES),
    content_time_only,
    sagittal,
)

#: What broken senders, broken de-identifiers and broken disks make of a value.
GARBAGE = (
    "",
    None,
    "0",
    "-1",
    "999999",
    "1e309",
    "nan",
    "abc",
    "20",
    "10\\20\\30",
    "995959",
    "240000",
    "\x00",
    "é" * 40,
)

DAMAGED_KEYWORDS = (
    "AcquisitionTime", "ContentTime", "AcquisitionDate", "ContentDate", "StudyDate", "TemporalPositionIdentifier",
    "AcquisitionNumber", "TriggerTime", "SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "ImageType", "EchoTime",
    "RepetitionTime", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns",
    "FrameOfReferenceUID", "DiffusionBValue", "ContrastBolusStartTime", "TemporalResolution", "Modality",
    "SOPInstanceUID", "SOPClassUID", "AcquisitionDateTime",
)  # fmt: skip


def put(header: Dataset, keyword: str, value: object) -> None:
    """As it would be read from a file: not checked when it is set."""
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    tag = tag_for_keyword(keyword)
    assert tag is not None
    if isinstance(value, str) and "\\" in value:
        value = value.split("\\")
    try:
        header[tag] = DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE)
    except (ValueError, TypeError, OverflowError):
        header.pop(tag, None)  # pydicom cannot hold it in memory either


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


def phases(headers: list[Dataset]) -> list[set[str]] | None:
    """Which instances make up which phase, in time order; None where the study is refused."""
    try:
        assembly = look(headers)
    except BadInput:
        return None
    if assembly.refusal is not None:
        assert str(assembly.refusal)
        return None
    (source,) = assembly.require_sources()
    return [{str(h.ImageComments) for h in phase.headers} for phase in source.phases]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("part", range(4))
def test_damage_is_never_silent(part: int) -> None:
    for number in range(part, STUDIES, 4):
        chance = random.Random(number)
        headers = chance.choice(LAYOUTS)()
        for n, header in enumerate(headers):
            header.ImageComments = str(n)  # which image it is, whatever happens to its other tags
        truth = phases(headers)
        assert truth is not None
        shuffle(headers, chance)
        done = [chance.choice(DAMAGES) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        for damage in done:
            if headers:
                damage(headers, chance)
        begun = time.monotonic()
        found = phases(headers)
        told = f"study {number}: {[d.__name__ for d in done]}"
        assert time.monotonic() - begun < 10, told
        if found is not None and not any(d is drop_a_position for d in done):
            assert found == truth, told
        elif found is not None:
            # A position lost in every phase at either end of the volume leaves a smaller, still even one.
            assert len(found) == len(truth), told
            assert all(f <= t for f, t in zip(found, truth, strict=True)), told
