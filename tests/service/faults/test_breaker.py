"""The circuit breaker and whose fault it was: by a clock that the test moves, without waiting."""

from __future__ import annotations

from kept_results import Clock

from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.faults.blame import Blame
from tilscope.service.faults.breaker import Breaker
from tilscope.service.faults.fault import Fault

READING = Fault.not_of_the_study("archive-faulty", storing=False, stage="fetching images", status=500)
STORING = Fault.not_of_the_study("archive-faulty", storing=True, stage="storing the results", status=500)
OWN = Fault.of("worker-died", stage="segmenting")


def breaker(clock: Clock) -> Breaker:
    return Breaker(ExponentialBackOff(first_s=1.0, longest_s=8.0), clock, now=lambda: 1_000_000.0)


def probed_after(breaker: Breaker, clock: Clock, well: bool) -> float:
    """How long it waited before it wanted to ask."""
    begin = clock.t
    while (fault := breaker.take_probe()) is None:
        clock.pass_by(0.5)
    assert fault is not None
    assert breaker.take_probe() is None, "one asks at a time"
    breaker.probed(well)
    return clock.t - begin


def test_nothing_is_begun_until_the_archive_is_well_and_then_one_at_a_time(clock: Clock) -> None:
    b = breaker(clock)
    assert b.lets_begin(running=3)
    b.met(STORING)
    assert not b.lets_begin(running=0)
    assert b.outage is not None
    assert (b.outage.fault.outage, b.outage.since) == ("Orthanc answers HTTP 500 on storing", 1_000_000.0)
    assert probed_after(b, clock, well=True) == 1.0
    assert (b.lets_begin(running=0), b.lets_begin(running=1)) == (True, False)
    b.passed(stored=True)
    assert b.lets_begin(running=1)
    assert b.outage is None


def test_pauses_double_until_a_study_has_got_through(clock: Clock) -> None:
    b = breaker(clock)
    b.met(READING)
    assert [probed_after(b, clock, well=False) for _ in range(5)] == [1.0, 2.0, 4.0, 8.0, 8.0]
    probed_after(b, clock, well=True)
    b.met(READING)
    assert probed_after(b, clock, well=True) == 8.0, "the probe was well, the study was not"
    b.passed(stored=True)
    b.met(READING)
    assert probed_after(b, clock, well=True) == 1.0


def test_those_that_were_under_way_when_it_opened_lengthen_no_pause(clock: Clock) -> None:
    b = breaker(clock)
    for _ in range(4):
        b.met(STORING)
    assert probed_after(b, clock, well=True) == 1.0


def test_a_refusal_does_not_show_that_storing_is_well_again(clock: Clock) -> None:
    b = breaker(clock)
    b.met(STORING)
    b.passed(stored=False)
    assert not b.lets_begin(running=0)
    b.met(READING)
    b.passed(stored=False)
    assert b.lets_begin(running=0)


def test_a_fault_of_the_archive_is_the_studys_only_if_another_got_through_since(clock: Clock) -> None:
    blame = Blame(clock)
    assert blame.is_of_the_study("1.1", OWN)
    assert not blame.is_of_the_study("1.1", READING)
    begun = clock.t
    clock.pass_by(10)
    assert not blame.is_of_the_study("1.1", READING), "nobody has got through"
    clock.pass_by(10)
    blame.got_through(begun_at=begun, stored=True)
    assert not blame.is_of_the_study("1.1", READING), "the other was begun before this one met the fault"
    clock.pass_by(10)
    blame.got_through(begun_at=clock.t, stored=True)
    assert blame.suspects == ("1.1",)
    clock.pass_by(10)
    assert blame.is_of_the_study("1.1", READING)
    blame.forget("1.1")
    assert blame.suspects == ()


def test_a_refusal_of_another_study_says_nothing_about_storing(clock: Clock) -> None:
    blame = Blame(clock)
    assert not blame.is_of_the_study("1.1", STORING)
    clock.pass_by(10)
    blame.got_through(begun_at=clock.t, stored=False)
    assert not blame.is_of_the_study("1.1", STORING)
