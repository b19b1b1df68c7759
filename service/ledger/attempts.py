"""What the engine writes: which study is being scored, how far that is, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select, update

from tilscope.models.result import StudyResult
from tilscope.models.result_schema import readable_results
from tilscope.service.ledger.earlier_results import leave_as_it_was, undecided_of
from tilscope.service.ledger.scores import index_result
from tilscope.service.ledger.states import WITH_RESULT, Event, State
from tilscope.service.ledger.tables import work
from tilscope.service.ledger.work_rows import WorkRows, next_turn
from tilscope.service.ledger.worklist import largest_candidate_cc

#: Of the refusal of a study that is not there.
NOT_IN_ARCHIVE = "no-such-study"
_REPLACEABLE = (State.READY, State.WAITING, *WITH_RESULT, State.REFUSED, State.FAILED)


@dataclass(frozen=True)
class Claim:
    """A study that was taken up to be scored."""

    work_id: int
    study_uid: str
    input_hash: str
    attempt: int
    result_stands: bool = False
    """A person's request: if it comes to nothing, the result of before stands, and the archive is left as it is."""


class Attempts:
    """Attempts to score the studies that are ready."""

    def __init__(self, rows: WorkRows) -> None:
        self._rows = rows

    def claim(self, behind: Collection[str] = ()) -> Claim | None:
        """Take up the study that has waited longest.

        A study joins the end of the queue when its input has settled, when a person asks for it or when its back-off is over,
        keeps its place when it was interrupted, and stands behind all others if it was asked for in bulk. The studies in
        `behind` come last.
        """
        now = self._rows.now()
        with self._rows.engine.begin() as db:
            due = (work.c.state == State.WAITING) & (work.c.next_attempt_at <= self._rows.steady())
            for late in db.execute(select(work).where(due)).all():
                self._rows.move(db, late, Event.BACK_OFF_OVER, waiting_since=late.next_attempt_at)
            # Two inputs of one study are never scored at once: the older one could then be stored last.
            other = work.alias("other")
            taken = exists().where(other.c.study_uid == work.c.study_uid, other.c.state == State.RUNNING)
            ready = select(work).where(work.c.state == State.READY, ~taken)
            last = work.c.study_uid.in_(behind)
            order = (last, work.c.background, work.c.waiting_since, work.c.turn)
            row = db.execute(ready.order_by(*order).limit(1)).first()
            if row is None:
                return None
            attempt = row.attempts + 1
            begun = {"attempts": attempt, "started_at": now, "finished_at": None, "stage": "", "progress": 0.0}
            self._rows.move(db, row, Event.STARTED, f"attempt {attempt}", **begun)
        return Claim(row.id, row.study_uid, row.input_hash, attempt, bool(row.request))

    def waiting(self) -> int:
        """How many studies are ready to be taken up."""
        with self._rows.reading.begin() as db:
            return int(db.execute(select(func.count()).where(work.c.state == State.READY)).scalar_one())

    def waiting_or_put_off(self) -> int:
        """The same, with those that wait for another attempt."""
        wanted = work.c.state.in_((State.READY, State.WAITING))
        with self._rows.reading.begin() as db:
            return int(db.execute(select(func.count()).where(wanted)).scalar_one())

    def unfinished(self) -> list[str]:
        """The studies that are still to be scored."""
        wanted = work.c.state.in_((State.READY, State.RUNNING, State.WAITING))
        with self._rows.reading.begin() as db:
            return list(db.execute(select(work.c.study_uid).where(wanted).distinct()).scalars())

    def answers_to(self, study_uid: str, most: int = 4) -> tuple[StudyResult, ...]:
        """The newest results of a study that can be read, whatever input they were computed from."""
        wanted = (work.c.study_uid == study_uid) & work.c.result.is_not(None)
        newest = select(work.c.result).where(wanted).order_by(work.c.finished_at.desc()).limit(most)
        with self._rows.reading.begin() as db:
            rows = db.execute(newest).all()
        return tuple(readable_results(json.loads(row.result) for row in rows))

    def progress(self, work_id: int, stage: str, fraction: float) -> None:
        with self._rows.engine.begin() as db:
            running = (work.c.id == work_id) & (work.c.state == State.RUNNING)
            values = {"stage": stage, "progress": fraction, "updated_at": self._rows.now()}
            db.execute(update(work).where(running).values(**values))

    def succeeded(self, claim: Claim, input_hash: str, result: dict[str, Any]) -> State:
        """Keep the result under the input that it was computed from: more may have come after the study was claimed.

        Where it holds candidates, the study waits for a reader.
        """
        undecided = undecided_of(result)
        with self._rows.engine.begin() as db:
            row = _claimed(db, claim)
            detail = ""
            if input_hash != row.input_hash:
                of_this_input = (work.c.study_uid == row.study_uid) & (work.c.input_hash == input_hash)
                if (other := db.execute(select(work).where(of_this_input)).first()) is not None:
                    # That input has a row of its own; when it is scored, the same objects are stored already.
                    changed = "the study changed before its images were read"
                    state = self._rows.finish(db, row, Event.SUPERSEDED, changed)
                    if other.turn < row.turn:
                        self._make_current(db, other)
                    return state
                detail = "with images that came after the study was taken up"
            code = "needs-a-reader" if undecided else ""
            kept = {
                "code": code,
                "reason": undecided,
                "progress": 1.0,
                "result": json.dumps(result),
                "candidate_cc": largest_candidate_cc(result),
                "input_hash": input_hash,
                "request": None,
            }
            why = Event.UNDECIDED if undecided else Event.SUCCEEDED
            state = self._rows.finish(db, row, why, detail, **kept)
            index_result(db, row.id, result)
            self._rows.supersede_others(db, row, _REPLACEABLE, "a newer input has been scored", before=row.turn)
            return state

    def _make_current(self, db: Connection, earlier: Row[Any]) -> None:
        """Images were deleted, so that the study is again what it was: the row of that input is the one that counts."""
        turn = next_turn(db)
        if earlier.state in WITH_RESULT:
            db.execute(update(work).where(work.c.id == earlier.id).values(turn=turn))
        else:
            anew: dict[str, Any] = {"turn": turn, "attempts": 0, "code": "", "reason": "", "request": None}
            self._rows.move(db, earlier, Event.RESCORE, "the study is again as it was then", **anew)

    def refused(self, claim: Claim, code: str, reason: str) -> State:
        """Refused for good; or the study was deleted while it was scored."""
        why = Event.DELETED if code == NOT_IN_ARCHIVE else Event.REFUSED
        with self._rows.engine.begin() as db:
            row = _claimed(db, claim)
            if why is Event.REFUSED and (stands := leave_as_it_was(self._rows, db, row, why, code, reason)) is not None:
                return stands
            state = self._rows.finish(db, row, why, reason, code=code, reason=reason, result=None)
            index_result(db, row.id, None)
            if state is State.DELETED:
                self._rows.end_deleted(db, row.study_uid)
            return state

    def faulted(self, claim: Claim, code: str, reason: str, retry_in_s: float | None, counts: bool = True) -> State:
        """A fault: tried again after a while, or given up if `retry_in_s` is None.

        `counts` is False where it is not the study's: then the attempt is not one of those that it has.
        """
        kept = {"code": code, "reason": reason}
        with self._rows.engine.begin() as db:
            row = _claimed(db, claim)
            if retry_in_s is None:
                if leave_as_it_was(self._rows, db, row, Event.GAVE_UP, code, reason) is not None:
                    return State.FAILED
                return self._rows.finish(db, row, Event.GAVE_UP, reason, **kept)
            again = {"next_attempt_at": self._rows.steady() + retry_in_s, "attempts": row.attempts - (not counts)}
            return self._rows.finish(db, row, Event.FAULTED, reason, **kept, **again)

    def interrupted(self, claim: Claim, detail: str) -> None:
        """The service stops in an orderly way: the study is ready again, and the attempt does not count."""
        with self._rows.engine.begin() as db:
            row = _claimed(db, claim)
            as_before = {"attempts": row.attempts - 1, "stage": "", "progress": 0.0}
            self._rows.move(db, row, Event.INTERRUPTED, detail, **as_before)

    def recover(self, attempts: int) -> list[str]:
        """At the start: put back what a killed service left running; returns the studies.

        Such an attempt counts, else a study that kills the service would be tried for ever.
        """
        with self._rows.engine.begin() as db:
            left = db.execute(select(work).where(work.c.state == State.RUNNING)).all()
            for row in left:
                if row.attempts < attempts:
                    detail = "the service ended while it ran"
                    self._rows.move(db, row, Event.INTERRUPTED, detail, stage="", progress=0.0)
                else:
                    reason = f"The service ended {row.attempts} times while this study was being scored."
                    if leave_as_it_was(self._rows, db, row, Event.GAVE_UP, "service-ended", reason) is None:
                        self._rows.finish(db, row, Event.GAVE_UP, reason, code="service-ended", reason=reason)
        return [row.study_uid for row in left]


def _claimed(db: Connection, claim: Claim) -> Row[Any]:
    return db.execute(select(work).where(work.c.id == claim.work_id)).one()
