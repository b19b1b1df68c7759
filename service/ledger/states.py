"""The states of a study's work and every legal transition between them, as one table.

::

                     arrived                      interrupted
                    +------+                  +-----------------+
                    v      |                  v                 |
    (no row) --> receiving-+--- settled --> ready -- started --> running --- succeeded --> scored
        ^            |                       ^ ^                  | | | |
        |            |                       | |                  | | | +-- undecided --> needs-reader
        +------------+                       | |                  | | +---- refused ----> refused
         nothing to do                       | +-- back-off over  | |
                                             |         \\         | +------ gave up ----> failed
                                             |          waiting <-+ faulted
                                             |
                                             +--- rescore --- scored, needs-reader, refused, failed, superseded, deleted, waiting;
                                                              or ready already, but behind all that arrives

    kept: from running back to scored or needs-reader, when what a person asked for comes to nothing (`earlier_results`).

    read: a reader has confirmed a lesion, or takes that back; the state stays.
    nothing to do: also from ready and waiting, when what asked for a past study was stopped before it came to anything.

    superseded: from every state with an input, when a newer input of the same study has been scored
    (or, while ready or waiting, when a newer input has settled: the older one is no longer worth computing).
    deleted: from every state with an input except superseded, when the study is no longer in the archive.

`None` is the state of a study that the ledger does not hold. A row is one study with one input: late instances make a
new row, so `receiving` is the only state whose input is not known yet.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    RECEIVING = "receiving"
    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    SCORED = "scored"
    NEEDS_READER = "needs-reader"
    REFUSED = "refused"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    DELETED = "deleted"

    @property
    def sentence(self) -> str:
        """For the page."""
        return _SENTENCES[self]


class Event(StrEnum):
    ARRIVED = "instances arrived"
    SETTLED = "input settled"
    NOTHING_TO_DO = "nothing to do"
    STARTED = "started"
    SUCCEEDED = "succeeded"
    UNDECIDED = "a reader must decide"
    REFUSED = "refused"
    FAULTED = "faulted"
    GAVE_UP = "gave up"
    BACK_OFF_OVER = "back-off over"
    INTERRUPTED = "interrupted"
    RESCORE = "rescore asked for"
    SUPERSEDED = "superseded"
    DELETED = "deleted in the archive"
    DIFFERS = "the archive differs"
    TIDIED = "left-overs removed"
    KEPT = "the earlier result stands"
    KEPT_UNDECIDED = "the earlier candidates stand"
    READ = "read"


_SENTENCES = {
    State.RECEIVING: "Receiving, or waiting for the rest",
    State.READY: "Waits for a worker",
    State.RUNNING: "Is being scored",
    State.WAITING: "A fault occurred; will be tried again",
    State.SCORED: "Scored",
    State.NEEDS_READER: "Needs a reader",
    State.REFUSED: "Refused",
    State.FAILED: "Failed",
    State.SUPERSEDED: "Replaced by a newer input",
    State.DELETED: "Deleted in the archive",
}

#: (state, event) -> the next state. What is not here cannot happen.
TRANSITIONS: dict[tuple[State | None, Event], State | None] = {
    (None, Event.ARRIVED): State.RECEIVING,
    (None, Event.RESCORE): State.RECEIVING,
    (None, Event.DIFFERS): State.RECEIVING,
    (State.RECEIVING, Event.ARRIVED): State.RECEIVING,
    (State.RECEIVING, Event.RESCORE): State.RECEIVING,
    (State.RECEIVING, Event.SETTLED): State.READY,
    (State.RECEIVING, Event.NOTHING_TO_DO): None,
    (State.RECEIVING, Event.DELETED): None,
    (State.READY, Event.NOTHING_TO_DO): None,
    (State.READY, Event.STARTED): State.RUNNING,
    (State.READY, Event.RESCORE): State.READY,
    (State.READY, Event.SUPERSEDED): State.SUPERSEDED,
    (State.READY, Event.DELETED): State.DELETED,
    (State.RUNNING, Event.SUCCEEDED): State.SCORED,
    (State.RUNNING, Event.UNDECIDED): State.NEEDS_READER,
    (State.RUNNING, Event.REFUSED): State.REFUSED,
    (State.RUNNING, Event.KEPT): State.SCORED,
    (State.RUNNING, Event.KEPT_UNDECIDED): State.NEEDS_READER,
    (State.RUNNING, Event.FAULTED): State.WAITING,
    (State.RUNNING, Event.GAVE_UP): State.FAILED,
    (State.RUNNING, Event.INTERRUPTED): State.READY,
    (State.RUNNING, Event.SUPERSEDED): State.SUPERSEDED,
    (State.RUNNING, Event.DELETED): State.DELETED,
    (State.WAITING, Event.NOTHING_TO_DO): None,
    (State.WAITING, Event.BACK_OFF_OVER): State.READY,
    (State.WAITING, Event.RESCORE): State.READY,
    (State.WAITING, Event.SUPERSEDED): State.SUPERSEDED,
    (State.WAITING, Event.DELETED): State.DELETED,
    (State.SCORED, Event.RESCORE): State.READY,
    (State.SCORED, Event.KEPT): State.SCORED,
    (State.SCORED, Event.SUPERSEDED): State.SUPERSEDED,
    (State.SCORED, Event.DELETED): State.DELETED,
    (State.SCORED, Event.TIDIED): State.SCORED,
    (State.SCORED, Event.READ): State.SCORED,
    (State.NEEDS_READER, Event.RESCORE): State.READY,
    (State.NEEDS_READER, Event.KEPT_UNDECIDED): State.NEEDS_READER,
    (State.NEEDS_READER, Event.SUPERSEDED): State.SUPERSEDED,
    (State.NEEDS_READER, Event.DELETED): State.DELETED,
    (State.NEEDS_READER, Event.TIDIED): State.NEEDS_READER,
    (State.NEEDS_READER, Event.READ): State.NEEDS_READER,
    (State.REFUSED, Event.RESCORE): State.READY,
    (State.REFUSED, Event.SUPERSEDED): State.SUPERSEDED,
    (State.REFUSED, Event.DELETED): State.DELETED,
    (State.REFUSED, Event.TIDIED): State.REFUSED,
    (State.REFUSED, Event.READ): State.REFUSED,
    (State.FAILED, Event.RESCORE): State.READY,
    (State.FAILED, Event.READ): State.FAILED,
    (State.FAILED, Event.SUPERSEDED): State.SUPERSEDED,
    (State.FAILED, Event.DELETED): State.DELETED,
    (State.FAILED, Event.TIDIED): State.FAILED,
    (State.SUPERSEDED, Event.RESCORE): State.READY,
    (State.DELETED, Event.RESCORE): State.READY,
    (State.SUPERSEDED, Event.KEPT): State.SCORED,
    (State.SUPERSEDED, Event.KEPT_UNDECIDED): State.NEEDS_READER,
}

#: What an attempt that came to a result ends in. One breast of a pair may be scored while the other needs a reader.
WITH_RESULT = (State.SCORED, State.NEEDS_READER)


class IllegalTransition(Exception):
    """A programming error: the event cannot happen in that state."""

    def __init__(self, state: State | None, event: Event) -> None:
        self.state, self.event = state, event
        super().__init__(f"event {event.value!r} cannot happen in state {state.value if state else 'absent'!r}")


def after(state: State | None, event: Event) -> State | None:
    """The state that follows, or `IllegalTransition`.

    >>> after(State.READY, Event.STARTED)
    <State.RUNNING: 'running'>
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(state, event) from None
