"""What runs in a worker process: one study, and whatever comes of it as one plain value."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from distributed import get_worker

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.settings import PipelineSettings
from tilscope.service.monitoring.logs import places
from tilscope.service.scoring.known import Known
from tilscope.service.workers.faults import Fault

Report = Callable[[str, float], None]
#: Progress inside one stage is told at most so often.
_REPORT_EVERY_S = 0.5
#: A new stage is given so long to leave the process: if the stage then crashes it, the last word is the right one.
_LEAVE_S = 0.03


class EngineResult(Protocol):
    """What the engine needs of a result; `models.result.StudyResult` is one."""

    @property
    def input_hash(self) -> str: ...

    def as_json(self) -> dict[str, Any]: ...


ScoreStudy = Callable[[OrthancAddress, str, PipelineSettings, Report, Known], EngineResult]


@dataclass(frozen=True)
class ScoredOutcome:
    input_hash: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Declined:
    """Refused or bad input: an answer, not to be retried."""

    code: str
    reason: str


Outcome = ScoredOutcome | Declined | Fault


@dataclass(frozen=True)
class Progress:
    """Told from the worker while it runs."""

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
    run: str,
    topic: str,
) -> Outcome:
    """Score one study in a worker."""
    return attempt(lambda report: score(address, study_uid, settings, report, known), reporter_of(run, topic))


def attempt(work: Callable[[Report], EngineResult], report: Report) -> Outcome:
    """Whatever comes of it. Never raises: an exception class of a library might not survive the way back."""
    stage = "starting"

    def tell(begun: str, fraction: float) -> None:
        nonlocal stage
        stage = begun
        report(begun, fraction)

    try:
        tell(stage, 0.0)
        scored = work(tell)
        return ScoredOutcome(scored.input_hash, scored.as_json())
    except (Refused, BadInput) as answer:
        return Declined(answer.code, str(answer))
    except httpx.TransportError as fault:
        return Fault.of("archive-unreachable", stage=stage, kind=type(fault).__name__)
    except Exception as fault:
        where = (places(fault.__traceback__) or ["unknown"])[-1]
        message = " ".join(str(fault).split()) or "no message"
        return Fault.of("exception", kind=type(fault).__name__, stage=stage, message=message, where=where)


def reporter_of(run: str, topic: str) -> Report:
    """To the dispatcher of the worker in which this is called."""
    return _Reporter(run, topic)


class _Reporter:
    """Sends the stage to the dispatcher as an event of the cluster; costs nothing if nobody listens."""

    def __init__(self, run: str, topic: str) -> None:
        self._worker = get_worker()
        self._run, self._topic = run, topic
        self._told_at = 0.0
        self.stage = ""

    def __call__(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if stage == self.stage and now - self._told_at < _REPORT_EVERY_S:
            return
        is_new = stage != self.stage
        self.stage, self._told_at = stage, now
        told = {
            "run": self._run,
            "stage": stage,
            "fraction": fraction,
            "worker": self._worker.address,
            "pid": os.getpid(),
        }
        self._worker.log_event(self._topic, told)
        if is_new:
            time.sleep(_LEAVE_S)
