"""What the watcher and the engine report of themselves, for health and metrics."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.service.moments import moment


@dataclass(frozen=True)
class WatcherStatus:
    """Whether Orthanc's changes are read."""

    reachable: bool = False
    problem: str = "Orthanc has not been asked yet."
    lag: int = 0
    """Changes that Orthanc has logged and the watcher not read."""


@dataclass(frozen=True)
class OutageStatus:
    """What keeps studies from being begun that is not theirs."""

    what: str
    since: float
    """Seconds since 1970, UTC."""
    waiting: int
    """Studies."""

    @property
    def sentence(self) -> str:
        studies = "1 study waits" if self.waiting == 1 else f"{self.waiting} studies wait"
        return f"{self.what} since {moment(self.since)}; {studies}."


@dataclass(frozen=True)
class EngineStatus:
    """Whether studies are scored, and which."""

    state: str
    """starting, running, faulty or stopped."""
    workers: int = 0
    running: tuple[str, ...] = ()
    """Study Instance UIDs."""
    problem: str = ""
    outage: OutageStatus | None = None
    """None while archive and disk are well."""
    missing_s: float = 0.0
    """For how long fewer workers have been there than are wanted."""
