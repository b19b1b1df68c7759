"""The health of the service: one word for programs, sentences for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from tilscope.service.ledger.outbox import ReceiverStatus
from tilscope.service.ledger.queries import Reader
from tilscope.service.monitoring.status import EngineStatus, WatcherStatus


class Health(StrEnum):
    OK = "ok"
    STARTING = "starting"
    IMPAIRED = "impaired"


@dataclass(frozen=True)
class HealthReport:
    status: Health
    sentences: tuple[str, ...]
    ledger_ok: bool
    orthanc_reachable: bool
    changes_lag: int
    workers: int
    running: tuple[str, ...]
    webhooks: tuple[ReceiverStatus, ...] = ()


def check_health(
    reader: Reader,
    seen: WatcherStatus,
    watcher_alive: bool,
    runs: EngineStatus,
    workers_wanted: int,
    webhooks: Callable[[], tuple[ReceiverStatus, ...]] = tuple,
    unreadable: Sequence[str] = (),
) -> HealthReport:
    """Ask every part. Nothing here waits for the network. A receiver that is away is reported, and impairs nobody.

    `unreadable` are sentences about installed files that cannot be read.
    """
    problems: list[str] = []
    receivers: tuple[ReceiverStatus, ...] = ()
    try:
        reader.counts()
        receivers = webhooks()
        ledger_ok = True
    except SQLAlchemyError as fault:
        ledger_ok = False
        problems.append(f"The ledger cannot be read ({type(fault).__name__}).")
    if not watcher_alive:
        problems.append("The watcher has ended; restart the service.")
    elif not seen.reachable:
        problems.append(seen.problem)
    if runs.state == "stopped":
        problems.append("The engine has ended; restart the service.")
    elif runs.problem:
        problems.append(runs.problem)
    elif runs.outage:
        problems.append(runs.outage.sentence)
    elif runs.state == "running" and runs.workers < workers_wanted:
        problems.append(f"{runs.workers} of {workers_wanted} workers are there; the others are being replaced.")
    problems += unreadable
    if problems:
        status = Health.IMPAIRED
    elif runs.state == "starting":
        status, problems = Health.STARTING, ["The workers are starting."]
    else:
        status, problems = Health.OK, ["All is well."]
    problems += [_about(receiver) for receiver in receivers if receiver.problem]
    return HealthReport(
        status, tuple(problems), ledger_ok, seen.reachable, seen.lag, runs.workers, runs.running, receivers
    )


def _about(receiver: ReceiverStatus) -> str:
    messages = "1 message waits" if receiver.waiting == 1 else f"{receiver.waiting} messages wait"
    return f"{messages} for the webhook at {receiver.receiver} since {receiver.waiting_since}: {receiver.problem}."
