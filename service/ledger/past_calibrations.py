"""References from the archive's past: which studies were chosen, how far their scoring is, and what was made of them.

The studies are scored as any other, behind all that arrives; here is only kept that they belong together. Whatever ends the
service, the next one goes on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from tilscope.dicom_io.archives.study_query import FoundStudy
from tilscope.service.ledger.states import Event, State
from tilscope.service.ledger.tables import events, past_calibrations, past_studies, work
from tilscope.service.ledger.work_rows import WorkRows, receiving

_ON_THE_WAY = (State.RECEIVING, State.READY, State.RUNNING, State.WAITING)
#: Of these, what no worker has begun.
_NOT_BEGUN = (State.RECEIVING, State.READY, State.WAITING)
_UNDER_WAY = past_calibrations.c.made_at.is_(None) & past_calibrations.c.stopped_at.is_(None)
#: Studies that are asked for in one transaction: others who write wait for it.
_AT_ONCE = 100


@dataclass(frozen=True)
class PastStudy:
    """One that was chosen, as it is now."""

    study_uid: str
    day: str
    state: State | None
    """None: not asked for yet, or, if it was, passed over, for it is not to be scored."""
    asked: bool
    code: str
    reason: str
    outlying: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        return self.asked and self.state not in _ON_THE_WAY


@dataclass(frozen=True)
class PastCalibration:
    """One evening's choice and what came of it."""

    id: int
    cohort: str
    chosen: str
    who: str
    begun_at: float
    made_at: float | None
    made: Mapping[str, Any] | None
    installed_at: float | None
    installed_by: str
    studies: tuple[PastStudy, ...]
    ended_since: int = 0
    """How many of them got an answer since it began; the others had one before."""
    last_end: float | None = None
    stopped_at: float | None = None
    stopped_by: str = ""

    @property
    def under_way(self) -> bool:
        return self.made_at is None and self.stopped_at is None

    @property
    def over(self) -> int:
        return sum(one.is_over for one in self.studies)

    @property
    def to_go(self) -> int:
        return len(self.studies) - self.over

    @property
    def states(self) -> dict[str, int]:
        """How many in each state, in words."""
        return dict(Counter(_word(one, self.stopped_at is not None) for one in self.studies))

    @property
    def seconds_left(self) -> float | None:
        """By those that were scored since it began; None before the first."""
        if not self.ended_since or self.last_end is None or not self.to_go or not self.under_way:
            return None
        return max(0.0, self.last_end - self.begun_at) * self.to_go / self.ended_since


def _word(one: PastStudy, stopped: bool) -> str:
    if stopped and one.state is None:
        return "not scored"
    if one.state in _ON_THE_WAY or not one.asked:
        return "to be scored"
    return one.state.value if one.state else "passed over"


def _asked_for(cohort: str) -> str:
    """On a study's timeline."""
    return f"for the references of {cohort}"


def _waiting_for(cohort: str) -> Select[Any]:
    """Rows of work that are there for these references alone, and that have come to nothing yet."""
    nothing_yet = work.c.state.in_(_NOT_BEGUN) & work.c.finished_at.is_(None) & work.c.result.is_(None)
    only_for_it = work.c.background & (work.c.asked_by == "") & (work.c.instances == 0)
    asked = (events.c.event == Event.RESCORE) & (events.c.detail == _asked_for(cohort))
    return select(work).where(nothing_yet, only_for_it, work.c.id.in_(select(events.c.work_id).where(asked)))


