"""Past studies in the ledger: asked for behind all that arrives, followed until the last has ended, and gone on with."""

from __future__ import annotations

from kept_results import Clock, claimed, keep_refused, keep_scored
from ledger_steps import arrive, make_ready, take

from tilscope.dicom_io.archives.study_query import FoundStudy
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.past_calibrations import PastCalibration
from tilscope.service.ledger.states import State

STUDIES = [FoundStudy(f"1.2.{n}", f"2024030{n}", f"orthanc-1.2.{n}") for n in (1, 2, 3)]


def begun(ledger: Ledger) -> PastCalibration:
    assert ledger.past.begin("ours", "all", STUDIES, "administrator")
    return latest(ledger)


def latest(ledger: Ledger) -> PastCalibration:
    found = ledger.past.latest()
    assert found is not None
    return found


def settled(ledger: Ledger) -> list[str]:
    """The studies whose input has settled, as the watcher does it, in its order."""
    due = ledger.receiving.to_examine(3.0, 60.0)
    for one in due:
        ledger.receiving.settle(one, f"input of {one.study_uid}")
    return [one.study_uid for one in due]


def test_what_arrives_goes_before_the_past(ledger: Ledger, clock: Clock) -> None:
    begun(ledger)
    assert ledger.past.ask_on() == 3
    clock.pass_by(10)
    assert settled(ledger) == ["1.2.1", "1.2.2", "1.2.3"]
    make_ready(ledger, clock, "of today", "1.9")
    assert take(ledger).study_uid == "1.9", "though it came last"
    assert take(ledger).study_uid == "1.2.1"


def test_it_is_told_how_far_it_is_and_what_had_no_score(ledger: Ledger, clock: Clock) -> None:
    keep_scored(ledger, "1.2.1")  # the archive has long had it, and so has the ledger
    clock.pass_by(1000)
    before = begun(ledger)
    assert (before.over, before.to_go, before.seconds_left) == (0, 3, None)
    ledger.past.ask_on()
    clock.pass_by(10)
    settled(ledger)
    assert latest(ledger).states == {"scored": 1, "to be scored": 2}
    claim = take(ledger)
    clock.pass_by(90)
    ledger.attempts.refused(claim, "no-lesion", "Nothing.")
    now = latest(ledger)
    assert (now.over, now.to_go, now.states) == (2, 1, {"scored": 1, "refused": 1, "to be scored": 1})
    assert now.seconds_left == 100.0, "one took 100 s, and one is to go"
    (refused,) = [one for one in now.studies if one.state is State.REFUSED]
    assert (refused.study_uid, refused.day, refused.code, refused.reason) == (
        "1.2.2",
        "20240302",
        "no-lesion",
        "Nothing.",
    )


def test_a_study_that_is_not_to_be_scored_is_passed_over(ledger: Ledger, clock: Clock) -> None:
    begun(ledger)
    ledger.past.ask_on()
    clock.pass_by(10)
    for one in ledger.receiving.to_examine(3.0, 60.0):
        ledger.receiving.forget(one)
    assert latest(ledger).states == {"passed over": 3}
    assert latest(ledger).to_go == 0


def test_one_at_a_time_and_after_it_another(ledger: Ledger) -> None:
    first = begun(ledger)
    assert not ledger.past.begin("another", "all", STUDIES, "administrator")
    ledger.past.keep_made(first.id, {"references": {}, "not_made": {"wu2018": "Too few."}}, {"1.2.2": ["M1 9"]})
    made = latest(ledger)
    assert (made.made_at is not None, made.made) == (True, {"references": {}, "not_made": {"wu2018": "Too few."}})
    assert [one.outlying for one in made.studies] == [(), ("M1 9",), ()]
    ledger.past.keep_installed(first.id, "administrator")
    assert latest(ledger).installed_by == "administrator"
    assert ledger.past.begin("another", "all", STUDIES, "administrator")
    assert (latest(ledger).cohort, latest(ledger).made) == ("another", None)


