"""Studies, or images of them, that the archive has deleted: what the ledger makes of it."""

from __future__ import annotations

import pytest
from kept_results import Clock
from ledger_steps import STUDY, current, make_ready, states, take

from tilscope.service.ledger import Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.states import State


@pytest.mark.parametrize("inputs_scored", [1, 2])
def test_a_study_that_is_again_what_it_was_when_its_images_are_read_has_a_current_row(
    ledger: Ledger, clock: Clock, reader: Reader, inputs_scored: int
) -> None:
    """Late images were deleted before their input was taken up, or those of the two inputs before."""
    for number in range(inputs_scored):
        make_ready(ledger, clock, f"h{number}")
        ledger.attempts.succeeded(take(ledger), f"h{number}", {})
    make_ready(ledger, clock, "late")
    ledger.attempts.succeeded(take(ledger), "h0", {})
    again = State.SCORED if inputs_scored == 1 else State.READY
    assert (current(reader).input_hash, current(reader).state) == ("h0", again)
    assert states(reader)["late"] is State.SUPERSEDED
    assert [one.study_uid for one in ledger.archived.page(0, 10)] == [STUDY], "and is compared with the archive"


def test_a_study_that_is_deleted_while_it_is_scored_ends_with_all_its_inputs(
    ledger: Ledger, clock: Clock, reader: Reader
) -> None:
    make_ready(ledger, clock, "h1")
    ledger.attempts.succeeded(take(ledger), "h1", {})
    make_ready(ledger, clock, "h2")
    state = ledger.attempts.refused(take(ledger), "no-such-study", f"Study {STUDY} is not in the archive.")
    assert state is State.DELETED
    assert states(reader) == {"h1": State.DELETED, "h2": State.DELETED}
    assert ledger.archived.page(0, 10) == []


def test_what_has_changed_since_it_was_compared_is_left_alone(ledger: Ledger, clock: Clock, reader: Reader) -> None:
    make_ready(ledger, clock, "h1")
    (seen,) = ledger.archived.page(0, 10)
    take(ledger)
    assert not ledger.archived.deleted(seen)
    assert not ledger.archived.differs(seen)
    assert states(reader) == {"h1": State.RUNNING}
