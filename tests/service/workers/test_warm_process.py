"""Workers that are copies of a process with everything imported: a service of its own, of which only this much runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from orthanc_server import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are copies on Linux only")

TESTS = Path(__file__).resolve().parents[2]
PROGRAM = """
import json, sys
from tilscope.service.workers.warm_process import begin_warm_process

if __name__ == "__main__":
    begin_warm_process()
    sys.path.append(sys.argv[2])
    from distributed import KilledWorker
    from engine_tasks import loaded_modules
    from tilscope.service.settings import ServiceSettings
    from tilscope.service.workers.cluster import Cluster
    settings = {"data_directory": sys.argv[1], "token": "t" * 16, "workers": 2}
    cluster = Cluster(ServiceSettings.read(settings), lambda progress: None, "json")
    for study in sys.stdin:
        for attempt in range(10):  # it may be handed to a worker whose death nobody has noticed yet
            try:
                said = cluster.submit(f"{study.strip()}-{attempt}", 1, loaded_modules).result(timeout=60)
            except KilledWorker:
                continue
            print(json.dumps(said), flush=True)
            break
"""


class Service:
    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), str(TESTS)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._studies = 0

    def answer(self) -> dict[str, object]:
        """Of a worker that holds no study."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._studies += 1
        self.process.stdin.write(f"{self._studies}\n")
        self.process.stdin.flush()
        said: dict[str, object] = json.loads(self.process.stdout.readline())
        return said

    def everything(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    service.process.kill()
    service.process.wait()


def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def test_a_worker_has_imported_the_pipeline_when_it_begins(service: Service) -> None:
    said = service.answer()
    assert said["has_pipeline"] is True
    parent = psutil.Process(int(str(said["pid"]))).parent()
    assert parent is not None
    assert parent.ppid() == service.process.pid
    assert parent.num_threads() == 1  # of more, a copy would have the locks and not the threads that open them


def test_a_worker_that_is_killed_is_replaced_by_another_copy(service: Service) -> None:
    first = service.answer()
    for worker in psutil.Process(int(str(first["pid"]))).parent().children():
        worker.kill()
    second = service.answer()
    assert second["pid"] != first["pid"]
    assert second["has_pipeline"] is True


def test_with_the_service_all_of_them_die(service: Service) -> None:
    service.answer()
    processes = service.everything()
    assert len(processes) >= 3
    service.process.kill()
    eventually(lambda: gone(processes), "nobody is left")


def test_without_the_warm_process_workers_die_and_come_back(service: Service) -> None:
    first = service.answer()
    warm = psutil.Process(int(str(first["pid"]))).parent()
    workers = warm.children()
    warm.kill()
    eventually(lambda: gone(workers), "its copies die with it")
    assert service.answer()["pid"] != first["pid"]
