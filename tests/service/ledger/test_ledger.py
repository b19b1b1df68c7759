"""The ledger: what must be scored, once per input, and everything that happened."""

from __future__ import annotations

import pytest
from kept_results import Clock, result_of
from ledger_steps import QUIET, STABLE, STUDY, arrive, candidate, current, make_ready, states, take, told

from tilscope.models.finding import Finding
from tilscope.service.ledger import Arrival, Cursor, Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.states import Event, IllegalTransition, State

# --------------------------------------------------------------------------------------------------------- arriving


def test_a_study_is_looked_at_when_it_has_fallen_quiet(ledger: Ledger, clock: Clock) -> None:
    arrive(ledger)
    clock.pass_by(2)
    arrive(ledger)
    clock.pass_by(2)
    assert ledger.receiving.to_examine(QUIET, STABLE) == []
    clock.pass_by(1)
    assert candidate(ledger).study_uid == STUDY
    assert not candidate(ledger).take_as_it_is


def test_an_incomplete_study_is_not_looked_at_again_until_more_comes(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    arrive(ledger)
    clock.pass_by(QUIET)
    ledger.receiving.incomplete(candidate(ledger), "late-phase-missing", "No late phase.")
    assert ledger.receiving.to_examine(QUIET, STABLE) == []
    assert current(reader).reason == "No late phase."
    arrive(ledger)
    clock.pass_by(QUIET)
    assert not candidate(ledger).take_as_it_is


@pytest.mark.parametrize("how", ["orthanc says so", "time"])
def test_an_incomplete_study_is_taken_as_it_is_once_stable(ledger: Ledger, clock: Clock, how: str) -> None:
    arrive(ledger)
    clock.pass_by(QUIET)
    ledger.receiving.incomplete(candidate(ledger), "late-phase-missing", "No late phase.")
    if how == "time":
        clock.pass_by(STABLE)
    else:
        ledger.receiving.arrived([], Cursor(2), stable=[f"orthanc-{STUDY}"])
    assert candidate(ledger).take_as_it_is


def test_instances_that_come_while_the_study_is_looked_at_are_not_lost(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    arrive(ledger)
    clock.pass_by(QUIET)
    seen = candidate(ledger)
    arrive(ledger)
    assert ledger.receiving.settle(seen, "hash") is None
    ledger.receiving.incomplete(seen, "x", "Too early.")
    ledger.receiving.forget(seen)
    assert current(reader).state is State.RECEIVING
    assert current(reader).reason == ""


def test_a_study_that_is_not_ours_leaves_no_trace(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    arrive(ledger)
    clock.pass_by(QUIET)
    ledger.receiving.forget(candidate(ledger))
    assert reader.current() == ([], 0)
    assert reader.timeline(STUDY) == []


def test_the_cursor_moves_with_what_it_caused_or_not_at_all(ledger: Ledger, reader: Reader) -> None:
    arrive(ledger, seq=5)
    # A study UID of no text cannot be written: the whole page is undone.
    with pytest.raises(Exception, match="NOT NULL"):
        ledger.receiving.arrived([Arrival("1.2.4", "b", 1), Arrival(None, "c", 1)], Cursor(6))  # type: ignore[arg-type]  # wrong on purpose
    assert ledger.receiving.place() == Cursor(5)
    assert reader.inputs("1.2.4") == []


def test_before_the_first_start_there_is_no_place_in_the_change_log(ledger: Ledger) -> None:
    assert ledger.receiving.place() is None


def test_what_waits_for_a_worker_is_counted(ledger: Ledger, clock: Clock) -> None:
    make_ready(ledger, clock, "h1")
    make_ready(ledger, clock, "h2", study="1.2.4")
    assert ledger.attempts.waiting() == 2
    take(ledger)
    assert ledger.attempts.waiting() == 1


# ------------------------------------------------------------------------------------------------- once per input


def test_the_same_study_sent_twice_is_scored_once(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "h1")
    ledger.attempts.succeeded(take(ledger), "h1", {"ok": True})
    arrive(ledger)
    clock.pass_by(QUIET)
    assert ledger.receiving.settle(candidate(ledger), "h1") is State.SCORED
    assert states(reader) == {"h1": State.SCORED}
    assert ledger.attempts.claim() is None
    assert told(reader).count(Event.STARTED) == 1
    assert told(reader)[-1] == Event.NOTHING_TO_DO


def test_late_images_make_a_new_score_that_replaces_the_old(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "h1")
    ledger.attempts.succeeded(take(ledger), "h1", {})
    make_ready(ledger, clock, "h2")
    assert states(reader) == {"h2": State.READY, "h1": State.SCORED}, "the old one stands until there is a new one"
    ledger.attempts.succeeded(take(ledger), "h2", {})
    assert states(reader) == {"h2": State.SCORED, "h1": State.SUPERSEDED}
    assert current(reader).input_hash == "h2"


def test_candidates_wait_for_a_reader_whose_decision_makes_a_new_input(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    make_ready(ledger, clock, "h1")
    candidates = result_of(STUDY, finding=Finding.CANDIDATES, signatures=())
    assert ledger.attempts.succeeded(take(ledger), "h1", candidates) is State.NEEDS_READER
    waits = current(reader)
    assert (waits.code, waits.reason) == (
        "needs-a-reader", "Found: 2 candidates, none surely a lesion. A reader must decide."
    )  # fmt: skip
    assert reader.counts()[State.NEEDS_READER] == 1
    assert reader.results([waits.work_id]), "what was found can be asked for"

    seed = {"seed_mm": [1.0, 2.0, 3.0], "box_mm": None}
    ledger.requests.rescore(STUDY, f"orthanc-{STUDY}", "reader", "at the seed", seed)
    assert ledger.receiving.settle(candidate(ledger), "h1 with a seed") is State.READY
    ledger.attempts.succeeded(take(ledger), "h1 with a seed", result_of(STUDY))
    assert states(reader) == {"h1 with a seed": State.SCORED, "h1": State.SUPERSEDED}
    assert current(reader).reason == ""


def test_candidates_in_later_images_replace_a_score_that_does_not_hold_any_more(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    make_ready(ledger, clock, "h1")
    ledger.attempts.succeeded(take(ledger), "h1", result_of(STUDY))
    make_ready(ledger, clock, "h2")
    ledger.attempts.succeeded(take(ledger), "h2", result_of(STUDY, finding=Finding.CANDIDATES, signatures=()))
    assert states(reader) == {"h2": State.NEEDS_READER, "h1": State.SUPERSEDED}


def test_an_input_that_is_out_of_date_before_it_is_scored_is_not_scored(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    make_ready(ledger, clock, "h1")
    make_ready(ledger, clock, "h2")
    assert take(ledger).input_hash == "h2"
    assert ledger.attempts.claim() is None
    assert states(reader)["h1"] is State.SUPERSEDED


def test_a_refused_study_that_is_completed_later_is_scored(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "incomplete")
    ledger.attempts.refused(take(ledger), "late-phase-missing", "No late phase.")
    make_ready(ledger, clock, "complete")
    ledger.attempts.succeeded(take(ledger), "complete", {})
    assert states(reader) == {"complete": State.SCORED, "incomplete": State.SUPERSEDED}


def test_two_inputs_of_one_study_are_never_scored_at_once(ledger: Ledger, clock: Clock) -> None:
    make_ready(ledger, clock, "h1")
    first = take(ledger)
    make_ready(ledger, clock, "h2")
    assert ledger.attempts.claim() is None
    ledger.attempts.succeeded(first, "h1", {})
    assert take(ledger).input_hash == "h2"


def test_images_that_come_between_claim_and_reading_count_for_what_they_are(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    make_ready(ledger, clock, "h1")
    ledger.attempts.succeeded(take(ledger), "h2", {"of": "h2"})
    assert states(reader) == {"h2": State.SCORED}
    arrive(ledger)
    clock.pass_by(QUIET)
    assert ledger.receiving.settle(candidate(ledger), "h2") is State.SCORED, "known already: nothing to do"


def test_images_that_come_between_and_are_known_already_are_left_to_their_own_row(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    make_ready(ledger, clock, "h1")
    first = take(ledger)
    make_ready(ledger, clock, "h2")
    assert ledger.attempts.succeeded(first, "h2", {}) is State.SUPERSEDED
    assert states(reader) == {"h2": State.READY, "h1": State.SUPERSEDED}


def test_deleted_images_make_an_input_of_the_past_current_again(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    for name in ("h1", "h2"):
        make_ready(ledger, clock, name)
        ledger.attempts.succeeded(take(ledger), name, {})
    arrive(ledger)
    clock.pass_by(QUIET)
    assert ledger.receiving.settle(candidate(ledger), "h1") is State.READY
    ledger.attempts.succeeded(take(ledger), "h1", {})
    assert states(reader) == {"h1": State.SCORED, "h2": State.SUPERSEDED}
    assert current(reader).input_hash == "h1"


# ------------------------------------------------------------------------------------------------------ on request


def test_a_scored_input_that_is_current_again_after_a_refusal_is_scored_again(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    """The note of the refusal has replaced its report in the archive."""
    make_ready(ledger, clock, "good")
    ledger.attempts.succeeded(take(ledger), "good", {})
    make_ready(ledger, clock, "with surplus images")
    ledger.attempts.refused(take(ledger), "positions-differ", "The phases do not cover the same slices.")
    make_ready(ledger, clock, "good")
    assert take(ledger).study_uid == STUDY
    assert current(reader).input_hash == "good"


def test_a_person_can_have_a_scored_study_scored_again_and_it_is_on_record(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    make_ready(ledger, clock, "h1")
    ledger.attempts.succeeded(take(ledger), "h1", {})
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-who")
    asked = candidate(ledger)
    assert asked.take_as_it_is, "a person does not wait for quiet"
    assert ledger.receiving.settle(asked, "h1") is State.READY
    assert take(ledger).attempt == 1
    assert any(e.who == "dr-who" and e.event == Event.RESCORE for e in reader.timeline(STUDY))


def test_a_person_can_cut_the_waiting_for_more_images_short(ledger: Ledger) -> None:
    arrive(ledger)
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-who")
    assert candidate(ledger).take_as_it_is


def test_a_seed_that_a_person_gave_holds_until_another_is_given_or_it_is_taken_back(
    ledger: Ledger, reader: Reader
) -> None:
    assert ledger.annotations.steering_of(STUDY) is None
    seed = {"seed_mm": [52.0, -31.0, 14.5], "box_mm": None}
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-who", "lesions at the seed", seed)
    assert ledger.annotations.steering_of(STUDY) == seed
    assert [e.detail for e in reader.timeline(STUDY) if e.who == "dr-who"] == ["lesions at the seed"]
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-no")
    assert ledger.annotations.steering_of(STUDY) == seed, "asking again without a word keeps it"
    assert ledger.annotations.steering_of("1.2.3.4.5") is None
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-no", "everywhere", None)
    assert ledger.annotations.steering_of(STUDY) is None


def test_findings_of_the_tumour_and_its_place_are_kept_beside_each_other(ledger: Ledger) -> None:
    seed = {"seed_mm": [52.0, -31.0, 14.5], "box_mm": None}
    genes = {"gzma": 4.0, "triple_negative": True}
    assert ledger.annotations.molecular_of(STUDY) is None
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-who", "genes", molecular=genes)
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-no", "seed", steering=seed)
    assert (ledger.annotations.molecular_of(STUDY), ledger.annotations.steering_of(STUDY)) == (genes, seed)
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-who", "none any more", molecular=None)
    assert (ledger.annotations.molecular_of(STUDY), ledger.annotations.steering_of(STUDY)) == (None, seed)


def test_asking_for_what_runs_already_changes_nothing(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "h1")
    claim = take(ledger)
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-who")
    assert ledger.receiving.settle(candidate(ledger), "h1") is State.RUNNING
    ledger.attempts.succeeded(claim, "h1", {})
    assert states(reader) == {"h1": State.SCORED}


# -------------------------------------------------------------------------------------------------- faults and ends


def test_a_fault_is_retried_after_its_back_off_and_others_go_first(ledger: Ledger, clock: Clock) -> None:
    make_ready(ledger, clock, "bad", study="1.1")
    bad = take(ledger)
    assert ledger.attempts.faulted(bad, "worker-died", "The worker process died.", retry_in_s=30) is State.WAITING
    assert ledger.attempts.claim() is None
    make_ready(ledger, clock, "good", study="1.2")
    clock.pass_by(30)
    assert [take(ledger).study_uid, take(ledger).study_uid] == ["1.2", "1.1"]


def test_a_study_that_has_failed_keeps_its_reason(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "h1")
    assert ledger.attempts.faulted(take(ledger), "worker-died", "The worker process died.", None) is State.FAILED
    assert (current(reader).code, current(reader).reason) == ("worker-died", "The worker process died.")
    assert ledger.attempts.claim() is None


def test_an_orderly_stop_costs_no_attempt_but_a_killed_service_does(ledger: Ledger, clock: Clock) -> None:
    make_ready(ledger, clock, "h1")
    ledger.attempts.interrupted(take(ledger), "the service stops")
    assert take(ledger).attempt == 1
    ledger.attempts.recover(attempts=3)
    assert take(ledger).attempt == 2


def test_a_study_that_kills_the_service_each_time_ends_as_failed(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "h1")
    for _ in range(2):
        take(ledger)
        ledger.attempts.recover(attempts=2)
    assert current(reader).state is State.FAILED
    assert current(reader).code == "service-ended"


def test_an_end_without_a_beginning_is_refused(ledger: Ledger, clock: Clock) -> None:
    make_ready(ledger, clock, "h1")
    claim = take(ledger)
    ledger.attempts.refused(claim, "no-lesion", "No lesion.")
    with pytest.raises(IllegalTransition, match="'succeeded' cannot happen in state 'refused'"):
        ledger.attempts.succeeded(claim, "h1", {})


def test_progress_is_seen_while_running_only(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "h1")
    claim = take(ledger)
    ledger.attempts.progress(claim.work_id, "segmenting", 0.4)
    assert (current(reader).stage, current(reader).progress) == ("segmenting", 0.4)
    ledger.attempts.refused(claim, "no-lesion", "No lesion.")
    ledger.attempts.progress(claim.work_id, "too late", 0.9)
    assert current(reader).stage == "segmenting"


# ---------------------------------------------------------------------------------------------------------- reading


def test_studies_are_listed_by_their_latest_change_in_pages(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    for n in range(5):
        make_ready(ledger, clock, "h", study=f"1.{n}")
    begin = clock.t
    clock.pass_by(1)
    ledger.attempts.refused(take(ledger), "no-lesion", "No lesion.")  # study 1.0
    page, total = reader.current(limit=2)
    assert ([s.study_uid for s in page], total) == (["1.0", "1.4"], 5)
    page, _ = reader.current(limit=2, offset=2)
    assert [s.study_uid for s in page] == ["1.3", "1.2"]
    assert [s.study_uid for s in reader.current(states=[State.REFUSED])[0]] == ["1.0"]
    assert [s.study_uid for s in reader.current(since=begin + 1)[0]] == ["1.0"]
    assert reader.counts()[State.READY] == 4


def test_results_are_given_for_what_is_scored_only(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "h1")
    claim = take(ledger)
    ledger.attempts.succeeded(claim, "h1", {"ftv": 4.5})
    assert reader.results([claim.work_id]) == {claim.work_id: {"ftv": 4.5}}
    ledger.requests.rescore(STUDY, "orthanc-1.2.3", "dr-who")
    ledger.receiving.settle(candidate(ledger), "h1")
    assert reader.results([claim.work_id]) == {}
