"""What the watcher writes: which images have come, and when that makes an input that can be scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from tilscope.models.refusals import MENDED_BY_SENDING_AGAIN
from tilscope.service.ledger.earlier_results import request_to_keep
from tilscope.service.ledger.states import WITH_RESULT, Event, State, after
from tilscope.service.ledger.tables import cursor, events, work
from tilscope.service.ledger.work_rows import SERVICE, WorkRows, next_turn, receiving

_NOT_YET_SCORED = (State.READY, State.WAITING)


@dataclass(frozen=True)
class Arrival:
    """Instances of one study that have arrived, as Orthanc's change log has them."""

    study_uid: str
    orthanc_id: str
    instances: int
    stable: bool = False


@dataclass(frozen=True)
class Cursor:
    """How far Orthanc's change log has been read. The resource shows whether it is still the same log."""

    seq: int
    resource_id: str = ""


@dataclass(frozen=True)
class StudyToExamine:
    """A study whose headers must be inspected."""

    work_id: int
    study_uid: str
    orthanc_id: str
    arrivals: int
    take_as_it_is: bool
    """Wait no longer: it is stable, or a person asked."""
    asked_for: bool
    """A person asked, and must get an outcome: scored, refused or failed."""


class Receiving:
    """Studies whose input is not known yet."""

    def __init__(self, rows: WorkRows) -> None:
        self._rows = rows

    # --------------------------------------------------------------------------------------------------------- arrivals

    def place(self) -> Cursor | None:
        """Where to read on in Orthanc's change log; None before the first start."""
        with self._rows.reading.begin() as db:
            row = db.execute(select(cursor.c.seq, cursor.c.resource_id)).first()
        return Cursor(row.seq, row.resource_id) if row else None

    def arrived(self, arrivals: Iterable[Arrival], place: Cursor, stable: Sequence[str] = ()) -> None:
        """Record the arrivals of one page of the change log and how far it is read, in one transaction."""
        with self._rows.engine.begin() as db:
            for arrival in arrivals:
                self._record_arrival(db, arrival)
            if stable:
                these = (work.c.state == State.RECEIVING) & work.c.orthanc_id.in_(stable)
                db.execute(update(work).where(these).values(stable=True))
            if db.execute(update(cursor).values(seq=place.seq, resource_id=place.resource_id)).rowcount == 0:
                db.execute(insert(cursor).values(name="changes", seq=place.seq, resource_id=place.resource_id))

    def _record_arrival(self, db: Connection, arrival: Arrival) -> None:
        row = receiving(db, arrival.study_uid)
        if row is None:
            self._rows.add(
                db, arrival.study_uid, arrival.orthanc_id, Event.ARRIVED, SERVICE,
                instances=arrival.instances, stable=arrival.stable,
            )  # fmt: skip
            return
        after(State.RECEIVING, Event.ARRIVED)
        now = self._rows.now()
        more = {
            "instances": row.instances + arrival.instances,
            "arrivals": row.arrivals + 1,
            "stable": arrival.stable,
            "last_arrival_at": self._rows.steady(),
            "examine_after": 0.0,
            "updated_at": now,
            "orthanc_id": arrival.orthanc_id,
            "background": False,
        }
        db.execute(update(work).where(work.c.id == row.id).values(**more))

    # --------------------------------------------------------------------------------------------------------- settling

    def to_examine(self, quiet_s: float, stable_s: float) -> list[StudyToExamine]:
        """Studies that have fallen quiet since they were last inspected, or that must wait no longer."""
        now = self._rows.steady()
        c = work.c
        over = or_(c.stable, c.asked_by != "", c.last_arrival_at <= now - stable_s)
        quiet = (c.last_arrival_at <= now - quiet_s) & (c.examined_arrivals < c.arrivals)
        # `quiet` for a study that Orthanc calls stable too: its own StableAge may be shorter than our patience.
        settled = or_(c.asked_by != "", c.last_arrival_at <= now - quiet_s) & over
        due = (c.state == State.RECEIVING) & (c.examine_after <= now) & or_(quiet, settled)
        columns = (c.id, c.study_uid, c.orthanc_id, c.arrivals, over.label("over"), c.asked_by)
        with self._rows.reading.begin() as db:
            rows = db.execute(select(*columns).where(due).order_by(c.background, c.last_arrival_at)).all()
        return [
            StudyToExamine(r.id, r.study_uid, r.orthanc_id, r.arrivals, bool(r.over), bool(r.asked_by)) for r in rows
        ]

    def any(self) -> bool:
        """Whether images of any study are still being gathered."""
        with self._rows.reading.begin() as db:
            return db.execute(select(work.c.id).where(work.c.state == State.RECEIVING).limit(1)).first() is not None

    def incomplete(self, candidate: StudyToExamine, code: str, reason: str) -> None:
        """It was inspected and lacks something; it is inspected again when more has arrived."""
        with self._rows.engine.begin() as db:
            unchanged = (work.c.id == candidate.work_id) & (work.c.arrivals == candidate.arrivals)
            seen = {"examined_arrivals": candidate.arrivals, "code": code, "reason": reason}
            db.execute(update(work).where(unchanged).values(**seen))

    def examine_later(self, candidate: StudyToExamine, delay_s: float, code: str, reason: str) -> None:
        """It could not be inspected; other studies go first."""
        with self._rows.engine.begin() as db:
            later = {"examine_after": self._rows.steady() + delay_s, "code": code, "reason": reason}
            db.execute(update(work).where(work.c.id == candidate.work_id).values(**later))

    def forget(self, candidate: StudyToExamine) -> None:
        """Remove a study that is not to be scored."""
        with self._rows.engine.begin() as db:
            row = _unchanged(db, candidate)
            if row is not None:
                self._rows.drop(db, row)

    def settle(self, candidate: StudyToExamine, input_hash: str, files: str = "", lacking: str = "") -> State | None:
        """The input is known now. Returns the state of that input's row, or None if more arrived meanwhile.

        A known input is left as it is, unless a person asked for the study, or the archive lacks what the ledger says:
        then it is scored again, or, if it waits behind all that arrives, brought forward. `files` names the study's input
        files; `lacking` says in words what of its results is not in the archive.
        """
        with self._rows.engine.begin() as db:
            row = _unchanged(db, candidate)
            if row is None:
                return None
            same = (work.c.study_uid == row.study_uid) & (work.c.input_hash == input_hash)
            known = db.execute(select(work).where(same)).first()
            request = request_to_keep(db, row)
            if known is not None:
                return self._same_again(db, row, known, request, files, lacking)
            detail = f"{row.instances} new instances" if row.instances else ""
            self._rows.move(
                db, row, Event.SETTLED, detail,
                input_hash=input_hash, turn=next_turn(db), code="", reason="", asked_by="", files=files,
                request=request,
            )  # fmt: skip
            self._rows.supersede_others(db, row, _NOT_YET_SCORED, "a newer input has arrived")
            return State.READY

    def _same_again(
        self, db: Connection, row: Row[Any], known: Row[Any], request: str | None, files: str, lacking: str
    ) -> State:
        self._rows.record(
            db, known.id, row.study_uid, Event.NOTHING_TO_DO, State.RECEIVING,
            after(State.RECEIVING, Event.NOTHING_TO_DO), SERVICE, "the same input is known already",
        )  # fmt: skip
        # What happened to the row that goes stays in the timeline of the one that remains.
        db.execute(update(events).where(events.c.work_id == row.id).values(work_id=known.id))
        db.execute(delete(work).where(work.c.id == row.id))
        db.execute(update(work).where(work.c.id == known.id).values(files=files, orthanc_id=row.orthanc_id))
        state = State(known.state)
        brought_forward = state is State.READY and bool(known.background and row.asked_by)
        busy = state in (State.READY, State.RUNNING) and not brought_forward
        # A fault may have passed; a refusal of the same input has not.
        once_more = state is State.FAILED and bool(row.background)
        # Its report was replaced by the note of a refusal meanwhile, and must hold again.
        replaced = state in WITH_RESULT and _refused_since(db, known)
        # An instance that could not be read may have been sent again, whole, under the UID by which the input is named.
        sent_again = state is State.REFUSED and known.code in MENDED_BY_SENDING_AGAIN and row.instances > 0
        # Instances were deleted, so that an earlier input is the current one again; or the study was, and came back.
        as_then = state in (State.SUPERSEDED, State.DELETED) or replaced
        if row.asked_by:
            detail = f"asked for by {row.asked_by}"
        elif as_then:
            detail = "the study is again as it was then"
        elif once_more:
            detail = "it had failed"
        elif sent_again:
            detail = "an instance that could not be read may have come again"
        elif lacking and state in WITH_RESULT:
            detail = f"not in the archive any more: {lacking}"
        else:
            return state
        if busy:
            return state
        started_over = {
            "background": bool(row.background), "attempts": 0, "turn": next_turn(db), "code": "", "reason": "",
            "next_attempt_at": 0.0, "request": request,
        }  # fmt: skip
        ready = self._rows.move(db, known, Event.RESCORE, detail, row.asked_by or SERVICE, **started_over)
        self._rows.supersede_others(db, known, _NOT_YET_SCORED, "another input is the current one again")
        return ready


def _refused_since(db: Connection, scored: Row[Any]) -> bool:
    of_study, later = work.c.study_uid == scored.study_uid, work.c.turn > scored.turn
    refused = select(work.c.id).where(of_study, later, work.c.state == State.REFUSED)
    return db.execute(refused).first() is not None


def _unchanged(db: Connection, candidate: StudyToExamine) -> Row[Any] | None:
    """None if more has arrived since it was inspected."""
    as_seen = (work.c.id == candidate.work_id) & (work.c.arrivals == candidate.arrivals)
    return db.execute(select(work).where(as_seen)).first()
