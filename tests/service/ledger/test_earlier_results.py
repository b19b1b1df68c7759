"""A scored study after a request that came to nothing: its result is the current one, and the request is told of."""

from __future__ import annotations

import pytest
from kept_results import Clock, claimed, keep_refused, keep_scored, keep_undecided, result_of, til

from tilscope.service.ledger import Arrival, Claim, Cursor, Ledger
from tilscope.service.ledger.annotations import Annotation
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.states import State

STUDY = "1.2.3"
HERE: Annotation = {"seed_mm": [1.0, 2.0, 3.0], "box_mm": None}
ELSEWHERE: Annotation = {"seed_mm": [900.0, 0.0, 0.0], "box_mm": None}
NOTHING_THERE = ("no-lesion-there", "No enhancing lesion was found there.")


def asked(ledger: Ledger, seed: Annotation, input_hash: str = "with a seed") -> Claim:
    """A person points somewhere, and the study is taken up."""
    ledger.requests.rescore(STUDY, "orthanc", "alice", "lesions there", seed)
    return settled(ledger, input_hash)


def settled(ledger: Ledger, input_hash: str) -> Claim:
    (candidate,) = ledger.receiving.to_examine(0.0, 0.0)
    ledger.receiving.settle(candidate, input_hash)
    claim = ledger.attempts.claim()
    assert claim is not None
    return claim


def last_line(reader: Reader) -> tuple[str, str]:
    entry = reader.timeline(STUDY)[-1]
    return entry.event, entry.detail


@pytest.mark.parametrize("end", ["refused", "failed"])
def test_a_seed_that_comes_to_nothing_leaves_the_score(ledger: Ledger, reader: Reader, clock: Clock, end: str) -> None:
    result = keep_scored(ledger, STUDY, til(25.0))
    scored = reader.inputs(STUDY)[0]
    clock.pass_by(60)
    claim = asked(ledger, ELSEWHERE)
    assert claim.result_stands, "so nothing is noted in the archive either"
    if end == "refused":
        ledger.attempts.refused(claim, *NOTHING_THERE)
    else:
        ledger.attempts.faulted(claim, *NOTHING_THERE, retry_in_s=None)
    current, request = reader.inputs(STUDY)
    assert (current.work_id, current.state, current.finished_at) == (scored.work_id, State.SCORED, scored.finished_at)
    assert (request.state, request.code) == (State(end), "no-lesion-there")
    assert reader.results([current.work_id]) == {current.work_id: result}
    assert last_line(reader) == ("the earlier result stands", f"what was asked for came to nothing: {NOTHING_THERE[1]}")
    assert ledger.annotations.steering_of(STUDY) is None, "the next run does not look there again"


def test_scoring_again_that_comes_to_nothing_leaves_the_score(ledger: Ledger, reader: Reader) -> None:
    """The same input: the row keeps its result while it is scored again."""
    result = keep_scored(ledger, STUDY, til(25.0))
    ledger.requests.rescore(STUDY, "orthanc", "alice")
    claim = settled(ledger, f"input of {STUDY}")
    ledger.attempts.faulted(claim, "archive", "The archive is full.", retry_in_s=None)
    (current,) = reader.inputs(STUDY)
    assert current.state is State.SCORED
    assert (current.code, current.reason) == ("", "")
    assert reader.results([current.work_id]) == {current.work_id: result}
    assert last_line(reader)[1].endswith("The archive is full.")


def test_candidates_that_wait_for_a_reader_wait_on(ledger: Ledger, reader: Reader) -> None:
    keep_undecided(ledger, STUDY)
    waiting = reader.inputs(STUDY)[0]
    ledger.attempts.refused(asked(ledger, ELSEWHERE), *NOTHING_THERE)
    current = reader.inputs(STUDY)[0]
    assert (current.work_id, current.state, current.code) == (waiting.work_id, State.NEEDS_READER, "needs-a-reader")
    assert current.reason == waiting.reason


def test_the_seed_of_before_holds_again(ledger: Ledger, reader: Reader) -> None:
    claim = claimed(ledger, STUDY)
    ledger.attempts.succeeded(claim, claim.input_hash, result_of(STUDY))
    here = asked(ledger, HERE, "with the first seed")
    ledger.attempts.succeeded(here, here.input_hash, result_of(STUDY, til(30.0)))
    ledger.attempts.refused(asked(ledger, ELSEWHERE), *NOTHING_THERE)
    assert ledger.annotations.steering_of(STUDY) == HERE
    assert reader.inputs(STUDY)[0].work_id == here.work_id


