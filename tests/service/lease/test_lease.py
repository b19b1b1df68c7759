"""One owner of a ledger: proved ends are not waited for, a beating heart is respected, a still one is outlived."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from orthanc_server import PATIENCE_S, at_leisure, eventually
from sqlalchemy import Engine

from tilscope.service.lease import lease as leases
from tilscope.service.lease.heartbeat import Heartbeat
from tilscope.service.lease.lease import Lease, LedgerInUse
from tilscope.service.lease.owner import Owner
from tilscope.service.ledger import Ledger

ME = Owner.this_process()
#: Of whose end nothing can be proved here.
FAR = replace(ME, start_id="far", host="mri-2", pid=17, boot="another kernel")
TAKES_A_LEASE = """
import sys
from tilscope.service.lease.lease import Lease
from tilscope.service.lease.owner import Owner
from tilscope.service.ledger import Ledger
me = Owner.this_process()
Lease(Ledger(sys.argv[1]).engine, me).take()
print(me.start_id, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LAPSES_AFTER_S", 1.0)
    monkeypatch.setattr(leases, "_LOOK_EVERY_S", 0.02)


@pytest.fixture
def database(ledger: Ledger) -> Engine:
    return ledger.engine


@pytest.fixture
def killed(tmp_path: Path, ledger: Ledger) -> Iterator[str]:
    """A process of this machine that had the lease when it was killed: its start."""
    command = [sys.executable, "-c", TAKES_A_LEASE, f"sqlite:///{tmp_path / 'ledger.sqlite'}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        start_id = process.stdout.readline().strip()
        process.kill()
        process.wait(PATIENCE_S)
        yield start_id


def seconds(work: Callable[[], None]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def holder(database: Engine) -> str:
    held = Lease(database, ME).holder()
    return held.owner.start_id if held else ""


def test_a_free_ledger_is_taken_and_given_back(database: Engine) -> None:
    mine = Lease(database, ME)
    mine.take()
    assert (holder(database), mine.beat()) == (ME.start_id, True)
    mine.give_back()
    assert (holder(database), mine.beat()) == ("", False)


def test_a_beating_heart_is_refused_by_name(database: Engine) -> None:
    theirs = Lease(database, FAR)
    theirs.take()
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(0.1):
            theirs.beat()

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        with pytest.raises(
            LedgerInUse, match=r"Another TILscope service \(process 17 on mri-2\) works with this ledger"
        ):
            Lease(database, ME).take()
    finally:
        stop.set()
        beating.join()
    assert holder(database) == "far"


def test_a_heart_that_stands_still_is_outlived_and_its_owner_finds_out(database: Engine) -> None:
    theirs = Lease(database, FAR)
    theirs.take()
    assert seconds(Lease(database, ME).take) >= 1.0
    assert holder(database) == ME.start_id
    assert theirs.beat() is False, "it was only suspended"
    theirs.give_back()
    assert holder(database) == ME.start_id, "nobody gives back what is another's"


def test_a_process_that_was_killed_here_is_not_waited_for(
    database: Engine, killed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "LAPSES_AFTER_S", PATIENCE_S)
    assert holder(database) == killed
    assert seconds(Lease(database, ME).take) < at_leisure(1)
    assert holder(database) == ME.start_id


def test_whoever_holds_the_lock_of_its_predecessor_need_not_wait(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that is made anew: its processes have numbers of their own, its files are the same."""
    monkeypatch.setattr(leases, "LAPSES_AFTER_S", PATIENCE_S)
    Lease(database, replace(ME, start_id="before", process="another namespace 1")).take()
    Lease(database, ME).take(predecessor="before")
    assert holder(database) == ME.start_id


def test_who_stands_by_is_told_for_whom_and_takes_over(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LAPSES_AFTER_S", PATIENCE_S)
    theirs = Lease(database, FAR)
    theirs.take()
    told: list[Owner] = []
    standing_by = threading.Thread(target=Lease(database, ME).take, args=("", True, told.append))
    standing_by.start()
    eventually(lambda: (theirs.beat(), bool(told))[1], "it has seen the other's heart beat")
    assert (told, holder(database)) == ([FAR], "far")
    theirs.give_back()
    standing_by.join(PATIENCE_S)
    assert holder(database) == ME.start_id


def test_the_heart_tells_of_a_ledger_that_cannot_be_written_and_of_a_lease_that_is_lost(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tilscope.service.lease.heartbeat.BEAT_EVERY_S", 0.02)
    monkeypatch.setattr("tilscope.service.lease.heartbeat._WELL_AGAIN_AFTER_S", 0.2)
    mine, lost = Lease(database, ME), threading.Event()
    mine.take()
    heart = Heartbeat(mine, on_lost=lost.set)
    heart.start()
    with database.begin() as db:
        db.exec_driver_sql("ALTER TABLE lease RENAME TO gone")
    eventually(lambda: heart.last_write.problem == "OperationalError", "a beat has failed")
    with database.begin() as db:
        db.exec_driver_sql("ALTER TABLE gone RENAME TO lease")
    eventually(lambda: heart.last_write.problem == "" and heart.last_write.age_s < 1, "the next is written")
    with database.begin() as db:
        db.exec_driver_sql("UPDATE lease SET start_id = 'another'")
    assert lost.wait(PATIENCE_S)
    heart.stop()
    assert holder(database) == "another"
