"""What runs in a worker process: one study, and the way its progress is reported."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from distributed import get_worker

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.known import Known
from tilscope.service.scoring.stages import Report
from tilscope.service.storing.unstored import UnstoredResults
from tilscope.service.workers.attempt import EngineResult, Outcome, attempt

#: Progress inside one stage is reported at most so often.
_REPORT_EVERY_S = 0.5
#: A new stage is given so long to leave the process: if the stage then crashes it, the last word is the right one.
_LEAVE_S = 0.03


ScoreStudy = Callable[[OrthancAddress, str, PipelineSettings, Report, Known, UnstoredResults], EngineResult]


@dataclass(frozen=True)
class Progress:
    """Reported by the worker while it runs."""

    run: str
    stage: str
    fraction: float
    worker: str
    pid: int


def run_study(
    score: ScoreStudy,
    address: OrthancAddress,
    study_uid: str,
    settings: PipelineSettings,
    known: Known,
    unstored: UnstoredResults,
    run: str,
    topic: str,
) -> Outcome:
    """Score one study in a worker."""
    return attempt(lambda report: score(address, study_uid, settings, report, known, unstored), reporter_of(run, topic))


def reporter_of(run: str, topic: str) -> Report:
    """To the dispatcher of the worker in which this is called."""
    return _Reporter(run, topic)


class _Reporter:
    """Sends the stage to the dispatcher as an event of the cluster; costs nothing if nobody listens."""

    def __init__(self, run: str, topic: str) -> None:
        self._worker = get_worker()
        self._run, self._topic = run, topic
        self._reported_at = 0.0
        self.stage = ""

    def __call__(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if stage == self.stage and now - self._reported_at < _REPORT_EVERY_S:
            return
        is_new = stage != self.stage
        self.stage, self._reported_at = stage, now
        event = {
            "run": self._run,
            "stage": stage,
            "fraction": fraction,
            "worker": self._worker.address,
            "pid": os.getpid(),
        }
        self._worker.log_event(self._topic, event)
        if is_new:
            time.sleep(_LEAVE_S)
