"""The table of states: complete, closed, and the only way."""

from __future__ import annotations

import pytest

from tilscope.service.ledger.states import TRANSITIONS, Event, IllegalTransition, State, after

ALL_STATES = (None, *State)


def test_every_state_can_be_reached_from_nothing() -> None:
    reached: set[State | None] = {None}
    while True:
        more = {new for (old, _), new in TRANSITIONS.items() if old in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == set(ALL_STATES)


def test_every_event_can_happen_somewhere() -> None:
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_no_state_is_a_dead_end_for_a_person() -> None:
    """Whatever became of a study, asking for it again leads on to a worker."""
    for state in (
        State.WAITING,
        State.SCORED,
        State.NEEDS_READER,
        State.REFUSED,
        State.FAILED,
        State.SUPERSEDED,
        State.DELETED,
    ):
        assert after(state, Event.RESCORE) is State.READY


def test_only_a_running_study_can_end() -> None:
    for ending in (Event.SUCCEEDED, Event.UNDECIDED, Event.REFUSED, Event.FAULTED, Event.GAVE_UP, Event.INTERRUPTED):
        assert [state for state, event in TRANSITIONS if event is ending] == [State.RUNNING]


def test_a_refusal_is_never_retried() -> None:
    leads_on = {event for (state, event), new in TRANSITIONS.items() if state is State.REFUSED and new is not state}
    assert leads_on == {Event.RESCORE, Event.SUPERSEDED, Event.DELETED}


def test_every_other_pair_is_refused_by_name() -> None:
    illegal = [(s, e) for s in ALL_STATES for e in Event if (s, e) not in TRANSITIONS]
    assert len(illegal) + len(TRANSITIONS) == len(ALL_STATES) * len(Event)
    for state, event in illegal:
        with pytest.raises(IllegalTransition) as told:
            after(state, event)
        assert event.value in str(told.value)
        assert (state.value if state else "absent") in str(told.value)


def test_every_state_has_words_for_the_page() -> None:
    assert all(state.sentence for state in State)
