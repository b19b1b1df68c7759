"""What people and programs ask the ledger: which studies, in what state, and how they came there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import Engine, exists, func, select

from tilscope.models.result import StudyResult
from tilscope.models.result_schema import readable_results
from tilscope.service.ledger.states import WITH_RESULT, Event, State
from tilscope.service.ledger.tables import events, work

_ANSWERS = (Event.SUCCEEDED, Event.UNDECIDED, Event.REFUSED)
_FAULTS = (Event.FAULTED, Event.GAVE_UP)
#: Outcomes that are looked at; as many failing studies are as bad as more.
_LATEST = 100


@dataclass(frozen=True)
class Entry:
    """One line of a study's timeline."""

    at: float
    who: str
    event: str
    from_state: str | None
    to_state: str | None
    detail: str


@dataclass(frozen=True)
class Study:
    """One study with one input, without its result."""

    work_id: int
    study_uid: str
    input_hash: str
    state: State
    orthanc_id: str
    instances: int
    attempts: int
    next_attempt_at: float
    code: str
    reason: str
    stage: str
    progress: float
    created_at: float
    updated_at: float
    started_at: float | None
    finished_at: float | None
    background: bool
    """One of many that were asked for at once."""
    candidate_cc: float | None = None
    """The largest candidate that a reader must decide on; None where there is none."""

    @property
    def waits_behind(self) -> bool:
        """Whether all that arrives goes first, until a person asks for this study."""
        return self.background and self.state in (State.RECEIVING, State.READY, State.WAITING)


STUDY_COLUMNS = (
    work.c.id.label("work_id"), work.c.study_uid, work.c.input_hash, work.c.state, work.c.orthanc_id, work.c.instances,
    work.c.attempts, work.c.next_attempt_at, work.c.code, work.c.reason, work.c.stage, work.c.progress,
    work.c.created_at, work.c.updated_at, work.c.started_at, work.c.finished_at,
    work.c.background, work.c.candidate_cc,
)  # fmt: skip


def study_of(row: Any) -> Study:
    values = {column.name: row._mapping[column.name] for column in STUDY_COLUMNS}
    return Study(**{**values, "state": State(values["state"])})


class Reader:
    """Reads from the ledger's database; never waits for a writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(
        self, states: Sequence[State] = (), since: float = 0.0, limit: int = 100, offset: int = 0
    ) -> tuple[list[Study], int]:
        """The current row of each study, the latest change first, and how many there are in all."""
        newer = work.alias("newer")
        replaced = exists().where(newer.c.study_uid == work.c.study_uid, newer.c.turn > work.c.turn)
        wanted = [~replaced, work.c.updated_at >= since]
        if states:
            wanted.append(work.c.state.in_(states))
        page = select(*STUDY_COLUMNS).where(*wanted).order_by(work.c.updated_at.desc(), work.c.id.desc())
        with self._engine.begin() as db:
            rows = db.execute(page.limit(limit).offset(offset)).all()
            total = db.execute(select(func.count()).select_from(work).where(*wanted)).scalar_one()
        return [study_of(row) for row in rows], int(total)

    def inputs(self, study_uid: str) -> list[Study]:
        """Every input of a study that the ledger knows, the current one first."""
        with self._engine.begin() as db:
            rows = db.execute(
                select(*STUDY_COLUMNS).where(work.c.study_uid == study_uid).order_by(work.c.turn.desc())
            ).all()
        return [study_of(row) for row in rows]

    def timeline(self, study_uid: str) -> list[Entry]:
        e = events.c
        columns = (e.at, e.who, e.event, e.from_state, e.to_state, e.detail)
        with self._engine.begin() as db:
            rows = db.execute(select(*columns).where(e.study_uid == study_uid).order_by(e.at, e.id)).all()
        return [Entry(*row) for row in rows]

    def results(self, work_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The results, as they were kept, of those of these rows that have one."""
        wanted = work.c.id.in_(work_ids) & work.c.state.in_(WITH_RESULT) & work.c.result.is_not(None)
        with self._engine.begin() as db:
            rows = db.execute(select(work.c.id, work.c.result).where(wanted)).all()
        return {row.id: json.loads(row.result) for row in rows}

    def latest_results(self, since: float, limit: int) -> list[StudyResult]:
        """The results of studies that came since then, the newest first, without those that cannot be read."""
        earlier = work.alias("earlier")
        old = exists().where(earlier.c.study_uid == work.c.study_uid, earlier.c.created_at < since)
        wanted = work.c.state.in_(WITH_RESULT) & work.c.result.is_not(None) & ~old
        with self._engine.begin() as db:
            rows = db.execute(
                select(work.c.result).where(wanted).order_by(work.c.finished_at.desc()).limit(limit)
            ).all()
        return list(readable_results(json.loads(row.result) for row in rows))

    def counts(self) -> dict[State, int]:
        """How many rows are in each state."""
        with self._engine.begin() as db:
            rows = db.execute(select(work.c.state, func.count()).group_by(work.c.state)).all()
        found = {State(state): int(count) for state, count in rows}
        return {state: found.get(state, 0) for state in State}

    def oldest_waiting_s(self, now: float) -> float:
        """How long the first in the queue has waited for a worker, by the ledger's steady clock; what was asked for in bulk may wait."""
        waiting = (work.c.state == State.READY) & ~work.c.background
        with self._engine.begin() as db:
            since = db.execute(select(func.min(work.c.waiting_since)).where(waiting)).scalar()
        return 0.0 if since is None else max(0.0, now - since)

    def failing_in_a_row(self) -> int:
        """How many studies the latest attempts were of, all of which ended in a fault; 0 once any study has got an answer."""
        e = events.c
        outcomes = select(e.study_uid, e.event).where(e.event.in_((*_ANSWERS, *_FAULTS)))
        with self._engine.begin() as db:
            rows = db.execute(outcomes.order_by(e.id.desc()).limit(_LATEST)).all()
        return len({row.study_uid for row in takewhile(lambda row: row.event in _FAULTS, rows)})
