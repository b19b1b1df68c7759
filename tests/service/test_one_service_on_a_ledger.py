"""Two services on one ledger, and the end of a service whose Orthanc ends while it starts: real processes beside a real Orthanc."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from orthanc_server import PATIENCE_S, OrthancServer, at_leisure, eventually
from service_process import ServiceProcess

Start = Callable[..., ServiceProcess]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    with OrthancServer(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture
def service(orthanc: OrthancServer, tmp_path: Path) -> Iterator[Start]:
    """Services with data directories of their own, and one ledger."""
    made: list[ServiceProcess] = []

    def one(name: str, **settings: object) -> ServiceProcess:
        folder = tmp_path / name
        folder.mkdir()
        made.append(ServiceProcess(orthanc, folder, database_url=f"sqlite:///{tmp_path / 'ledger.sqlite'}", **settings))
        return made[-1]

    yield one
    for process in made:
        process.__exit__()


def sentences(service: ServiceProcess) -> list[str]:
    """What the service has logged; a word of Python's own as it ends is no JSON."""
    return [json.loads(line)["message"] for line in service.log().splitlines() if line.startswith("{")]


def test_a_second_service_on_a_ledger_refuses_and_one_that_stands_by_takes_over(service: Start) -> None:
    first, second, standby = service("first"), service("second"), service("standby", second_service="stands-by")
    first.start()
    assert second.launch().wait(PATIENCE_S) == 1
    assert any(f"Another TILscope service (process {first.pid} on " in sentence for sentence in sentences(second))
    waiting = standby.launch()
    eventually(lambda: any("standing by: process" in sentence for sentence in sentences(standby)))
    assert waiting.poll() is None
    first.kill()
    killed_at = time.monotonic()
    assert waiting.stdout is not None
    assert waiting.stdout.readline(), "it has started"
    assert time.monotonic() - killed_at < at_leisure(4), "a lease whose owner is dead is not waited for"
    assert standby.leave() == 0
    second.start()  # a clean stop has freed the ledger


def test_a_service_that_was_killed_starts_again_at_once(service: Start) -> None:
    only = service("only")
    only.start()
    only.kill()
    only.start()
    times = [json.loads(line) for line in only.log().splitlines()]
    assert [line["message"] for line in times].count("service started") == 2


def test_a_service_whose_lease_was_taken_while_it_was_suspended_writes_nothing_more(
    service: Start, tmp_path: Path
) -> None:
    suspended = service("suspended")
    suspended.start()
    with sqlite3.connect(tmp_path / "ledger.sqlite") as db:
        db.execute("UPDATE lease SET start_id = 'another'")
    assert suspended.process is not None
    assert suspended.process.wait(PATIENCE_S) == 1
    assert "another service has taken the ledger: this one ends" in sentences(suspended)
    assert "service stopped" not in sentences(suspended), "an orderly end would have settled what is another's now"


@pytest.mark.parametrize("moment", ["Python begins", "it has begun the process that workers are copies of"])
def test_a_service_whose_parent_ends_while_it_starts_ends_within_two_seconds(service: Start, moment: str) -> None:
    orphan = service("orphan")
    process = orphan.launch()
    itself = psutil.Process(process.pid)
    if moment != "Python begins":
        eventually(itself.children)
    family = [itself, *itself.children(recursive=True)]
    assert process.stdin is not None
    process.stdin.close()
    gone_at = time.monotonic()
    process.wait(PATIENCE_S)
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_S)
    assert not alive
    assert time.monotonic() - gone_at < at_leisure(2)
    assert "service started" not in orphan.log(), "for seconds, to stop again"