class PastCalibrations:
    """One at a time: the studies of two would wait for each other."""

    def __init__(self, rows: WorkRows) -> None:
        self._rows = rows

    def begin(self, cohort: str, chosen: str, studies: Sequence[FoundStudy], who: str) -> bool:
        """Keep the choice; False where an earlier one is still under way."""
        with self._rows.engine.begin() as db:
            if db.execute(select(past_calibrations.c.id).where(_UNDER_WAY)).first():
                return False
            facts = {"cohort": cohort, "chosen": chosen, "who": who, "begun_at": self._rows.now()}
            key = db.execute(insert(past_calibrations).values(**facts)).inserted_primary_key
            assert key is not None
            for one in studies:
                row = {"study_uid": one.study_uid, "orthanc_id": one.archive_id, "day": one.day}
                db.execute(insert(past_studies).values(calibration_id=key[0], **row))
        return True

    def ask_on(self) -> int:
        """Ask for the next of the studies that are not asked for yet, behind all that arrives; how many these were."""
        with self._rows.engine.begin() as db:
            c, s = past_calibrations.c, past_studies.c
            wanted = select(s.id, s.study_uid, s.orthanc_id, c.who, c.cohort).join_from(past_studies, past_calibrations)
            rows = db.execute(wanted.where(_UNDER_WAY, ~s.asked).order_by(s.id).limit(_AT_ONCE)).all()
            for row in rows:
                if receiving(db, row.study_uid) is None:
                    behind = {"stable": True, "background": True}
                    self._rows.add(
                        db, row.study_uid, row.orthanc_id, Event.RESCORE, row.who, _asked_for(row.cohort), **behind
                    )
                db.execute(update(past_studies).where(s.id == row.id).values(asked=True))
        return len(rows)

    def latest(self) -> PastCalibration | None:
        """The one under way, or the last one that was."""
        with self._rows.reading.begin() as db:
            newest = select(past_calibrations).order_by(past_calibrations.c.id.desc()).limit(1)
            row = db.execute(newest).first()
            return None if row is None else self._of(db, row)

    def keep_made(self, id: int, made: Mapping[str, Any], outlying: Mapping[str, Sequence[str]]) -> None:
        """Every study has ended: the references, and by study the values that were limited in them."""
        with self._rows.engine.begin() as db:
            # Whoever has stopped it meanwhile wants none of them.
            this = (past_calibrations.c.id == id) & _UNDER_WAY
            values = {"made_at": self._rows.now(), "made": json.dumps(made, ensure_ascii=False)}
            if db.execute(update(past_calibrations).where(this).values(**values)).rowcount == 0:
                return
            for uid, sentences in outlying.items():
                of_study = (past_studies.c.calibration_id == id) & (past_studies.c.study_uid == uid)
                db.execute(update(past_studies).where(of_study).values(outlying=json.dumps(list(sentences))))

    def stop(self, who: str) -> int | None:
        """End the one under way; returns how many studies are not scored for it any more, or None where there is none.

        What has an answer keeps it, and what a worker has begun it finishes. A study that arrived, or that a person asked for
        by itself, is scored all the same.
        """
        with self._rows.engine.begin() as db:
            row = db.execute(select(past_calibrations).where(_UNDER_WAY)).first()
            if row is None:
                return None
            values = {"stopped_at": self._rows.now(), "stopped_by": who}
            db.execute(update(past_calibrations).where(past_calibrations.c.id == row.id).values(**values))
            of_it = (past_studies.c.calibration_id == row.id) & ~past_studies.c.asked
            not_asked = db.execute(select(func.count()).select_from(past_studies).where(of_it)).scalar_one()
            waiting = db.execute(_waiting_for(row.cohort)).all()
            for one in waiting:
                self._rows.drop(db, one)
        return int(not_asked) + len(waiting)

    def keep_installed(self, id: int, who: str) -> None:
        with self._rows.engine.begin() as db:
            values = {"installed_at": self._rows.now(), "installed_by": who}
            db.execute(update(past_calibrations).where(past_calibrations.c.id == id).values(**values))

    def _of(self, db: Connection, row: Row[Any]) -> PastCalibration:
        s = past_studies.c
        newer = work.alias("newer")
        turn = select(func.max(newer.c.turn)).where(newer.c.study_uid == s.study_uid).correlate(past_studies)
        current = (work.c.study_uid == s.study_uid) & (work.c.turn == turn.scalar_subquery())
        columns = (
            s.study_uid, s.day, s.asked, s.outlying, work.c.state, work.c.code, work.c.reason, work.c.finished_at,
        )  # fmt: skip
        joined = select(*columns).select_from(past_studies.outerjoin(work, current))
        found = db.execute(joined.where(s.calibration_id == row.id).order_by(s.id)).all()
        ends = [one.finished_at for one in found if one.state not in _ON_THE_WAY and one.finished_at is not None]
        since = [end for end in ends if end >= row.begun_at]
        return PastCalibration(
            row.id, row.cohort, row.chosen, row.who, row.begun_at, row.made_at, json.loads(row.made) if row.made else None,
            row.installed_at, row.installed_by,
            tuple(
                PastStudy(
                    one.study_uid, one.day, State(one.state) if one.state else None, bool(one.asked), one.code or "",
                    one.reason or "", tuple(json.loads(one.outlying or "[]")),
                )
                for one in found
            ),
            len(since), max(since, default=None), row.stopped_at, row.stopped_by,
        )  # fmt: skip
