"""Is the service well? Answered for a program by one word, for a person by sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from service.engine import Engine
from service.ledger_reading import Reader
from service.watcher import Watcher


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


def look_over(reader: Reader, watcher: Watcher, engine: Engine, workers_wanted: int) -> HealthReport:
    """Ask every part. Nothing here waits for the network."""
    problems: list[str] = []
    try:
        reader.counts()
        ledger_ok = True
    except SQLAlchemyError as fault:
        ledger_ok = False
        problems.append(f"The ledger cannot be read ({type(fault).__name__}).")
    seen, runs = watcher.status, engine.status
    if not watcher.alive:
        problems.append("The watcher has ended; restart the service.")
    elif not seen.reachable:
        problems.append(seen.problem)
    if runs.state == "stopped":
        problems.append("The engine has ended; restart the service.")
    elif runs.problem:
        problems.append(runs.problem)
    elif runs.state == "running" and runs.workers < workers_wanted:
        problems.append(f"{runs.workers} of {workers_wanted} workers are there; the others are being replaced.")
    if problems:
        status = Health.IMPAIRED
    elif runs.state == "starting":
        status, problems = Health.STARTING, ["The workers are starting."]
    else:
        status, problems = Health.OK, ["All is well."]
    return HealthReport(status, tuple(problems), ledger_ok, seen.reachable, seen.lag, runs.workers, runs.running)
