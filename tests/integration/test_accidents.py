"""Power cuts, crashes and poison: nothing is lost, nothing is done twice, nobody waits for the poisoned one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from integration.hospital import RESULTS, Hospital
from orthanc_server import eventually
from pydicom.uid import RLELossless

pytestmark = pytest.mark.slow


def running(hospital: Hospital, uid: str) -> Callable[[], bool]:
    """Is the study in the middle of its run?"""
    return lambda: hospital.study(uid).get("state") == "running"


def exactly_one_set_of_results(hospital: Hospital, uid: str) -> None:
    study = hospital.settled(uid)
    assert study["state"] == "scored", study
    assert hospital.result_series(uid) == RESULTS


def test_orthanc_killed_in_the_middle_of_a_run(hospital: Hospital, new_study) -> None:
    uid, paths = new_study("power cut")
    hospital.receive(paths)
    eventually(running(hospital, uid), "the run begins")
    service = hospital.service_process()
    workers = service.children(recursive=True)
    hospital.kill()
    eventually(lambda: not any(p.is_running() for p in (service, *workers)), "the service and its workers end")
    hospital.start()
    eventually(hospital.service_answers, "the service answers again")
    exactly_one_set_of_results(hospital, uid)


def test_the_service_killed_in_the_middle_of_a_run(hospital: Hospital, new_study) -> None:
    uid, paths = new_study("crash")
    hospital.receive(paths)
    eventually(running(hospital, uid), "the run begins")
    workers = hospital.service_process().children(recursive=True)
    hospital.kill_service()
    eventually(lambda: not any(p.is_running() for p in workers), "the workers end")
    exactly_one_set_of_results(hospital, uid)
    events = [entry["event"] for entry in hospital.study(uid)["timeline"]]
    assert "interrupted" in " ".join(events)


def poison(paths: list[Path]) -> None:
    """Make the images so large that no worker can hold them: 7,000 x 7,000 pixels of nothing, well compressed."""
    blank = np.zeros((7000, 7000), np.uint16)
    compressed: bytes | None = None
    for path in paths:
        header = pydicom.dcmread(path)
        if (
            "dyn" not in str(header.SeriesDescription).lower()
            and "vibrant" not in str(header.SeriesDescription).lower()
        ):
            continue
        header.Rows = header.Columns = 7000
        header.BitsAllocated = header.BitsStored = 16
        header.HighBit, header.PixelRepresentation = 15, 0
        if compressed is None:
            header.PixelData = blank.tobytes()
            header.compress(RLELossless, generate_instance_uid=False)
            compressed = header.PixelData
        header.PixelData = compressed
        header["PixelData"].is_undefined_length = True
        header.file_meta.TransferSyntaxUID = RLELossless
        header.save_as(path, enforce_file_format=True)


def test_a_poisoned_study_ends_as_failed_while_the_next_is_scored(tmp_path: Path, new_study) -> None:
    with Hospital(tmp_path / "hospital", WorkerMemory="1500MiB", Attempts=2) as hospital:
        eventually(hospital.service_answers, "the service answers")
        bad, bad_paths = new_study("poison", companions=False)
        poison(bad_paths)
        hospital.receive(bad_paths)
        eventually(running(hospital, bad), "the poisoned run begins")
        good, good_paths = new_study("next")
        hospital.receive(good_paths)
        assert hospital.settled(good)["state"] == "scored"
        study = hospital.settled(bad)
        assert study["state"] == "failed", study
        assert study["attempts"] == 2
        assert "memory" in study["reason"]
        assert hospital.result_series(bad) == []
