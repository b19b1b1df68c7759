"""The worklist: what needs a reader, what matters most first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import State
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render
from tilscope.service.pages.words import Paging, ShownMoment

WORKLIST_SIZE = 50

_WHY = {
    State.NEEDS_READER: "Candidates: a reader must say which is the lesion",
    State.REFUSED: "What was said or drawn of the lesion cannot be used",
}


@dataclass(frozen=True)
class WorklistRow:
    """One study that needs a reader."""

    uid: str
    state: State
    why: str
    reason: str
    largest: str
    """The largest candidate, with its unit; ''."""
    arrived: ShownMoment | None

    @classmethod
    def of(cls, study: Study) -> WorklistRow:
        largest = f"{study.candidate_cc:.1f} cm³" if study.candidate_cc is not None else ""
        if study.state is not State.NEEDS_READER:
            largest = ""
        arrived = ShownMoment.of(study.created_at)
        return cls(study.study_uid, study.state, _WHY[study.state], study.reason, largest, arrived)


@dataclass(frozen=True)
class WorklistView:
    """What the template shows."""

    in_words: str
    """How many there are, and of what kind."""
    rows: tuple[WorklistRow, ...]
    first: int
    paging: Paging


def worklist_page(
    frame: PageFrame, found: Sequence[Study], counted: Mapping[State, int], total: int, offset: int
) -> str:
    """`counted` holds how many there are in all, by their state."""
    rows = tuple(map(WorklistRow.of, found))
    paging = Paging.of(offset, WORKLIST_SIZE, total, "?offset={}".format)
    return render("worklist.html", frame, WorklistView(to_read_in_words(counted), rows, offset + 1, paging))


def to_read_in_words(counted: Mapping[State, int]) -> str:
    """How many studies need a reader, and of what kind; '' where none does.

    >>> to_read_in_words({State.NEEDS_READER: 2, State.REFUSED: 1})
    '3 studies need a reader: 2 with candidates, 1 in which what was said or drawn of the lesion cannot be used'
    >>> to_read_in_words({State.NEEDS_READER: 1})
    '1 study needs a reader: 1 with candidates'
    """
    kinds = (
        (State.NEEDS_READER, "with candidates"),
        (State.REFUSED, "in which what was said or drawn of the lesion cannot be used"),
    )
    parts = [f"{counted[state]} {words}" for state, words in kinds if counted.get(state)]
    total = sum(counted.values())
    need = "1 study needs a reader" if total == 1 else f"{total} studies need a reader"
    return f"{need}: {', '.join(parts)}" if parts else ""
