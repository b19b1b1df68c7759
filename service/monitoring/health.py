"""The health of the service: one word for programs, sentences for people.

An alarm hangs on it. What passes by itself within its usual time, such as a worker that makes room for the next, is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from tilscope.service.lease.heartbeat import LastWrite
from tilscope.service.ledger.outbox import ReceiverStatus
from tilscope.service.monitoring.readings import Readings
from tilscope.service.monitoring.status import EngineStatus, WatcherStatus
from tilscope.service.settings import ServiceSettings

#: A worker is replaced within seconds, on a busy machine too.
_REPLACED_WITHIN_S = 60.0
#: The heart beats every two seconds, and may have to wait for another writer.
_WRITTEN_WITHIN_S = 30.0


class Health(StrEnum):
    OK = "ok"
    STARTING = "starting"
    IMPAIRED = "impaired"


@dataclass(frozen=True)
class HealthReport:
    status: Health
    sentences: tuple[str, ...]
    ledger_ok: bool
    """It can be read and written."""
    orthanc_reachable: bool
    changes_lag: int
    workers: int
    running: tuple[str, ...]
    webhooks: tuple[ReceiverStatus, ...] = ()
    workers_wanted: int = 0
    workers_missing_s: float = 0.0
    """For how long fewer workers have been there than are wanted."""
    disk_free_bytes: int = 0
    """Where the data directory is."""
    disk_low: bool = False
    oldest_waiting_s: float = 0.0
    """How long the first study in the queue has waited for a worker."""
    failing_studies: int = 0
    """Of how many studies in a row the attempts have failed; 0 once any study has got an answer."""
    unreadable_files: tuple[str, ...] = ()
    """Installed references and models, by name."""


@dataclass(frozen=True)
class Parts:
    """What every part of the service tells of itself."""

    seen: WatcherStatus
    watcher_alive: bool
    runs: EngineStatus
    workers_wanted: int
    last_write: LastWrite
    readings: Readings


def check_health(
    parts: Parts, settings: ServiceSettings, webhooks: Callable[[], tuple[ReceiverStatus, ...]] = tuple
) -> HealthReport:
    """Judge what is known. Nothing here waits for the network. A receiver that is away is reported, and impairs nobody."""
    ledger_problem = _about_ledger(parts)
    receivers: tuple[ReceiverStatus, ...] = ()
    try:
        receivers = webhooks()
    except SQLAlchemyError as fault:
        ledger_problem = ledger_problem or f"The ledger cannot be read ({type(fault).__name__})."
    of_parts = (ledger_problem, _about_watcher(parts), _about_engine(parts))
    problems = [problem for problem in (*of_parts, *_about_readings(parts.readings, settings)) if problem]
    if problems:
        status = Health.IMPAIRED
    elif parts.runs.state == "starting":
        status, problems = Health.STARTING, ["The workers are starting."]
    else:
        status, problems = Health.OK, ["All is well."]
    problems += [_about_receiver(receiver) for receiver in receivers if receiver.problem]
    seen, runs, readings = parts.seen, parts.runs, parts.readings
    return HealthReport(
        status, tuple(problems), not ledger_problem, seen.reachable, seen.lag, runs.workers, runs.running, receivers,
        parts.workers_wanted, round(runs.missing_s, 1), readings.disk_free, readings.disk_low,
        round(readings.oldest_waiting_s, 1), readings.failing_studies, tuple(one.name for one in readings.unreadable),
    )  # fmt: skip


def _about_ledger(parts: Parts) -> str:
    if parts.readings.ledger_problem:
        return f"The ledger cannot be read ({parts.readings.ledger_problem})."
    write = parts.last_write
    if write.problem:
        return f"The ledger cannot be written ({write.problem}): is its disk full?"
    if write.age_s > _WRITTEN_WITHIN_S:
        return f"The ledger has not been written for {write.age_s:.0f} s: something keeps it busy."
    return ""


def _about_watcher(parts: Parts) -> str:
    if not parts.watcher_alive:
        return "The watcher has ended; restart the service."
    return "" if parts.seen.reachable else parts.seen.problem


def _about_engine(parts: Parts) -> str:
    runs = parts.runs
    if runs.state == "stopped":
        return "The engine has ended; restart the service."
    if runs.problem:
        return runs.problem
    if runs.outage:
        return runs.outage.sentence
    if runs.state == "running" and runs.missing_s > _REPLACED_WITHIN_S:
        return (
            f"{runs.workers} of {parts.workers_wanted} workers are there; "
            f"the others have not been replaced for {runs.missing_s:.0f} s."
        )
    return ""


def _about_readings(readings: Readings, settings: ServiceSettings) -> Iterator[str]:
    if readings.disk_low:
        free = readings.disk_free / 2**30
        yield f"The disk of the data directory has {free:.2f} GiB free, and should have {settings.least_free_disk}: make room."
    if readings.oldest_waiting_s > settings.longest_wait_seconds:
        minutes = readings.oldest_waiting_s / 60
        yield f"A study has waited {minutes:.0f} minutes for a worker: more arrives than is scored, or nothing is."
    if readings.failing_studies >= settings.failing_studies:
        yield f"The latest attempts have all failed, at {readings.failing_studies} studies; their pages say why."
    for one in readings.unreadable:
        yield f"{one.name} cannot be read ({one.why}): what needs it is not computed. Give it to the user whom the service runs as."


def _about_receiver(receiver: ReceiverStatus) -> str:
    messages = "1 message waits" if receiver.waiting == 1 else f"{receiver.waiting} messages wait"
    return f"{messages} for the webhook at {receiver.receiver} since {receiver.waiting_since}: {receiver.problem}."