def test_a_service_that_is_started_again_asks_for_the_rest_only(ledger: Ledger, clock: Clock) -> None:
    begun(ledger)
    assert ledger.past.ask_on() == 3
    again = Ledger(str(ledger.engine.url), clock)
    try:
        assert again.past.ask_on() == 0
        assert latest(again).to_go == 3
    finally:
        again.close()


def test_a_study_that_is_being_gathered_is_not_asked_for_twice(ledger: Ledger, clock: Clock) -> None:
    claimed(ledger, "1.2.1")
    keep_refused(ledger, "1.2.2")
    make_ready(ledger, clock, "as it is", "1.2.3")
    begun(ledger)
    ledger.past.ask_on()
    assert ledger.past.ask_on() == 0
    assert latest(ledger).states == {"to be scored": 3}, "looked at once more, each"


def test_a_purged_study_is_in_no_choice_any_more(ledger: Ledger) -> None:
    begun(ledger)
    ledger.past.ask_on()
    assert ledger.purging.purge(["1.2.2"]).further == 1
    assert [one.study_uid for one in latest(ledger).studies] == ["1.2.1", "1.2.3"]


# ------------------------------------------------------------------------------------------------------------ stopped


def stopped(ledger: Ledger, clock: Clock) -> PastCalibration:
    """The first was scored, a worker is at the second, and the third waits."""
    begun(ledger)
    ledger.past.ask_on()
    clock.pass_by(10)
    settled(ledger)
    ledger.attempts.refused(take(ledger), "no-lesion", "Nothing.")
    claim = take(ledger)
    assert ledger.past.stop("physicist") == 1
    ledger.attempts.refused(claim, "no-lesion", "Nothing.")
    return latest(ledger)


def test_what_was_stopped_scores_no_more_and_keeps_what_it_has(ledger: Ledger, clock: Clock) -> None:
    now = stopped(ledger, clock)
    assert (now.under_way, now.stopped_by, now.seconds_left) == (False, "physicist", None)
    assert now.states == {"refused": 2, "not scored": 1}, "what a worker had begun it has finished"
    assert ledger.attempts.claim() is None
    assert ledger.past.ask_on() == 0
    assert ledger.past.stop("physicist") is None, "nothing is under way any more"


def test_nothing_is_made_of_what_was_stopped(ledger: Ledger, clock: Clock) -> None:
    """Even where the references were being made in that moment."""
    now = stopped(ledger, clock)
    ledger.past.keep_made(now.id, {"references": {"wu2018": {}}, "not_made": {}}, {"1.2.2": ["M1 9"]})
    assert (latest(ledger).made_at, latest(ledger).made) == (None, None)
    assert all(not one.outlying for one in latest(ledger).studies)


def test_what_was_stopped_can_be_begun_again(ledger: Ledger, clock: Clock) -> None:
    stopped(ledger, clock)
    clock.pass_by(10)
    begun(ledger)
    assert ledger.past.ask_on() == 3
    clock.pass_by(10)
    settled(ledger)
    assert latest(ledger).states == {"refused": 2, "to be scored": 1}, "those that have an answer are not scored again"
    assert take(ledger).study_uid == "1.2.3"


def test_a_study_that_somebody_else_wants_is_not_stopped(ledger: Ledger, clock: Clock) -> None:
    begun(ledger)
    ledger.past.ask_on()
    arrive(ledger, study="1.2.1")
    ledger.requests.rescore("1.2.2", "orthanc-1.2.2", "radiologist")
    assert ledger.past.stop("physicist") == 1
    clock.pass_by(100)
    assert sorted(settled(ledger)) == ["1.2.1", "1.2.2"]


def test_of_thousands_the_rest_is_never_asked_for(ledger: Ledger) -> None:
    many = [FoundStudy(f"1.3.{n}", "20240301", f"orthanc-1.3.{n}") for n in range(130)]
    assert ledger.past.begin("ours", "all", many, "administrator")
    assert ledger.past.ask_on() == 100
    assert ledger.past.stop("physicist") == 130
    assert latest(ledger).states == {"not scored": 130}
    assert ledger.past.ask_on() == 0
