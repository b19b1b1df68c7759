"""The rows of work, a study with one input each, and the only way to change the state of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from tilscope.models import PIPELINE_VERSION
from tilscope.service.ledger.annotations import unlink_unknown
from tilscope.service.ledger.outcomes import Announce, StudyOutcome
from tilscope.service.ledger.states import WITH_RESULT, Event, State, after
from tilscope.service.ledger.tables import events, work

#: Who acts when no person asked.
SERVICE = "service"


class ChangedElsewhere(Exception):
    """Another process changed a row between our reading and writing it."""


class WorkRows:
    """What all who write into the ledger have in common. Changes are made inside the caller's transaction."""

    def __init__(
        self, engine: Engine, reading: Engine, now: Callable[[], float], steady: Callable[[], float], announce: Announce
    ) -> None:
        """`now` gives the moments that people read, `steady` those that are waited for."""
        self.engine = engine
        self.reading = reading
        self.now = now
        self.steady = steady
        self._announce = announce

    def add(
        self, db: Connection, study_uid: str, orthanc_id: str, why: Event, who: str, detail: str = "", **values: Any
    ) -> None:
        """Add a row for a study whose input is not known yet."""
        now = self.now()
        first = after(None, why)
        assert first is not None
        given = {
            "study_uid": study_uid, "orthanc_id": orthanc_id, "state": first, "turn": next_turn(db), "arrivals": 1,
            "last_arrival_at": self.steady(), "created_at": now, "updated_at": now, **values,
        }  # fmt: skip
        key = db.execute(insert(work).values(**given)).inserted_primary_key
        assert key is not None
        self.record(db, key[0], study_uid, why, None, first, who, detail)

    def move(
        self, db: Connection, row: Row[Any], why: Event, detail: str = "", who: str = SERVICE, **values: Any
    ) -> State:
        """The only way to change a state. What becomes ready joins the end of the queue, unless it was only interrupted."""
        old = State(row.state)
        new = after(old, why)
        assert new is not None
        if new is State.READY and why is not Event.INTERRUPTED:
            values.setdefault("waiting_since", self.steady())
        as_read = (work.c.id == row.id) & (work.c.state == old)
        changed = db.execute(update(work).where(as_read).values(state=new, updated_at=self.now(), **values)).rowcount
        if changed != 1:  # only possible where two services share one database
            raise ChangedElsewhere(f"work {row.id} was changed by another service")
        self.record(db, row.id, row.study_uid, why, old, new, who, detail)
        return new

    def finish(self, db: Connection, row: Row[Any], why: Event, detail: str, **values: Any) -> State:
        """Record that an attempt has ended, and announce it."""
        now = self.now()
        state = self.move(db, row, why, detail, finished_at=now, version=PIPELINE_VERSION, **values)
        details = {key: values.get(key) or "" for key in ("code", "reason", "result")}
        self._announce(db, StudyOutcome(state, row.study_uid, now, **details))
        return state

    def supersede_others(
        self, db: Connection, row: Row[Any], states: Sequence[State], detail: str, before: int | None = None
    ) -> None:
        """Mark other rows of the same study in one of these states as superseded; with `before`, only those of earlier turns."""
        others = select(work).where(work.c.study_uid == row.study_uid, work.c.id != row.id, work.c.state.in_(states))
        if before is not None:
            others = others.where(work.c.turn < before)
        for other in db.execute(others).all():
            self.move(db, other, Event.SUPERSEDED, detail)

    def end_deleted(self, db: Connection, study_uid: str) -> None:
        """No input of a study that is gone from the archive is waited for, or offered, any more."""
        ended = work.c.state.in_((State.READY, State.WAITING, *WITH_RESULT, State.REFUSED, State.FAILED))
        for row in db.execute(select(work).where(work.c.study_uid == study_uid, ended).order_by(work.c.turn)).all():
            self.move(db, row, Event.DELETED, asked_by="")

    def drop(self, db: Connection, row: Row[Any]) -> None:
        """Remove a study that is not to be scored, with its timeline."""
        after(State(row.state), Event.NOTHING_TO_DO)
        db.execute(delete(events).where(events.c.work_id == row.id))
        db.execute(delete(work).where(work.c.id == row.id))
        unlink_unknown(db, row.study_uid)

    def record(
        self,
        db: Connection,
        work_id: int,
        study_uid: str,
        why: Event,
        old: State | None,
        new: State | None,
        who: str,
        detail: str,
    ) -> None:
        """Add a line to the study's timeline."""
        entry = {"from_state": old, "to_state": new, "who": who, "detail": detail, "event": why, "at": self.now()}
        db.execute(insert(events).values(work_id=work_id, study_uid=study_uid, **entry))


def receiving(db: Connection, study_uid: str) -> Row[Any] | None:
    """The row on which a study's images are gathered."""
    return db.execute(select(work).where(work.c.study_uid == study_uid, work.c.state == State.RECEIVING)).first()


def next_turn(db: Connection) -> int:
    return int(db.execute(select(func.coalesce(func.max(work.c.turn), 0))).scalar_one()) + 1
