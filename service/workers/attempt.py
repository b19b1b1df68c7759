"""One study, and whatever comes of it as one plain value: in this process, or in a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from tilscope.models.refusals import BadInput, Refused
from tilscope.service.faults.archive_faults import ResultsNotStored, fault_of_archive, fault_of_disk
from tilscope.service.faults.fault import Fault
from tilscope.service.monitoring.logs import places
from tilscope.service.scoring.input_changed import InputChanged
from tilscope.service.scoring.installed_meanwhile import InstalledMeanwhile
from tilscope.service.scoring.stages import Report

log = logging.getLogger(__name__)


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
    except ResultsNotStored as waiting:
        return fault_of_archive(waiting.why, "storing the results", storing=True, kept=waiting.kept)
    except InstalledMeanwhile:
        return Fault.of("installed-meanwhile")
    except Exception as fault:
        log.warning("a run ended in a fault", extra={"stage": stage, **_said(fault)}, exc_info=fault)
        return _in_words(fault, stage)


def _said(fault: Exception) -> dict[str, str]:
    """Addresses and files may be in the log; what else an exception says may quote a DICOM value."""
    return {"said": str(fault)} if isinstance(fault, httpx.HTTPError | OSError) else {}


def _in_words(fault: Exception, stage: str) -> Fault:
    if isinstance(fault, httpx.HTTPError):
        return fault_of_archive(fault, stage)
    if isinstance(fault, OSError) and (full := fault_of_disk(fault, stage)):
        return full
    # What it says may quote anything, and is no sentence for people; where it happened is what a programmer needs.
    where = (places(fault.__traceback__) or ["unknown"])[-1]
    return Fault.of("exception", kind=type(fault).__name__, stage=stage, where=where)
