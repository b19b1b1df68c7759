"""One study, and whatever comes of it as one plain value: in this process, or in a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from tilscope.models.refusals import BadInput, Refused
from tilscope.service.monitoring.logs import places
from tilscope.service.scoring.stages import Report
from tilscope.service.scoring.study_input import InputChanged
from tilscope.service.workers.faults import Fault


class EngineResult(Protocol):
    """What the engine needs of a result; `models.result.StudyResult` is one."""

    @property
    def input_hash(self) -> str: ...

    def as_json(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class ScoredOutcome:
    input_hash: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Declined:
    """Refused or bad input: a result, not to be retried."""

    code: str
    reason: str


Outcome = ScoredOutcome | Declined | Fault


def attempt(work: Callable[[Report], EngineResult], report: Report) -> Outcome:
    """Whatever comes of it. Never raises: an exception class of a library might not survive the way back."""
    stage = "starting"

    def report_stage(begun: str, fraction: float) -> None:
        nonlocal stage
        stage = begun
        report(begun, fraction)

    try:
        report_stage(stage, 0.0)
        scored = work(report_stage)
        return ScoredOutcome(scored.input_hash, scored.as_json())
    except (Refused, BadInput) as refusal:
        return Declined(refusal.code, str(refusal))
    except InputChanged:
        return Fault.of("input-changed", stage=stage)
    except httpx.TransportError as fault:
        return Fault.of("archive-unreachable", stage=stage, kind=type(fault).__name__)
    except Exception as fault:
        where = (places(fault.__traceback__) or ["unknown"])[-1]
        message = " ".join(str(fault).split()) or "no message"
        return Fault.of("exception", kind=type(fault).__name__, stage=stage, message=message, where=where)
