"""Who is scored next: nobody starves, whatever else comes. And clocks that are set while studies wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kept_results import Clock

from tilscope.service import steady_clock
from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.ledger import Arrival, Claim, Cursor, Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.states import State
from tilscope.service.ledger.waits import bound_waits

HOUR = 3600.0
BACK_OFF = ExponentialBackOff(first_s=30, longest_s=1800)


def make_ready(ledger: Ledger, study: str) -> None:
    """As the watcher does once a study has fallen quiet."""
    ledger.receiving.arrived([Arrival(study, f"orthanc-{study}", 10)], Cursor(1))
    (candidate,) = [c for c in ledger.receiving.to_examine(0, 60) if c.study_uid == study]
    assert ledger.receiving.settle(candidate, f"input of {study}") is State.READY


def take(ledger: Ledger) -> Claim:
    claim = ledger.attempts.claim()
    assert claim is not None
    return claim


class Flood:
    """A worker that is free every ten seconds, and always fresh studies for it: as many as it can score, or more."""

    def __init__(self, ledger: Ledger, clock: Clock, backlog: int, each_time: int = 2) -> None:
        self.ledger, self.clock, self.each_time = ledger, clock, each_time
        self.fresh = (f"9.{n}" for n in range(1, 10_000))
        for _ in range(backlog):
            make_ready(ledger, next(self.fresh))

    def next(self) -> Claim:
        for _ in range(self.each_time):
            make_ready(self.ledger, next(self.fresh))
        self.clock.pass_by(10)
        return take(self.ledger)

    def until_taken(self, study: str, most: int) -> Claim:
        """Scores whatever comes before it: `most` studies at most."""
        for _ in range(most + 1):
            claim = self.next()
            if claim.study_uid == study:
                return claim
            self.ledger.attempts.refused(claim, "no-lesion", "No lesion.")
        raise AssertionError(f"{study} starves: {most} others have gone before it")


@pytest.mark.parametrize("how", ["an orderly stop", "a kill"])
def test_an_interrupted_study_keeps_its_place(ledger: Ledger, clock: Clock, how: str) -> None:
    make_ready(ledger, "1.1")
    flood = Flood(ledger, clock, backlog=5)
    claim = take(ledger)
    if how == "a kill":
        ledger.attempts.recover(attempts=3)
    else:
        ledger.attempts.interrupted(claim, "the service stops")
    assert flood.until_taken("1.1", most=0).attempt == (2 if how == "a kill" else 1)


def test_a_retry_stands_where_its_back_off_ended(ledger: Ledger, clock: Clock) -> None:
    make_ready(ledger, "1.1")
    flood = Flood(ledger, clock, backlog=5)
    assert ledger.attempts.faulted(take(ledger), "worker-died", "It died.", retry_in_s=30) is State.WAITING
    # Five stood before it, six came while it waited.
    assert flood.until_taken("1.1", most=11).attempt == 2


def test_each_retry_of_a_study_that_fails_again_and_again_gets_its_turn(ledger: Ledger, clock: Clock) -> None:
    make_ready(ledger, "1.1")
    claim = take(ledger)
    flood = Flood(ledger, clock, backlog=3, each_time=1)
    for attempt in range(2, 5):
        ledger.attempts.faulted(claim, "worker-died", "It died.", retry_in_s=BACK_OFF.after(claim.attempt))
        claim = flood.until_taken("1.1", most=20)
        assert claim.attempt == attempt


def test_what_was_asked_for_in_bulk_stands_behind_all_and_is_taken_when_they_are_done(
    ledger: Ledger, clock: Clock
) -> None:
    ledger.requests.recalculate([("1.1", "o1")], "dr-who", "a new reference")
    clock.pass_by(3)
    (candidate,) = ledger.receiving.to_examine(3, 60)
    ledger.receiving.settle(candidate, "new input")
    clock.pass_by(HOUR)
    for study in ("9.1", "9.2"):
        make_ready(ledger, study)
    assert [take(ledger).study_uid for _ in range(3)] == ["9.1", "9.2", "1.1"]


# ------------------------------------------------------------------------------------------------------------ clocks


class TwoClocks:
    """The system's clock, which people set, and the steady one."""

    def __init__(self, folder: Path, wall: Clock, steady: Clock) -> None:
        self.wall, self.steady = wall, steady
        self.ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite'}", wall, steady=steady)

    def pass_by(self, seconds: float) -> None:
        self.wall.pass_by(seconds)
        self.steady.pass_by(seconds)


