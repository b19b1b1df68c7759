"""What the engine is given to run in its tests instead of the pipeline: real functions that behave badly, each in its way.

The study's UID says which way, so that one engine can be given many kinds. They run in real worker processes.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import SimpleITK as sitk

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.known import Known
from tilscope.service.scoring.stages import Report
from tilscope.service.storing.unstored import UnstoredResults

GOOD, REFUSED, FAULTY, DIES, KILLED, HANGS, HOLDS_THE_LOCK, EATS_MEMORY, NO_ARCHIVE = (f"1.{n}" for n in range(1, 10))
#: Fails once and then succeeds; the archive's address says in which folder it leaves its mark.
SECOND_TIME = "1.10"
SLOW = "1.11"
#: What a study that never ends by itself has fetched; nobody but us can remove it.
IMAGE = "image.dcm"


@dataclass(frozen=True)
class Answer:
    study_uid: str

    @property
    def input_hash(self) -> str:
        return "hash-of-" + self.study_uid

    def as_json(self) -> dict[str, Any]:
        return {
            "study_uid": self.study_uid,
            "pid": os.getpid(),
            "threads": sitk.ProcessObject.GetGlobalDefaultNumberOfThreads(),
            "timings_s": {"segmenting": 0.25, "writing results": 0.5},
        }


def loaded_modules(run: str, topic: str) -> dict[str, Any]:
    """What a worker tells of itself."""
    return {"pid": os.getpid(), "has_pipeline": "tilscope.service.workers.score_in_archive" in sys.modules}


def behave(
    address: OrthancAddress,
    study_uid: str,
    settings: PipelineSettings,
    report: Report,
    known: Known,
    unstored: UnstoredResults,
) -> Answer:
    report("segmenting", 0.4)
    if study_uid == REFUSED:
        raise Refused("no-lesion", median=20.0, high=35.0)
    if study_uid == FAULTY:
        logging.getLogger("tilscope.service.scoring.score").warning("a word of ours")
        logging.getLogger("pydicom").warning("invalid value for %s", "Doe^Jane")
        logging.getLogger("highdicom").warning("name is Doe^Jane")
        warnings.warn("Doe^Jane is no date", stacklevel=1)
        raise ZeroDivisionError("the mean of\nno voxels")
    if study_uid in (DIES, KILLED, HANGS, HOLDS_THE_LOCK, EATS_MEMORY):
        (Path(tempfile.mkdtemp(prefix="tilscope-")) / IMAGE).write_bytes(b"a patient's")
    if study_uid == DIES:
        os._exit(3)
    if study_uid == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    if study_uid == HANGS:
        time.sleep(600)
    if study_uid == HOLDS_THE_LOCK:
        ctypes.PyDLL(None).sleep(600)  # PyDLL keeps the interpreter's lock: no other Python thread of this process runs
    if study_uid == EATS_MEMORY:
        hoard = []
        for _ in range(600):
            hoard.append(b"x" * 20_000_000)
            time.sleep(0.005)
    if study_uid == NO_ARCHIVE:
        httpx.get("http://127.0.0.1:9/", trust_env=False)
    if study_uid == SECOND_TIME:
        mark = Path(address.url.removeprefix("http://folder")) / "tried-once"
        if not mark.exists():
            mark.touch()
            raise OSError("disk busy")
    if study_uid == SLOW:
        for step in range(30):
            report("measuring", 0.4 + step / 60)
            time.sleep(0.05)
    report("done", 1.0)
    return Answer(study_uid)
