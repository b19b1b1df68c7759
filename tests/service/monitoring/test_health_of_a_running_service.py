"""Health of a real service beside a real Orthanc: a disk that takes no more bytes, and workers that make room for the next."""

from __future__ import annotations

import resource
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import engine_tasks as tasks
import httpx
import pytest
from orthanc_server import OrthancServer, eventually
from service_process import ServiceProcess

from tilscope.service.lease.heartbeat import LastWrite
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.states import State
from tilscope.service.monitoring.health import Health, Parts, check_health
from tilscope.service.monitoring.readings import Readings
from tilscope.service.monitoring.status import WatcherStatus
from tilscope.service.settings import ServiceSettings
from tilscope.service.workers.engine import Engine


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    with OrthancServer(tmp_path) as orthanc, ServiceProcess(orthanc, tmp_path) as process:
        yield process


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes bytes from a running process")
def test_a_disk_that_takes_no_more_is_seen_within_seconds(service: ServiceProcess) -> None:
    def health() -> httpx.Response:
        return service.http.get("/health")

    eventually(lambda: health().status_code == 200, "all is well")
    _, most = resource.prlimit(service.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (1, most))  # every write fails, as on a full disk
    eventually(lambda: health().status_code == 503, "health says so")
    told: dict[str, Any] = health().json()
    assert (told["status"], told["ledger_ok"]) == ("impaired", False)
    assert "The ledger cannot be written (OperationalError): is its disk full?" in told["sentences"]
    assert "tilscope_ledger_ok 0.0" in service.http.get("/metrics").text


def test_planned_renewals_are_well(tmp_path: Path) -> None:
    """A worker for each study: between two of them there is none, and health has nothing to say about it."""
    values = {"data_directory": str(tmp_path), "token": "t" * 16, "studies_per_worker": 1, "worker_memory": "1GiB"}
    settings = ServiceSettings.read(values)
    ledger = Ledger(settings.ledger_url)
    reader = Reader(ledger.reading)
    engine = Engine(ledger, settings, tasks.behave)
    well = WatcherStatus(reachable=True, problem="")
    told: set[tuple[str, ...]] = set()
    workers: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            runs = engine.status
            parts = Parts(well, True, runs, engine.workers_wanted, LastWrite(sys.maxsize), Readings())
            report = check_health(parts, settings)
            if report.status is not Health.STARTING:
                told.add(report.sentences)
                workers.add(report.workers)

    engine.start()
    eventually(lambda: engine.status.workers == 1, "the worker is there")
    watching = threading.Thread(target=watch)
    watching.start()
    for _ in range(3):
        ledger.requests.rescore(tasks.GOOD, "o", "a person")
        (candidate,) = ledger.receiving.to_examine(0, 0)
        assert ledger.receiving.settle(candidate, f"hash-of-{tasks.GOOD}") is State.READY
        engine.wake()
        eventually(lambda: reader.inputs(tasks.GOOD)[0].state is State.SCORED, "it is scored")
        eventually(lambda: engine.status.workers == 1, "the next worker is there")
    done.set()
    watching.join()
    engine.stop()
    ledger.close()
    assert workers == {0, 1}, "it was seen to be away"
    assert told == {("All is well.",)}