@pytest.fixture
def clocks(tmp_path: Path) -> Iterator[TwoClocks]:
    clocks = TwoClocks(tmp_path, Clock(), Clock())
    yield clocks
    clocks.ledger.close()


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_is_set_neither_holds_nor_releases_a_study_that_gathers(clocks: TwoClocks, jump: float) -> None:
    ledger = clocks.ledger
    ledger.receiving.arrived([Arrival("1.1", "o1", 10)], Cursor(1))
    clocks.wall.pass_by(jump)
    assert ledger.receiving.to_examine(3, 60) == [], "not released"
    clocks.pass_by(3)
    (candidate,) = ledger.receiving.to_examine(3, 60)
    assert not candidate.take_as_it_is, "it may still be completed"
    clocks.wall.pass_by(-jump)
    clocks.pass_by(57)
    (candidate,) = ledger.receiving.to_examine(3, 60)
    assert candidate.take_as_it_is, "not held"


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_is_set_neither_holds_nor_releases_a_retry(clocks: TwoClocks, jump: float) -> None:
    ledger = clocks.ledger
    make_ready(ledger, "1.1")
    ledger.attempts.faulted(take(ledger), "worker-died", "It died.", retry_in_s=30)
    clocks.wall.pass_by(jump)
    assert ledger.attempts.claim() is None, "not released"
    clocks.pass_by(30)
    assert take(ledger).study_uid == "1.1", "not held"


def test_after_a_start_with_the_clock_set_back_nothing_waits_for_the_lost_hour(tmp_path: Path) -> None:
    before = Clock(1_000_000.0 + HOUR)
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", before)
    for study in ("1.1", "1.2"):
        make_ready(ledger, study)
    ledger.attempts.faulted(take(ledger), "worker-died", "It died.", retry_in_s=30)
    ledger.receiving.arrived([Arrival("1.3", "o3", 10)], Cursor(1))
    ledger.close()

    now = Clock()
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", now)
    bound_waits(ledger.engine, now(), BACK_OFF)
    now.pass_by(3)
    make_ready(ledger, "1.4")
    assert [c.study_uid for c in ledger.receiving.to_examine(3, 60)] == ["1.3"]
    assert take(ledger).study_uid == "1.2", "what waits since then goes before what comes now"
    now.pass_by(27)
    assert [take(ledger).study_uid for _ in range(2)] == ["1.4", "1.1"]
    ledger.close()


def test_a_ready_study_of_an_older_ledger_waits_since_the_start(tmp_path: Path, ledger: Ledger, clock: Clock) -> None:
    make_ready(ledger, "1.1")
    with ledger.engine.begin() as db:
        db.exec_driver_sql("UPDATE work SET waiting_since = 0")
    bound_waits(ledger.engine, clock(), BACK_OFF)
    clock.pass_by(7)
    assert Reader(ledger.reading).oldest_waiting_s(clock()) == 7


def test_the_steady_clock_does_not_see_the_systems_clock_being_set(monkeypatch: pytest.MonkeyPatch) -> None:
    before, truth = steady_clock.steady_time(), time.time()
    assert abs(before - truth) < 60, "anchored where this process began"
    monkeypatch.setattr(time, "time", lambda: truth + HOUR)
    assert 0 <= steady_clock.steady_time() - before < 60
