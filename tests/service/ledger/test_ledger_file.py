"""The ledger as a file: of other versions, opened again, by many threads."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from kept_results import Clock
from ledger_steps import QUIET, STABLE, STUDY, arrive, current

from tilscope.service.ledger import Arrival, Cursor, Ledger
from tilscope.service.ledger.database import LedgerTooNew
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.states import State


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(LedgerTooNew, match="schema 99"):
        Ledger(f"sqlite:///{path}")


def test_a_ledger_of_the_first_version_is_brought_up_and_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    first = Ledger(f"sqlite:///{path}")
    arrive(first)
    first.close()
    with sqlite3.connect(path) as db:  # the first version had no statements
        db.execute("DROP TABLE statements")
        db.execute("UPDATE schema_version SET version = 1")
    again = Ledger(f"sqlite:///{path}")
    again.requests.rescore(STUDY, "orthanc-1.2.3", "dr-who", "", {"seed_mm": [1.0, 2.0, 3.0], "box_mm": None})
    assert again.annotations.steering_of(STUDY) is not None
    assert again.receiving.any()


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    first = Ledger(url)
    arrive(first, seq=7)
    first.close()
    second = Ledger(url)
    assert second.receiving.place() == Cursor(7)
    assert current(Reader(second.reading)).state is State.RECEIVING
    second.close()


def test_many_threads_claim_each_study_exactly_once(tmp_path: Path) -> None:
    clock = Clock()
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", clock)
    studies = [f"1.{n}" for n in range(40)]
    ledger.receiving.arrived([Arrival(s, s, 1) for s in studies], Cursor(1))
    clock.pass_by(QUIET)
    for found in ledger.receiving.to_examine(QUIET, STABLE):
        ledger.receiving.settle(found, "h")
    taken: list[str] = []

    def work() -> None:
        while claim := ledger.attempts.claim():
            taken.append(claim.study_uid)
            ledger.attempts.progress(claim.work_id, "segmenting", 0.5)
            ledger.receiving.arrived([Arrival("1.999", "x", 1)], Cursor(2))
            ledger.attempts.succeeded(claim, "h", {})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(studies)
    counts = Reader(ledger.reading).counts()
    assert counts[State.SCORED] == 40
    assert [s.instances for s in Reader(ledger.reading).current(states=[State.RECEIVING])[0]] == [40]
    ledger.close()
