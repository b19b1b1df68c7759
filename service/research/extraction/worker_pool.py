"""Worker processes that extract: the engine's cluster, for studies that stand in no ledger.

As in the service, a study that crashes, hangs or eats all memory costs one worker, which is replaced. It is not tried again
in the same run: the next one does.
"""

from __future__ import annotations

import secrets
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

import dask

from tilscope.service.research.extraction.checkpoints import Checkpoints
from tilscope.service.research.extraction.extract_study import StudyAt, extract_study
from tilscope.service.research.extraction.request import ExtractionRequest, WorkerPoolSettings
from tilscope.service.settings import ServiceSettings
from tilscope.service.workers.attempt import Outcome, attempt
from tilscope.service.workers.cluster import Cluster
from tilscope.service.workers.faults import Fault
from tilscope.service.workers.runs import WORKER_WITHIN_S, Inbox, Run, Turnover
from tilscope.service.workers.task import reporter_of

_TICK_S = 0.5
_STUDIES_PER_WORKER = 10


class WorkerPool:
    """Use as a context manager: the workers are gone afterwards, whatever happened."""

    def __init__(self, parts: Checkpoints, settings: WorkerPoolSettings) -> None:
        self._parts = parts
        self._pool = settings
        self._runs: dict[str, Run[StudyAt]] = {}
        self._turnover = Turnover(_STUDIES_PER_WORKER)
        self._inbox = Inbox()
        self._wake = threading.Event()
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        try:
            with _interrupts_wait():
                self._start()
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        with _interrupts_wait():
            self._undo.close()

    def _start(self) -> None:
        # Else workers could not start processes of their own; all of them die with this one in any case.
        self._undo.enter_context(dask.config.set({"distributed.worker.daemon": False}))
        settings = ServiceSettings.read(
            {
                "data_directory": str(
                    self._parts.folder
                ),  # where a killed run has left images, the next one removes them
                "token": secrets.token_hex(16),
                "workers": self._pool.workers,
                "worker_memory": self._pool.memory,
                "log_level": "ERROR",
            }
        )
        self._cluster = Cluster(settings, self._inbox.put, extract_study.__module__)
        self._undo.callback(self._cluster.close)

    def run(
        self, studies: Sequence[StudyAt], order: ExtractionRequest, doing: Callable[[str], None]
    ) -> Iterator[tuple[StudyAt, Outcome]]:
        """What came of each study, as they end. `doing` is told what goes on."""
        waiting = deque(studies)
        while waiting or self._runs:
            self._take_progress()
            for name, run in list(self._runs.items()):
                if run.future.done():
                    del self._runs[name]
                    yield run.of, run.outcome(self._cluster)
                    self._turnover.one_more(self._cluster, run.worker)
                else:
                    self._check_time(run)
            while waiting and len(self._runs) < self._pool.workers:
                self._begin(waiting.popleft(), order)
            doing(", ".join(f"{run.of.study_uid}: {run.stage}" for run in self._runs.values()))
            self._cluster.tidy()
            self._wake.wait(_TICK_S)
            self._wake.clear()

    def _begin(self, study: StudyAt, order: ExtractionRequest) -> None:
        # A name of its own for every attempt: Dask remembers what it has computed by name.
        name = f"{study.study_uid}-{secrets.token_hex(4)}"
        future = self._cluster.submit(name, _extract_in_worker, study, order, self._parts)
        self._runs[name] = Run(study, future)
        future.add_done_callback(lambda _: self._wake.set())

    def _take_progress(self) -> None:
        for progress in self._inbox.empty():
            if run := self._runs.get(progress.run):
                run.note(progress)

    def _check_time(self, run: Run[StudyAt]) -> None:
        if run.is_without_worker():
            raise RuntimeError(Fault.of("no-worker", limit=WORKER_WITHIN_S).reason)
        if run.ended_because is None and run.is_over(self._pool.timeout_s):
            limit = self._pool.timeout_s
            run.end(self._cluster, Fault.of("extraction-timed-out", limit=limit, stage=run.stage))


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C is answered at the end: workers that are half started, or half ended, would be nobody's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if pressed:
        raise KeyboardInterrupt


def _extract_in_worker(study: StudyAt, order: ExtractionRequest, parts: Checkpoints, run: str, topic: str) -> Outcome:
    return attempt(lambda report: extract_study(study, order, parts, report), reporter_of(run, topic))
