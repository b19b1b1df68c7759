"""Studies in the hands of workers, as the dispatcher sees them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from distributed import Future

from tilscope.service.faults.fault import Fault
from tilscope.service.workers.attempt import Outcome
from tilscope.service.workers.cluster import Cluster
from tilscope.service.workers.task import Progress

T = TypeVar("T")
#: A worker that dies is back within seconds; one that has not come after this will not come.
WORKER_WITHIN_S = 120.0


@dataclass
class Run(Generic[T]):
    """One attempt under way."""

    of: T
    """What was handed out."""
    name: str
    """Unlike every other's."""
    future: Future
    outcome: Outcome | None = None
    """What came of it, once that is known: the cluster tells it only once."""
    submitted_at: float = field(default_factory=time.monotonic)
    begun_at: float | None = None
    worker: str = ""
    stage: str = "starting"
    fraction: float = 0.0
    ended_because: Fault | None = None
    ended_at: float = 0.0

    def note(self, progress: Progress) -> bool:
        """Whether it is further than it was."""
        further = self.begun_at is None or (self.stage, self.fraction) != (progress.stage, progress.fraction)
        if self.begun_at is None or self.worker != progress.worker:
            self.begun_at = time.monotonic()
        self.worker, self.stage, self.fraction = progress.worker, progress.stage, progress.fraction
        return further

    def is_without_worker(self) -> bool:
        """For so long that none will come."""
        return self.begun_at is None and time.monotonic() - self.submitted_at > WORKER_WITHIN_S

    def is_over(self, limit_s: float) -> bool:
        return self.begun_at is not None and time.monotonic() - self.begun_at > limit_s

    def end(self, cluster: Cluster, why: Fault) -> None:
        """Its worker is killed; what came of the study is the reason."""
        self.ended_because, self.ended_at = why, time.monotonic()
        cluster.end_worker(self.worker, self.future)

    def came_back(self, cluster: Cluster) -> Outcome:
        """Of one that is done."""
        if self.ended_because is not None and self.future.status != "finished":
            return self.ended_because
        return cluster.outcome(self.future, self.stage)


class Inbox:
    """The latest progress of each run that the cluster's threads have received since it was last emptied."""

    def __init__(self) -> None:
        self._progress: dict[str, Progress] = {}
        self._lock = threading.Lock()

    def put(self, progress: Progress) -> None:
        with self._lock:
            self._progress[progress.run] = progress

    def empty(self) -> list[Progress]:
        with self._lock:
            latest, self._progress = self._progress, {}
        return list(latest.values())


class Turnover:
    """Native libraries leak a little: after some studies a worker makes room for a new process."""

    def __init__(self, studies_per_worker: int) -> None:
        self._most = studies_per_worker
        self._studies_of: Counter[str] = Counter()

    def one_more(self, cluster: Cluster, worker: str) -> None:
        self._studies_of[worker] += 1
        if self._studies_of[worker] >= self._most and worker in cluster.workers():
            del self._studies_of[worker]
            cluster.replace_worker(worker)
