"""What the watcher and the engine tell of themselves, for health and metrics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WatcherStatus:
    """For health and metrics."""

    reachable: bool = False
    problem: str = "Orthanc has not been asked yet."
    lag: int = 0
    """Changes that Orthanc has logged and the watcher not read."""


@dataclass(frozen=True)
class EngineStatus:
    """For health and metrics."""

    state: str
    """starting, running, faulty or stopped."""
    workers: int = 0
    running: tuple[str, ...] = ()
    """Study Instance UIDs."""
    problem: str = ""
