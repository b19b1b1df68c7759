"""The memory of the service: what must be scored, for exactly which input, and everything that happened to it.

Every change is one transaction and goes through the table in `states`, so that a process killed at any moment leaves a
ledger that says something true. Work is done at least once; results are idempotent, for their UIDs follow from the input.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, exists, func, insert, or_, select, update

from service.ledger_database import open_database
from service.ledger_scores import index_result
from service.ledger_statements import (
    MOLECULAR,
    STEERING,
    Said,
    any_patient,
    keep_statement,
    keep_statement_of_patient,
    link,
    linked_rightly,
    merged,
    said_of,
    said_of_patient,
    said_of_study_or_patient,
)
from service.ledger_tables import cursor, events, work
from service.outbox import Announce, Outcome
from service.states import Event, State, after

#: Who acts when no person asked.
SERVICE = "service"
#: Stands for: what was said before stays.
KEEP: Said = {}
_NOT_YET_SCORED = (State.READY, State.WAITING)
_REPLACEABLE = (*_NOT_YET_SCORED, State.SCORED, State.REFUSED, State.FAILED)


@dataclass(frozen=True)
class Arrival:
    """Instances of one study that have come, as Orthanc tells them."""

    study_uid: str
    orthanc_id: str
    instances: int
    stable: bool = False


@dataclass(frozen=True)
class Cursor:
    """How far Orthanc's change log has been read. The resource tells whether it is still the same log."""

    seq: int
    resource_id: str = ""


@dataclass(frozen=True)
class Claim:
    """A study that was taken up to be scored."""

    work_id: int
    study_uid: str
    input_hash: str
    attempt: int


@dataclass(frozen=True)
class Candidate:
    """A study whose input must be looked at."""

    work_id: int
    study_uid: str
    orthanc_id: str
    arrivals: int
    take_as_it_is: bool
    """Wait no longer: it is stable, or a person asked."""
    asked_for: bool
    """A person asked, and is owed an answer."""


class ChangedElsewhere(Exception):
    """Another process changed a row between our reading and writing it."""


