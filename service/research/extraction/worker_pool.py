"""Worker processes for a cohort: the engine's cluster, for studies that are in no ledger.

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
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import dask

from tilscope.service.faults.fault import Fault
from tilscope.service.research.extraction.extract_study import StudyAt
from tilscope.service.research.extraction.worker_pool_settings import WorkerPoolSettings
from tilscope.service.scoring.stages import Report
from tilscope.service.settings import ServiceSettings
from tilscope.service.workers.attempt import EngineResult, Outcome, attempt
from tilscope.service.workers.dispatcher import Dispatcher
from tilscope.service.workers.task import reporter_of


class StudyWork(Protocol):
    """What is done with each study; travels to the workers, so that it holds plain values only."""

    @property
    def timed_out(self) -> str:
        """The fault of a study that takes too long."""

    def __call__(self, study: StudyAt, report: Report) -> EngineResult: ...


class WorkerPool:
    """Use as a context manager: the workers are gone afterwards, whatever happened."""

    def __init__(self, folder: Path, settings: WorkerPoolSettings, work: StudyWork) -> None:
        """The workers keep their files in `folder`."""
        self._folder = folder
        self._pool = settings
        self._work = work
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
                # Where a killed run has left images, the next one removes them.
                "data_directory": str(self._folder),
                "token": secrets.token_hex(16),
                **asdict(self._pool),
                "log_level": "ERROR",
            }
        )
        self._dispatcher: Dispatcher[StudyAt] = Dispatcher(settings, type(self._work).__module__, self._work.timed_out)
        self._dispatcher.start()
        self._undo.callback(self._dispatcher.close)

    def run(self, studies: Sequence[StudyAt], doing: Callable[[str], None]) -> Iterator[tuple[StudyAt, Outcome]]:
        """The outcome of each study, as they end. `doing` takes what goes on."""
        at_work, waiting = self._dispatcher, deque(studies)
        while waiting or at_work.running:
            at_work.take_progress()
            for run, outcome in at_work.ended():
                if isinstance(outcome, Fault) and outcome.code == "no-worker":
                    raise RuntimeError(outcome.reason)
                yield run.of, outcome
                at_work.forget(run)
            while waiting and at_work.free > 0:
                study = waiting.popleft()
                at_work.hand_out(study, len(waiting), _in_worker, study, self._work)
            doing(", ".join(f"{run.of.study_uid}: {run.stage}" for run in at_work.running))
            at_work.cluster.tidy()
            at_work.wait()


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C takes effect at the end: workers that are half started, or half ended, would be nobody's."""
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


def _in_worker(study: StudyAt, work: StudyWork, run: str, topic: str) -> Outcome:
    return attempt(lambda report: work(study, report), reporter_of(run, topic))
