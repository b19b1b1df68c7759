"""Finding studies in the ledger: by time, state, words, and what they scored. Everything is answered by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, Subquery, exists, func, literal_column, or_, select

from tilscope.service.ledger import worklist
from tilscope.service.ledger.queries import STUDY_COLUMNS, Study, study_of
from tilscope.service.ledger.states import WITH_RESULT, State
from tilscope.service.ledger.tables import scores, work


class SortOrder(StrEnum):
    """By what studies are listed."""

    UPDATED = "updated"
    ARRIVED = "arrived"
    FINISHED = "finished"
    STUDY = "study"
    SCORE = "score"
    READER = "reader"
    """What a reader should see first: `worklist`."""


@dataclass(frozen=True)
class TimeRange:
    """Moments from the first to before the last, as seconds; None is open."""

    first: float | None = None
    before: float | None = None

    def holds(self, moment: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        ends = (
            (moment >= self.first) if self.first is not None else None,
            (moment < self.before) if self.before is not None else None,
        )
        return [end for end in ends if end is not None]


ALWAYS = TimeRange()


@dataclass(frozen=True)
class StudyQuery:
    """All must hold. Conditions on scores must hold of one and the same score: of one signature for one lesion."""

    states: Sequence[State] = ()
    updated: TimeRange = ALWAYS
    arrived: TimeRange = ALWAYS
    finished: TimeRange = ALWAYS
    text: str = ""
    among: frozenset[str] | None = None
    """Study Instance UIDs; None: whichever they are."""
    needs_reader: bool = False
    """Only what is on the worklist."""
    signature: str = ""
    category: str = ""
    laterality: str = ""
    score_min: float | None = None
    score_max: float | None = None
    order: SortOrder = SortOrder.UPDATED
    descending: bool = True

    @property
    def of_scores(self) -> list[ColumnElement[bool]]:
        c = scores.c
        asked = [
            (c.signature == self.signature) & c.value.is_not(None) if self.signature else None,
            c.category == self.category if self.category else None,
            c.laterality == self.laterality if self.laterality else None,
            c.value >= self.score_min if self.score_min is not None else None,
            c.value <= self.score_max if self.score_max is not None else None,
        ]
        return [one for one in asked if one is not None]


@dataclass(frozen=True)
class FoundScore:
    """The score of one signature for one lesion, without its features."""

    signature: str
    laterality: str
    state: str
    value: float | None
    unit: str
    category: str | None
    report_uid: str
    caveat: str = ""
    """Why the value is no result to act on; ''."""


class Search:
    """Reads from the ledger's database; never waits for a writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def studies(self, wanted: StudyQuery, limit: int, offset: int) -> tuple[list[Study], int]:
        """The current row of each study that is wanted, and how many there are in all."""
        page = _ordered(_from(wanted, *STUDY_COLUMNS), wanted).limit(limit).offset(offset)
        with self._engine.begin() as db:
            total = db.execute(select(func.count()).select_from(_from(wanted, work.c.id).subquery())).scalar_one()
            rows = db.execute(page).all() if total > offset else []
        return [study_of(row) for row in rows], int(total)

    def counted(self, wanted: StudyQuery) -> dict[State, int]:
        """How many studies are wanted, by their state."""
        found = _from(wanted, work.c.state).subquery()
        with self._engine.begin() as db:
            rows = db.execute(select(found.c.state, func.count()).group_by(found.c.state)).all()
        return {State(state): int(count) for state, count in rows}

    def scores(self, study_uids: Sequence[str]) -> dict[str, list[FoundScore]]:
        """The scores of the current results of these studies, by study."""
        c = scores.c
        columns = (
            work.c.study_uid, c.signature, c.laterality, c.state, c.value, c.unit, c.category, c.report_uid, c.caveat,
        )  # fmt: skip
        with self._engine.begin() as db:
            rows = db.execute(
                select(*columns).join(work, work.c.id == c.work_id)
                .where(work.c.study_uid.in_(study_uids), work.c.state.in_(WITH_RESULT)).order_by(c.id)
            ).all()  # fmt: skip
        found: dict[str, list[FoundScore]] = {uid: [] for uid in study_uids}
        for row in rows:
            found[row.study_uid].append(FoundScore(*row[1:]))
        return found


def _from(wanted: StudyQuery, *columns: Any) -> Select[Any]:
    """These columns of the current row of each study that is wanted."""
    newer = work.alias("newer")
    current = ~exists().where(newer.c.study_uid == work.c.study_uid, newer.c.turn > work.c.turn)
    page = select(*columns).select_from(work).where(current)
    if wanted.of_scores or wanted.order is SortOrder.SCORE:
        found = _scored(wanted)
        page = page.join(found, found.c.study_uid == work.c.study_uid)
        if wanted.order is SortOrder.SCORE:
            page = page.add_columns(found.c.score)
    if wanted.among is not None:
        page = page.where(work.c.study_uid.in_(sorted(wanted.among)))
    if wanted.needs_reader:
        page = page.where(worklist.needs_reader())
    if wanted.states:
        page = page.where(work.c.state.in_(wanted.states))
    if wanted.text:
        words = (work.c.study_uid, work.c.code, work.c.reason, work.c.orthanc_id)
        page = page.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in words)))
    return page.where(
        *wanted.updated.holds(work.c.updated_at),
        *wanted.arrived.holds(work.c.created_at),
        *wanted.finished.holds(work.c.finished_at),
    )


def _scored(wanted: StudyQuery) -> Subquery:
    """The studies with such a score, each once. Until a newer input is scored, the older result is the current one."""
    scored = work.alias("scored")
    extreme = func.max(scores.c.value) if wanted.descending else func.min(scores.c.value)
    return (
        select(scored.c.study_uid, extreme.label("score"))
        .join(scores, scores.c.work_id == scored.c.id)
        .where(scored.c.state.in_(WITH_RESULT), *wanted.of_scores)
        .group_by(scored.c.study_uid)
        .subquery("found")
    )


def _ordered(page: Select[Any], wanted: StudyQuery) -> Select[Any]:
    if wanted.order is SortOrder.READER:
        return page.order_by(*worklist.order(wanted.descending))
    key: ColumnElement[Any] = {
        SortOrder.UPDATED: work.c.updated_at,
        SortOrder.ARRIVED: work.c.created_at,
        SortOrder.FINISHED: work.c.finished_at,
        SortOrder.STUDY: work.c.study_uid,
        SortOrder.SCORE: literal_column("score"),
    }[wanted.order]
    # The row's number makes the order whole: pages then neither repeat nor skip a study.
    return page.order_by(key.desc(), work.c.id.desc()) if wanted.descending else page.order_by(key, work.c.id)