class Ledger:
    """All writing. Reading for people is in `ledger_reading`. Threads may share one."""

    def __init__(
        self, url: str, now: Callable[[], float] = time.time, announce: Announce = lambda db, outcome: None
    ) -> None:
        """`announce` is told how every attempt has ended, and may write beside it."""
        self.engine: Engine = open_database(url)
        self.reading: Engine = self.engine.execution_options(reads_only=True)
        self._now = now
        self._announce = announce

    def close(self) -> None:
        self.engine.dispose()

    # ------------------------------------------------------------------------------------------------- watcher: arrivals

    def place(self) -> Cursor | None:
        """Where to read on in Orthanc's change log; None before the first start."""
        with self.reading.begin() as db:
            row = db.execute(select(cursor.c.seq, cursor.c.resource_id)).first()
        return Cursor(row.seq, row.resource_id) if row else None

    def arrived(self, arrivals: Iterable[Arrival], place: Cursor, stable: Sequence[str] = ()) -> None:
        """Take note of what a page of the change log said, and of having read it, as one."""
        with self.engine.begin() as db:
            for arrival in arrivals:
                self._note_arrival(db, arrival)
            if stable:
                receiving = (work.c.state == State.RECEIVING) & work.c.orthanc_id.in_(stable)
                db.execute(update(work).where(receiving).values(stable=True))
            if db.execute(update(cursor).values(seq=place.seq, resource_id=place.resource_id)).rowcount == 0:
                db.execute(insert(cursor).values(name="changes", seq=place.seq, resource_id=place.resource_id))

    def _note_arrival(self, db: Connection, arrival: Arrival) -> None:
        now = self._now()
        row = _receiving(db, arrival.study_uid)
        if row is None:
            self._new_row(
                db, arrival.study_uid, arrival.orthanc_id, Event.ARRIVED, SERVICE, arrival.instances, arrival.stable
            )
            return
        after(State.RECEIVING, Event.ARRIVED)
        more = {
            "instances": row.instances + arrival.instances,
            "arrivals": row.arrivals + 1,
            "stable": arrival.stable,
            "last_arrival_at": now,
            "examine_after": 0.0,
            "updated_at": now,
            "orthanc_id": arrival.orthanc_id,
            "background": False,
        }
        db.execute(update(work).where(work.c.id == row.id).values(**more))

    def _new_row(
        self,
        db: Connection,
        study_uid: str,
        orthanc_id: str,
        why: Event,
        who: str,
        instances: int = 0,
        stable: bool = False,
        detail: str = "",
        background: bool = False,
    ) -> None:
        now = self._now()
        first = after(None, why)
        assert first is not None
        values = {
            "study_uid": study_uid, "orthanc_id": orthanc_id, "state": first, "turn": _next_turn(db),
            "instances": instances, "arrivals": 1, "last_arrival_at": now, "stable": stable,
            "asked_by": who if why is Event.RESCORE and not background else "", "background": background,
            "created_at": now, "updated_at": now,
        }  # fmt: skip
        key = db.execute(insert(work).values(**values)).inserted_primary_key
        assert key is not None
        self._record(db, key[0], study_uid, why, None, first, who, detail)

    def ask_for_rescore(
        self,
        study_uid: str,
        orthanc_id: str,
        who: str,
        detail: str = "",
        steering: Said | None = KEEP,
        molecular: Said | None = KEEP,
    ) -> None:
        """A person wants this study scored now, with what has arrived and with today's settings.

        What that input is must be looked at first, so the wish is kept on a row that is `receiving`. `steering` and
        `molecular` are kept for every later run too; None takes back what was said before.
        """
        with self.engine.begin() as db:
            for about, said in ((STEERING, steering), (MOLECULAR, molecular)):
                if said is not KEEP:
                    keep_statement(db, study_uid, about, said, who, self._now())
            self._ask(db, study_uid, orthanc_id, who, detail)

    def _ask(self, db: Connection, study_uid: str, orthanc_id: str, who: str, detail: str) -> None:
        row = _receiving(db, study_uid)
        if row is None:
            self._new_row(db, study_uid, orthanc_id, Event.RESCORE, who, detail=detail)
        else:
            wish = {"asked_by": who, "examine_after": 0.0, "background": False}
            self._move(db, row, Event.RESCORE, detail, who=who, **wish)

    def ask_for_renewal(self, studies: Iterable[tuple[str, str]], who: str, detail: str) -> int:
        """Scored studies (with Orthanc's identifiers) are looked at anew, behind all that arrives; how many are.

        Unlike after a wish for one study, an input that is still the same stays as it is.
        """
        asked = 0
        with self.engine.begin() as db:
            for study_uid, orthanc_id in studies:
                if _receiving(db, study_uid) is None:
                    why = Event.RESCORE
                    self._new_row(db, study_uid, orthanc_id, why, who, stable=True, detail=detail, background=True)
                    asked += 1
        return asked

    def learn(self, study_uid: str, orthanc_id: str, told: Said, who: str) -> tuple[Said | None, bool]:
        """Molecular findings of a study, beside what was said before; None takes back. What is known now, and if it is news.

        Read, put together and kept as one, so that of two who tell different things at once neither is lost.
        """
        with self.engine.begin() as db:
            before = said_of(db, study_uid, MOLECULAR)
            known = merged(before, told)
            if known == before:
                return known, False
            keep_statement(db, study_uid, MOLECULAR, known, who, self._now())
            self._ask(db, study_uid, orthanc_id, who, _told_of(known))
        return known, True

    def learn_of_patient(
        self, patient_id: str, studies: Iterable[tuple[str, str]], told: Said, who: str
    ) -> tuple[Said | None, bool]:
        """The same of a patient; `studies` are those that are there now. Later ones are linked when they are looked at."""
        with self.engine.begin() as db:
            before = said_of_patient(db, patient_id, MOLECULAR)
            known = merged(before, told)
            if known == before:
                return known, False
            keep_statement_of_patient(db, patient_id, MOLECULAR, known, who, self._now())
            for study_uid, orthanc_id in studies:
                link(db, study_uid, patient_id)
                self._ask(db, study_uid, orthanc_id, who, _told_of(known))
        return known, True

    def knows_patients(self) -> bool:
        """Something was said of some patient."""
        with self.reading.begin() as db:
            return any_patient(db)

    def is_of_patient(self, study_uid: str, patient_id: str) -> None:
        """Seen in the study's headers; kept where something was said of the patient."""
        with self.reading.begin() as db:
            if linked_rightly(db, study_uid, patient_id):
                return
        with self.engine.begin() as db:
            link(db, study_uid, patient_id)

    def steering_of(self, study_uid: str) -> Said | None:
        """Where a person said that this study's lesions are; None where nobody did."""
        with self.reading.begin() as db:
            return said_of(db, study_uid, STEERING)

    def molecular_of(self, study_uid: str) -> Said | None:
        """What the site knows of this study's tumour from elsewhere, by study or patient; None where nobody said anything."""
        with self.reading.begin() as db:
            return said_of_study_or_patient(db, study_uid, MOLECULAR)

    def answers_to(self, study_uid: str, most: int = 4) -> tuple[dict[str, Any], ...]:
        """The newest results of a study, whatever input they were computed from."""
        wanted = (work.c.study_uid == study_uid) & work.c.result.is_not(None)
        newest = select(work.c.result).where(wanted).order_by(work.c.finished_at.desc()).limit(most)
        with self.reading.begin() as db:
            return tuple(json.loads(row.result) for row in db.execute(newest).all())

    # ---------------------------------------------------------------------------------------------- watcher: settling

    def to_examine(self, quiet_s: float, stable_s: float) -> list[Candidate]:
        """Receiving studies that have fallen quiet since they were last looked at, or that must wait no longer."""
        now = self._now()
        c = work.c
        over = or_(c.stable, c.asked_by != "", c.last_arrival_at <= now - stable_s)
        quiet = (c.last_arrival_at <= now - quiet_s) & (c.examined_arrivals < c.arrivals)
        # `quiet` for a study that Orthanc calls stable too: its own StableAge may be shorter than our patience.
        settled = or_(c.asked_by != "", c.last_arrival_at <= now - quiet_s) & over
        due = (c.state == State.RECEIVING) & (c.examine_after <= now) & or_(quiet, settled)
        columns = (c.id, c.study_uid, c.orthanc_id, c.arrivals, over.label("over"), c.asked_by)
        with self.reading.begin() as db:
            rows = db.execute(select(*columns).where(due).order_by(c.background, c.last_arrival_at)).all()
        return [Candidate(r.id, r.study_uid, r.orthanc_id, r.arrivals, bool(r.over), bool(r.asked_by)) for r in rows]

    def any_receiving(self) -> bool:
        with self.reading.begin() as db:
            return db.execute(select(work.c.id).where(work.c.state == State.RECEIVING).limit(1)).first() is not None

    def incomplete(self, candidate: Candidate, code: str, reason: str) -> None:
        """It was looked at and lacks something; look again when more has come."""
        with self.engine.begin() as db:
            unchanged = (work.c.id == candidate.work_id) & (work.c.arrivals == candidate.arrivals)
            seen = {"examined_arrivals": candidate.arrivals, "code": code, "reason": reason}
            db.execute(update(work).where(unchanged).values(**seen))

    def examine_later(self, candidate: Candidate, delay_s: float, code: str, reason: str) -> None:
        """It could not be looked at; other studies go first."""
        with self.engine.begin() as db:
            later = {"examine_after": self._now() + delay_s, "code": code, "reason": reason}
            db.execute(update(work).where(work.c.id == candidate.work_id).values(**later))

    def settle(self, candidate: Candidate, input_hash: str) -> State | None:
        """The input is known now. Returns the state of the row that stands for it, None if more came meanwhile.

        The same input a second time is nothing to do, unless a person asked for it.
        """
        with self.engine.begin() as db:
            row = _row(db, candidate.work_id)
            if row is None or row.arrivals != candidate.arrivals:
                return None
            known = db.execute(
                select(work).where(work.c.study_uid == row.study_uid, work.c.input_hash == input_hash)
            ).first()
            if known is not None:
                return self._same_again(db, row, known)
            detail = f"{row.instances} new instances" if row.instances else ""
            self._move(
                db,
                row,
                Event.SETTLED,
                detail,
                input_hash=input_hash,
                turn=_next_turn(db),
                code="",
                reason="",
                asked_by="",
            )
            self._supersede_others(db, row.id, row.study_uid, _NOT_YET_SCORED, "a newer input has arrived")
            return State.READY

    def _same_again(self, db: Connection, receiving: Row[Any], known: Row[Any]) -> State:
        self._record(
            db, known.id, receiving.study_uid, Event.NOTHING_TO_DO, State.RECEIVING,
            after(State.RECEIVING, Event.NOTHING_TO_DO), SERVICE, "the same input is known already",
        )  # fmt: skip
        # What happened to the row that goes stays in the timeline of the one that remains.
        db.execute(update(events).where(events.c.work_id == receiving.id).values(work_id=known.id))
        db.execute(delete(work).where(work.c.id == receiving.id))
        state = State(known.state)
        busy = state in (State.READY, State.RUNNING)
        # A fault may have passed; a refusal of the same input has not.
        once_more = state is State.FAILED and bool(receiving.background)
        if busy or (state is not State.SUPERSEDED and not once_more and not receiving.asked_by):
            return state
        # Asked for; or instances were deleted, so that an input of the past is the current one again.
        why = "it had failed" if once_more else "the study is again as it was then"
        detail = f"asked for by {receiving.asked_by}" if receiving.asked_by else why
        renewed = {
            "background": bool(receiving.background),
            "attempts": 0,
            "turn": _next_turn(db),
            "code": "",
            "reason": "",
            "next_attempt_at": 0.0,
        }
        return self._move(db, known, Event.RESCORE, detail, receiving.asked_by or SERVICE, **renewed)

    def forget(self, candidate: Candidate) -> None:
        """No study of ours after all."""
        with self.engine.begin() as db:
            row = _row(db, candidate.work_id)
            if row is None or row.arrivals != candidate.arrivals:
                return
            after(State(row.state), Event.NOTHING_TO_DO)
            db.execute(delete(events).where(events.c.work_id == row.id))
            db.execute(delete(work).where(work.c.id == row.id))

    # ----------------------------------------------------------------------------------------------------------- engine

    def claim(self) -> Claim | None:
        """Take up the study that has waited longest; what was asked for in bulk comes behind all else. Retries whose back-off is over queue behind what is ready."""
        now = self._now()
        with self.engine.begin() as db:
            due = (work.c.state == State.WAITING) & (work.c.next_attempt_at <= now)
            for late in db.execute(select(work).where(due)).all():
                self._move(db, late, Event.BACK_OFF_OVER)
            # Two inputs of one study are never scored at once: the older one could then be stored last.
            other = work.alias("other")
            taken = exists().where(other.c.study_uid == work.c.study_uid, other.c.state == State.RUNNING)
            ready = select(work).where(work.c.state == State.READY, ~taken)
            row = db.execute(ready.order_by(work.c.background, work.c.attempts > 0, work.c.turn).limit(1)).first()
            if row is None:
                return None
            attempt = row.attempts + 1
            begun = {"attempts": attempt, "started_at": now, "finished_at": None, "stage": "", "progress": 0.0}
            self._move(db, row, Event.STARTED, f"attempt {attempt}", **begun)
        return Claim(row.id, row.study_uid, row.input_hash, attempt)

    def progress(self, work_id: int, stage: str, fraction: float) -> None:
        with self.engine.begin() as db:
            running = (work.c.id == work_id) & (work.c.state == State.RUNNING)
            db.execute(update(work).where(running).values(stage=stage, progress=fraction, updated_at=self._now()))

    def succeeded(self, claim: Claim, input_hash: str, result: dict[str, Any]) -> State:
        """Keep the result under the input that it was computed from: more may have come after the study was claimed."""
        with self.engine.begin() as db:
            row = _expect(db, claim.work_id)
            detail = ""
            if input_hash != row.input_hash:
                of_this_input = (work.c.study_uid == row.study_uid) & (work.c.input_hash == input_hash)
                if db.execute(select(work.c.id).where(of_this_input)).first() is not None:
                    # The newer input has a row of its own; when it runs, it finds the same objects stored already.
                    return self._finish(db, row, Event.SUPERSEDED, "the study changed before its images were read")
                detail = "with images that came after the study was taken up"
            kept = {"code": "", "reason": "", "progress": 1.0, "result": json.dumps(result), "input_hash": input_hash}
            self._finish(db, row, Event.SUCCEEDED, detail, **kept)
            index_result(db, row.id, result)
            self._supersede_others(db, row.id, row.study_uid, _REPLACEABLE, "a newer input has been scored", row.turn)
            return State.SCORED

    def refused(self, claim: Claim, code: str, reason: str) -> None:
        with self.engine.begin() as db:
            row = _expect(db, claim.work_id)
            self._finish(db, row, Event.REFUSED, reason, code=code, reason=reason, result=None)
            index_result(db, row.id, None)

    def faulted(self, claim: Claim, code: str, reason: str, retry_in_s: float | None) -> State:
        """A fault: tried again after a while, or given up if `retry_in_s` is None."""
        with self.engine.begin() as db:
            row = _expect(db, claim.work_id)
            kept = {"code": code, "reason": reason}
            if retry_in_s is None:
                return self._finish(db, row, Event.GAVE_UP, reason, **kept)
            at = self._now() + retry_in_s
            return self._finish(db, row, Event.FAULTED, reason, next_attempt_at=at, **kept)

    def interrupted(self, claim: Claim, detail: str) -> None:
        """The service stops in an orderly way: that attempt does not count."""
        with self.engine.begin() as db:
            row = _expect(db, claim.work_id)
            self._move(db, row, Event.INTERRUPTED, detail, attempts=row.attempts - 1, stage="", progress=0.0)

    def recover(self, attempts: int) -> list[str]:
        """At the start: what a killed service left running. Such an attempt counts, or a study that kills us never ends."""
        with self.engine.begin() as db:
            left = db.execute(select(work).where(work.c.state == State.RUNNING)).all()
            for row in left:
                if row.attempts < attempts:
                    self._move(db, row, Event.INTERRUPTED, "the service ended while it ran", stage="", progress=0.0)
                else:
                    reason = f"The service ended {row.attempts} times while this study was being scored."
                    self._finish(db, row, Event.GAVE_UP, reason, code="service-ended", reason=reason)
        return [row.study_uid for row in left]

    # --------------------------------------------------------------------------------------------------------- the core

    def _finish(self, db: Connection, row: Row[Any], why: Event, detail: str, **values: Any) -> State:
        now = self._now()
        state = self._move(db, row, why, detail, finished_at=now, **values)
        told = {key: values.get(key) or "" for key in ("code", "reason", "result")}
        self._announce(db, Outcome(state, row.study_uid, now, **told))
        return state

    def _move(
        self, db: Connection, row: Row[Any], why: Event, detail: str = "", who: str = SERVICE, **values: Any
    ) -> State:
        """The only way to change a state."""
        old = State(row.state)
        new = after(old, why)
        assert new is not None
        now = self._now()
        as_read = (work.c.id == row.id) & (work.c.state == old)
        changed = db.execute(update(work).where(as_read).values(state=new, updated_at=now, **values)).rowcount
        if changed != 1:  # only possible where two services share one database
            raise ChangedElsewhere(f"work {row.id} was changed by another service")
        self._record(db, row.id, row.study_uid, why, old, new, who, detail)
        return new

    def _record(
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
        entry = {"from_state": old, "to_state": new, "who": who, "detail": detail, "event": why, "at": self._now()}
        db.execute(insert(events).values(work_id=work_id, study_uid=study_uid, **entry))

    def _supersede_others(
        self,
        db: Connection,
        work_id: int,
        study_uid: str,
        states: Sequence[State],
        detail: str,
        turn: int | None = None,
    ) -> None:
        others = select(work).where(work.c.study_uid == study_uid, work.c.id != work_id, work.c.state.in_(states))
        if turn is not None:
            others = others.where(work.c.turn < turn)
        for row in db.execute(others).all():
            self._move(db, row, Event.SUPERSEDED, detail)


def _told_of(known: Said | None) -> str:
    """For the timeline. The numbers stay out of it, for more people read it; who said them, and when, is kept."""
    return f"molecular findings: {', '.join(known or ()) or 'none any more'}"


def _row(db: Connection, work_id: int) -> Row[Any] | None:
    return db.execute(select(work).where(work.c.id == work_id)).first()


def _expect(db: Connection, work_id: int) -> Row[Any]:
    return db.execute(select(work).where(work.c.id == work_id)).one()


def _receiving(db: Connection, study_uid: str) -> Row[Any] | None:
    return db.execute(select(work).where(work.c.study_uid == study_uid, work.c.state == State.RECEIVING)).first()


def _next_turn(db: Connection) -> int:
    return int(db.execute(select(func.coalesce(func.max(work.c.turn), 0))).scalar_one()) + 1
