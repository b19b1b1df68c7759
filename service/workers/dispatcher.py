"""Hands studies to the workers of a cluster, follows them, ends those that take too long, and reports the outcome of each.

The service's engine and an extraction both use it; where studies come from and where outcomes go is theirs.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from tilscope.service.faults.fault import Fault
from tilscope.service.settings import ServiceSettings
from tilscope.service.workers.attempt import Outcome
from tilscope.service.workers.cluster import Cluster
from tilscope.service.workers.runs import WORKER_WITHIN_S, Inbox, Run, Turnover
from tilscope.service.workers.threads import threads_for

log = logging.getLogger(__name__)
_TICK_S = 0.5
#: A worker whose end is not noticed after this is taken for gone.
_END_WITHIN_S = 30.0


class OfAStudy(Protocol):
    """What can be handed out."""

    @property
    def study_uid(self) -> str: ...


T = TypeVar("T", bound=OfAStudy)


class Dispatcher(Generic[T]):
    """For one thread; others may wake it, and read what is running."""

    def __init__(self, settings: ServiceSettings, warm_up: str, timed_out: str = "timed-out") -> None:
        """`warm_up` is the module that workers import beforehand; `timed_out` the fault of a study that takes too long."""
        self._settings = settings
        self._warm_up = warm_up
        self._timed_out = timed_out
        self._runs: dict[str, Run[T]] = {}
        self._turnover = Turnover(settings.studies_per_worker)
        self._inbox = Inbox()
        self._wake = threading.Event()
        self._cluster: Cluster | None = None

    # ------------------------------------------------------------------------------------------------------ the workers

    def start(self) -> None:
        """Start the workers (seconds). What ran on workers before is still followed."""
        self._cluster = Cluster(self._settings, self._inbox.put, self._warm_up)

    @property
    def started(self) -> bool:
        return self._cluster is not None

    @property
    def cluster(self) -> Cluster:
        assert self._cluster is not None
        return self._cluster

    @property
    def free(self) -> int:
        """How many studies more can be handed out: a worker holds one."""
        workers = len(self.cluster.workers()) if self._settings.scheduler_address else self._settings.workers
        return workers - len(self._runs)

    def close(self) -> None:
        """End the workers, whatever they do."""
        old, self._cluster = self._cluster, None
        if old is not None:
            old.close()

    # --------------------------------------------------------------------------------------------------------- waiting

    def wake(self) -> None:
        self._wake.set()

    def wait(self) -> None:
        """Until something has ended, somebody wakes us, or it is time to check anyway."""
        self._wake.wait(_TICK_S)
        self._wake.clear()

    # -------------------------------------------------------------------------------------------------------- the runs

    @property
    def running(self) -> tuple[Run[T], ...]:
        return tuple(self._runs.values())

    def hand_out(self, of: T, waiting: int, function: Callable[..., Outcome], *arguments: Any) -> None:
        """Have `function(*arguments, run, topic)` run on a worker; `waiting` studies will be handed out after this one."""
        # A name of its own for every attempt: Dask remembers what it has computed by name.
        name = f"{of.study_uid}-{uuid.uuid4().hex[:8]}"
        threads = threads_for(len(self._runs), 1 + waiting, self._settings.workers)
        run = self._runs[name] = Run(of, name, self.cluster.submit(name, threads, function, *arguments))
        run.future.add_done_callback(lambda _: self._wake.set())

    def take_progress(self) -> list[Run[T]]:
        """Note the progress that workers have reported; returns the runs that are further than they were."""
        received = [(self._runs.get(progress.run), progress) for progress in self._inbox.empty()]
        return [run for run, progress in received if run is not None and run.note(progress)]

    def ended(self) -> Iterator[tuple[Run[T], Outcome]]:
        """The runs with an outcome. They are returned again until they are forgotten."""
        for run in self.running:
            if run.outcome is None:
                run.outcome = self._outcome_of(run)
            if run.outcome is not None:
                yield run, run.outcome

    def forget(self, run: Run[T]) -> None:
        del self._runs[run.name]
        if run.future.done():
            self._turnover.one_more(self.cluster, run.worker)

    def _outcome_of(self, run: Run[T]) -> Outcome | None:
        limit = self._settings.timeout_seconds
        if run.future.done():
            return run.came_back(self.cluster)
        if run.ended_because is not None:
            return run.ended_because if time.monotonic() - run.ended_at > _END_WITHIN_S else None
        if run.is_over(limit):
            log.info("timed out", extra={"study_uid": run.of.study_uid, "stage": run.stage})
            run.end(self.cluster, Fault.of(self._timed_out, limit=limit, stage=run.stage))
        elif run.is_without_worker():
            run.future.cancel()
            return Fault.of("no-worker", limit=WORKER_WITHIN_S)
        return None