def test_what_somebody_else_has_said_meanwhile_holds(ledger: Ledger, reader: Reader) -> None:
    keep_scored(ledger, STUDY)
    first = asked(ledger, ELSEWHERE)
    ledger.requests.rescore(STUDY, "orthanc", "bob", "lesions here", HERE)
    ledger.attempts.refused(first, *NOTHING_THERE)
    assert ledger.annotations.steering_of(STUDY) == HERE
    second = settled(ledger, "with the second seed")
    ledger.attempts.refused(second, *NOTHING_THERE)
    assert reader.inputs(STUDY)[0].state is State.SCORED
    assert ledger.annotations.steering_of(STUDY) is None, "as it was before the first of them"


def test_two_requests_in_a_row_that_come_to_nothing_leave_the_score(ledger: Ledger, reader: Reader) -> None:
    """The first is overtaken by the second before it is scored."""
    keep_scored(ledger, STUDY)
    ledger.requests.rescore(STUDY, "orthanc", "alice")
    (candidate,) = ledger.receiving.to_examine(0.0, 0.0)
    ledger.receiving.settle(candidate, f"input of {STUDY}")
    ledger.attempts.refused(asked(ledger, ELSEWHERE), *NOTHING_THERE)
    current = reader.inputs(STUDY)[0]
    assert current.state is State.SCORED
    assert current.work_id in reader.results([current.work_id])


def test_new_images_that_are_refused_do_replace_the_score(ledger: Ledger, reader: Reader) -> None:
    keep_scored(ledger, STUDY)
    keep_refused(ledger, STUDY, images="other input")
    assert reader.inputs(STUDY)[0].state is State.REFUSED
    ledger.attempts.refused(asked(ledger, ELSEWHERE), *NOTHING_THERE)
    assert reader.inputs(STUDY)[0].state is State.REFUSED, "no result stands for these images"


def test_so_do_images_that_come_with_a_request(ledger: Ledger, reader: Reader) -> None:
    keep_scored(ledger, STUDY)
    ledger.requests.rescore(STUDY, "orthanc", "alice", "lesions there", ELSEWHERE)
    ledger.receiving.arrived([Arrival(STUDY, "orthanc", 5)], Cursor(9))
    claim = settled(ledger, "more images, with a seed")
    assert not claim.result_stands
    ledger.attempts.refused(claim, *NOTHING_THERE)
    assert reader.inputs(STUDY)[0].state is State.REFUSED


def test_images_that_come_while_a_request_runs_go_their_own_way(ledger: Ledger, reader: Reader) -> None:
    keep_scored(ledger, STUDY)
    claim = asked(ledger, ELSEWHERE)
    ledger.receiving.arrived([Arrival(STUDY, "orthanc", 5)], Cursor(9))
    (candidate,) = ledger.receiving.to_examine(0.0, 0.0)
    ledger.receiving.settle(candidate, "more images")
    ledger.attempts.refused(claim, *NOTHING_THERE)
    newest, scored, request = reader.inputs(STUDY)
    assert (newest.state, scored.state, request.state) == (State.READY, State.SCORED, State.REFUSED)


def test_no_result_stands_of_a_study_that_was_deleted_meanwhile(ledger: Ledger, reader: Reader) -> None:
    keep_scored(ledger, STUDY)
    claim = asked(ledger, ELSEWHERE)
    ledger.receiving.arrived([Arrival(STUDY, "orthanc", 5)], Cursor(9))
    (gone,) = ledger.archived.page(0, 10)
    assert ledger.archived.deleted(gone)
    ledger.attempts.faulted(claim, "worker-died", "The worker process died.", retry_in_s=None)
    assert [one.state for one in reader.inputs(STUDY)] == [State.FAILED, State.DELETED]
    (failed,) = ledger.archived.page(0, 10)
    assert ledger.archived.deleted(failed), "as soon as the archive is asked again"


def test_a_request_made_again_overtakes_what_waits_for_another_attempt(ledger: Ledger, reader: Reader) -> None:
    """The first has failed before, so that its row has no result of its own; the earlier result waits meanwhile."""
    keep_scored(ledger, STUDY)
    ledger.attempts.faulted(asked(ledger, ELSEWHERE), *NOTHING_THERE, retry_in_s=None)
    ledger.requests.rescore(STUDY, "orthanc", "alice")
    ledger.attempts.faulted(settled(ledger, f"input of {STUDY}"), "worker-died", "It died.", retry_in_s=600.0)
    again = asked(ledger, ELSEWHERE)
    assert again.result_stands
    ledger.attempts.refused(again, *NOTHING_THERE)
    current, request = reader.inputs(STUDY)
    assert (current.state, request.state) == (State.SCORED, State.REFUSED)
    assert current.work_id in reader.results([current.work_id])
