"""Damaged studies by the hundred through Orthanc: each ends in an answer, and none takes the service with it."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from broken_values import GARBAGE, put
from damaged_headers import DAMAGES
from integration.hospital import SETTLED, Hospital
from mr_headers import as_file, uid
from orthanc_server import eventually
from pydicom import Dataset
from small_layouts import LAYOUTS
from torture.figures import Figures
from torture.memory import MemoryWatch
from torture.plan import Plan

_SIDE = 16
_AT_ONCE = 20
_PIXEL_TAGS = ("BitsAllocated", "BitsStored", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames",
               "RescaleSlope", "PixelRepresentation", "PatientID", "PatientName", "SpecificCharacterSet")  # fmt: skip


def hostile_studies(plan: Plan, folder: Path) -> Figures:
    """Every study is settled or was never taken in by Orthanc; the service is the same process as before."""
    figures = Figures("hostile studies")
    with Hospital(folder / "hospital", stable_age_s=2, QuietSeconds=1) as hospital:
        eventually(hospital.service_answers, "the service answers")
        before = hospital.service_process().pid
        with MemoryWatch(hospital.service_process(), figures):
            for first in range(0, plan.hostile_studies, _AT_ONCE):
                numbers = range(first, min(first + _AT_ONCE, plan.hostile_studies))
                _judge(
                    hospital,
                    {uid("hostile", plan.seed, n) for n in numbers if _send(hospital, plan.seed, n, figures)},
                    figures,
                )
        if hospital.service_process().pid != before:
            figures.wrong.append("the service ended and was started again")
        if not hospital.service_answers():
            figures.wrong.append("the service is not well afterwards")
    return figures


def _send(hospital: Hospital, seed: int, number: int, figures: Figures) -> bool:
    """Whether Orthanc took anything of it in."""
    taken = False
    for content in damaged_study(seed, number):
        status = hospital.http.post("/instances", content=content).status_code
        figures.count("instances stored" if status == 200 else "instances that Orthanc refused")
        taken |= status == 200
    figures.count("studies")
    return taken


def damaged_study(seed: int, number: int) -> Iterator[bytes]:
    """The files of one study, the same for the same numbers."""
    dice = random.Random(f"{seed} {number}")
    headers = dice.choice(list(LAYOUTS.values()))()
    for damage in (dice.choice(DAMAGES) for _ in range(dice.choice((0, 1, 1, 2, 3)))):
        if headers:
            damage(headers, dice)
    for header in headers:
        _with_pixels(header, dice)
        header.StudyInstanceUID = uid("hostile", seed, number)
        header.SOPInstanceUID = uid("hostile", seed, number, str(header.get("SOPInstanceUID", "")))
    for header in dice.sample(headers, min(dice.choice((0, 0, 1, 3)), len(headers))):
        put(header, dice.choice(_PIXEL_TAGS), dice.choice(GARBAGE))
    for header in headers:
        with contextlib.suppress(Exception):  # what pydicom cannot write cannot be sent either
            yield _damaged_bytes(as_file(header), dice)


def _with_pixels(header: Dataset, dice: random.Random) -> None:
    """Small images, now and then of the wrong size, or none."""
    header.Rows = header.Columns = _SIDE
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 12, 11, 0
    header.PixelSpacing = [20.0, 20.0]
    noise = np.random.default_rng(dice.randrange(2**32)).integers(0, 4096, (_SIDE, _SIDE), np.uint16).tobytes()
    fate = dice.random()
    if fate > 0.01:
        header.PixelData = noise if fate > 0.02 else noise[: dice.randrange(0, len(noise), 2)]


def _damaged_bytes(content: bytes, dice: random.Random) -> bytes:
    """As a disk or a broken transfer leaves it, once in a hundred files."""
    fate = dice.random()
    if fate < 0.005:
        return content[: dice.randrange(len(content))]
    if fate < 0.01:
        at = dice.randrange(132, len(content))
        return content[:at] + dice.randbytes(1) + content[at + 1 :]
    return content


def _judge(hospital: Hospital, studies: set[str], figures: Figures) -> None:
    """A byte may have changed the study's own UID: whatever Orthanc holds is asked for."""

    def open_ones() -> list[str]:
        listed = hospital.http.get("/tilscope/studies", params={"limit": 500}).json()["studies"]
        known = {one["study_uid"]: one["state"] for one in listed}
        return [study for study in studies if known.get(study) not in SETTLED]

    try:
        eventually(lambda: not open_ones(), "all of them are settled")
    except AssertionError:
        figures.wrong += [
            f"study {study} is not settled: {hospital.study(study).get('state')}" for study in open_ones()
        ]
    for study in studies:
        told = hospital.study(study)
        figures.count(f"{told.get('state')}: {told.get('code')}" if told.get("code") else str(told.get("state")))
        if len(str(told.get("reason", ""))) > 2000:
            figures.wrong.append(f"the reason of study {study} is {len(told['reason'])} characters long")
    for found in hospital.http.get("/studies").json():
        hospital.http.delete(f"/studies/{found}")
