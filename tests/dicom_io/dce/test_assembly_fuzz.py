"""Damaged studies by the hundred: the same assembly as before the damage, or a refusal. Never a crash, never another order.

TILSCOPE_FUZZ sets how many studies are damaged (200 by default).
"""

from __future__ import annotations

import random
import time
from copy import deepcopy

import pytest
from broken_values import GARBAGE, STUDIES, put
from mr_headers import uid
from pydicom import Dataset
from small_layouts import LAYOUTS

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.values import numbers
from tilscope.models.refusals import BadInput

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


def phases(headers: list[Dataset]) -> list[set[str]] | None:
    """Which instances make up which phase, in time order, breast by breast; None where the study is refused."""
    try:
        assembly = inspect(headers)
    except BadInput:
        return None
    if assembly.refusal is not None:
        assert str(assembly.refusal)
        return None
    sources = assembly.require_sources()
    return [{str(h.ImageComments) for h in phase.headers} for source in sources for phase in source.phases]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("part", range(4))
def test_damage_is_never_silent(part: int) -> None:
    for number in range(part, STUDIES, 4):
        chance = random.Random(number)
        headers = chance.choice(list(LAYOUTS.values()))()
        for n, header in enumerate(headers):
            header.ImageComments = str(n)  # which image it is, whatever happens to its other tags
        truth = phases(headers)
        assert truth is not None
        shuffle(headers, chance)
        done = [chance.choice(DAMAGES) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        for damage in done:
            if headers:
                damage(headers, chance)
        begun = time.process_time()
        found = phases(headers)
        told = f"study {number}: {[d.__name__ for d in done]}"
        assert time.process_time() - begun < 10, told
        if found is not None and not any(d is drop_a_position for d in done):
            assert found == truth, told
        elif found is not None:
            # A position lost in every phase at either end of the volume leaves a smaller, still even one.
            assert len(found) == len(truth), told
            assert all(f <= t for f, t in zip(found, truth, strict=True)), told
