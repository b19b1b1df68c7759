"""The worker processes: a Dask cluster of this machine, or a scheduler elsewhere.

One worker holds one study. A local worker is ended by the kernel, never by asking: a study that hangs does not respond.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster

from tilscope.service.faults.fault import Fault
from tilscope.service.settings import ServiceSettings
from tilscope.service.workers.attempt import Declined, Outcome, ScoredOutcome
from tilscope.service.workers.task import Progress
from tilscope.service.workers.threads import environment_of_workers, on_threads
from tilscope.service.workers.tls import make_security
from tilscope.service.workers.worker_setup import WorkerSetup, remove_files_of_the_dead

log = logging.getLogger(__name__)
_RESOURCE = "study"
_TOPIC = "tilscope-progress"
_MEMORY_TOPIC = "worker-restart-memory"  # the log message of Dask's nanny when it ends a worker for its memory

_CONFIGURATION: dict[str, Any] = {
    "distributed.scheduler.allowed-failures": 0,  # retries are ours: with back-off, counted, on record
    "distributed.scheduler.worker-ttl": None,  # native code may keep a worker from its heartbeat; the timeout decides
    "distributed.scheduler.work-stealing": False,
    "distributed.worker.memory.target": False,  # no spilling and no pausing: a worker holds one study
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.worker.memory.monitor-interval": "200ms",
    # Dask closes a nanny whose worker is away 15 s after *any* earlier death of a worker of that name. Ours stay.
    "distributed.deploy.lost-worker-timeout": "1000 days",
    "distributed.comm.timeouts.connect": "30s",
    "distributed.admin.low-level-log-length": 1000,
    # An idle worker and its scheduler wake a hundred times a second to look at themselves: a tenth of what Orthanc itself
    # needs to take images in. Nobody reads what they see, but for the memory.
    "distributed.admin.tick.interval": "10s",
    "distributed.admin.tick.limit": "1h",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.http.routes": [],  # Dask's pages are not for a machine with patients' data
    "distributed.worker.http.routes": [],
}


class Cluster:
    """Starts on construction (seconds). `report` receives progress, on a thread of Dask's.

    `warm_up` is the module that workers import beforehand, while they have nothing to do.
    """

    def __init__(self, settings: ServiceSettings, report: Callable[[Progress], None], warm_up: str) -> None:
        self._settings = settings
        self._report = report
        self._ended_for_memory: set[str] = set()
        self._lock = threading.Lock()
        self._scratch = (settings.folder / "workers").absolute()
        self._local: LocalCluster | None = None
        dask.config.set(_CONFIGURATION)
        if settings.scheduler_address:
            self.client = Client(settings.scheduler_address, name="tilscope", set_as_default=False)
        else:
            self._local = self._start_here()
            self.client = Client(self._local, set_as_default=False)
        parent = os.getpid() if self._local else 0
        scratch = str(self._scratch) if self._local else ""
        self.client.register_plugin(WorkerSetup(settings.log_level, parent, warm_up, scratch))
        self.client.subscribe_topic(_TOPIC, self._on_progress)
        self.client.subscribe_topic(_MEMORY_TOPIC, self._on_memory)

    def _start_here(self) -> LocalCluster:
        shutil.rmtree(self._scratch, ignore_errors=True)  # of a service that was killed
        self._scratch.mkdir(parents=True, mode=0o700)
        security = make_security(self._settings.folder / "worker-tls")
        environment = environment_of_workers(self._settings.workers)
        with dask.config.set(
            {
                "distributed.nanny.pre-spawn-environ": environment,
                "distributed.nanny.environ": environment,  # a copy of the warm process has that one's
                "temporary-directory": str(self._scratch),
            }
        ):
            return LocalCluster(
                n_workers=self._settings.workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                protocol="tls://" if security else "tcp://",
                security=security,
                dashboard_address="127.0.0.1:0",
                memory_limit=self._settings.worker_memory_bytes,
                resources={_RESOURCE: 1},
                local_directory=str(self._scratch),
                silence_logs=logging.ERROR,
            )

    # ----------------------------------------------------------------------------------------------------------- running

    def submit(self, run: str, threads: int, function: Callable[..., Any], *arguments: Any) -> Future:
        """Run `function(*arguments, run, topic)` on a worker that holds no study, on so many threads of this machine."""
        # Of machines elsewhere their site decides.
        here = threads if self.is_local else None
        call = (here, function, *arguments, run, _TOPIC)
        return self.client.submit(on_threads, *call, key=run, pure=False, retries=0, resources={_RESOURCE: 1})

    def outcome(self, future: Future, stage: str) -> Outcome:
        """The outcome of work that is done. Asked once: how a worker ended is reported only the first time."""
        if future.status == "finished":
            outcome: Any = future.result()
            if isinstance(outcome, ScoredOutcome | Declined | Fault):
                return outcome
            return Fault.of("not-returned", kind=type(outcome).__name__)
        problem = future.exception() if future.status == "error" else None
        if isinstance(problem, KilledWorker):
            if self._was_ended_for_memory(problem.last_worker.address):
                return Fault.of("out-of-memory", limit=self._settings.worker_memory, stage=stage)
            return Fault.of("worker-died", stage=stage)
        return Fault.of("not-returned", kind=type(problem).__name__ if problem else future.status)

    def end_worker(self, address: str, future: Future) -> None:
        """End the worker in the middle of what it does; another takes its place."""
        if self._local is not None:
            for nanny in self._local.workers.values():
                if nanny.worker_address == address and nanny.pid:
                    with suppress(ProcessLookupError):
                        os.kill(nanny.pid, signal.SIGKILL)
            return
        future.cancel(force=True)
        self.client.restart_workers([address], timeout=30, raise_for_error=False)

    def replace_worker(self, address: str) -> None:
        """A fresh process in the place of an idle one. Of a scheduler elsewhere that is its site's business."""
        if self._local is not None:
            self.client.restart_workers([address], timeout=60, raise_for_error=False)

    def tidy(self) -> None:
        """Remove what workers that were killed have left: images of patients."""
        if self._local is not None:
            remove_files_of_the_dead(self._scratch)

    def _was_ended_for_memory(self, address: str) -> bool:
        with self._lock:
            if address in self._ended_for_memory:
                self._ended_for_memory.discard(address)
                return True
            return False

    def workers(self) -> list[str]:
        """The addresses of the workers that are there."""
        return list(self.client.scheduler_info(n_workers=-1)["workers"])

    @property
    def is_local(self) -> bool:
        return self._local is not None

    def close(self) -> None:
        """Nothing that runs is waited for: it is interrupted, and begun again in the next life."""
        with suppress(Exception):
            self.client.close(timeout=1)
        if self._local is None:
            return
        for nanny in self._local.workers.values():
            nanny.close_gracefully()  # so that it puts no other in the place of the one that ends here
            if nanny.pid:
                with suppress(ProcessLookupError):
                    os.kill(nanny.pid, signal.SIGKILL)
        with suppress(Exception):
            self._local.close(timeout=5)
        shutil.rmtree(self._scratch, ignore_errors=True)

    # ------------------------------------------------------------------------------------------------------------ events

    def _on_progress(self, event: tuple[float, dict[str, Any]]) -> None:
        self._report(Progress(**event[1]))

    def _on_memory(self, event: tuple[float, dict[str, Any]]) -> None:
        with self._lock:
            self._ended_for_memory.add(str(event[1]["worker"]))
