"""What the ledger says of the archive, and what is written when the archive is found to hold something else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, func, insert, select, update

from tilscope.models.result import StoredObject
from tilscope.models.result_schema import readable_results
from tilscope.service.ledger.states import WITH_RESULT, Event, State, after
from tilscope.service.ledger.tables import events, sweep, work
from tilscope.service.ledger.work_rows import SERVICE, WorkRows, receiving

#: A running study is left to its worker, which asks the archive itself before it stores anything.
_COMPARED = (State.RECEIVING, State.READY, State.WAITING, *WITH_RESULT, State.REFUSED, State.FAILED)
#: An archive that keeps losing the results of a study, or sends them elsewhere, is not filled again for ever.
_COMPLETED_AT_MOST = 3


@dataclass(frozen=True)
class ArchivedStudy:
    """The current input of a study, and what of it must be in the archive."""

    work_id: int
    study_uid: str
    orthanc_id: str
    state: State
    updated_at: float
    files: str
    """Names its input files as they were last seen; '' if they never were."""
    objects: tuple[StoredObject, ...]
    """Of its result."""

    @property
    def is_settled(self) -> bool:
        """Nothing is under way that would bring the archive up to it by itself."""
        return self.state in (*WITH_RESULT, State.REFUSED)


@dataclass(frozen=True)
class Sweep:
    """One slow comparison of all studies with the archive."""

    begun_at: float
    ended_at: float | None = None
    """None while it is under way."""
    place: int = 0
    """The last row that was compared; it goes on after it."""
    studies: int = 0
    differing: int = 0


class Archived:
    """Studies as the archive should hold them."""

    def __init__(self, rows: WorkRows) -> None:
        self._rows = rows

    def known(self, study_uid: str, input_hash: str) -> ArchivedStudy | None:
        """That input of the study, if the ledger has a row of it."""
        same = (work.c.study_uid == study_uid) & (work.c.input_hash == input_hash)
        with self._rows.reading.begin() as db:
            row = db.execute(select(work).where(same)).first()
        return _archived(row) if row else None

    def page(self, after_id: int, most: int, with_deleted: bool = False) -> list[ArchivedStudy]:
        """Current inputs of studies, in the order of their rows; with those that were deleted, which may be back."""
        with self._rows.reading.begin() as db:
            rows = db.execute(_current(with_deleted).where(work.c.id > after_id).order_by(work.c.id).limit(most)).all()
        return [_archived(row) for row in rows]

    def count(self, after_id: int = 0, with_deleted: bool = False) -> int:
        """How many there are after this row."""
        rows = _current(with_deleted).where(work.c.id > after_id).subquery()
        with self._rows.reading.begin() as db:
            return int(db.execute(select(func.count()).select_from(rows)).scalar_one())

    # ----------------------------------------------------------------------------------------------- what was found

    def seen(self, study: ArchivedStudy, files: str, orthanc_id: str = "") -> None:
        """Remember its input files, and Orthanc's identifier where that is another one now."""
        with self._rows.engine.begin() as db:
            values = {"files": files, "orthanc_id": orthanc_id or study.orthanc_id}
            db.execute(update(work).where(_as_read(study)).values(**values))

    def deleted(self, study: ArchivedStudy) -> bool:
        """The study is no longer in the archive: every input of it has ended. False if it has changed meanwhile."""
        with self._rows.engine.begin() as db:
            if db.execute(select(work.c.id).where(_as_read(study))).first() is None:
                return False
            if (row := receiving(db, study.study_uid)) is not None:
                _remove(db, row)
            self._rows.end_deleted(db, study.study_uid)
        return True

    def is_back(self, study: ArchivedStudy, orthanc_id: str) -> bool:
        """Have a study examined that was deleted and is there again, without having arrived: a disk that was away, a backup."""
        return self._examine(replace(study, orthanc_id=orthanc_id), "in the archive again")

    def lacks(self, study: ArchivedStudy, missing: Sequence[StoredObject]) -> bool:
        """Have a study examined whose results are not all there. False if that is under way, or was in vain before."""
        return self._examine(study, f"not in the archive any more: {in_words(missing)}", _COMPLETED_AT_MOST)

    def differs(self, study: ArchivedStudy) -> bool:
        """Have a study examined whose images are others than they were. False if that is under way."""
        return self._examine(study, "its images are not the files that they were")

    def _examine(self, study: ArchivedStudy, detail: str, at_most: int | None = None) -> bool:
        """Behind all that arrives."""
        with self._rows.engine.begin() as db:
            if receiving(db, study.study_uid) or not db.execute(select(work.c.id).where(_as_read(study))).first():
                return False
            if at_most is not None and _times_noted(db, study, detail) >= at_most:
                return False
            behind = {"stable": True, "background": True}
            self._rows.add(db, study.study_uid, study.orthanc_id, Event.DIFFERS, SERVICE, detail, **behind)
        return True

    def named_series(self, study_uid: str) -> set[str]:
        """The series of all objects that any result of the study names."""
        with self._rows.reading.begin() as db:
            rows = db.execute(select(work.c.result).where(work.c.study_uid == study_uid, work.c.result.is_not(None)))
            results = [json.loads(row.result) for row in rows]
        return {one.series_uid for result in readable_results(results) for one in result.objects}

    def tidied(self, study: ArchivedStudy, removed: str) -> None:
        """A line on the timeline: what an interrupted run had left was removed."""
        with self._rows.engine.begin() as db:
            row = db.execute(select(work).where(_as_read(study))).first()
            if row is not None:
                self._rows.move(db, row, Event.TIDIED, f"left by an interrupted run, without a report: {removed}")

    # -------------------------------------------------------------------------------------------------- the sweep

    def sweep(self) -> Sweep | None:
        """The latest one; None before the first."""
        columns = (sweep.c.begun_at, sweep.c.ended_at, sweep.c.place, sweep.c.studies, sweep.c.differing)
        with self._rows.reading.begin() as db:
            row = db.execute(select(*columns)).first()
        return Sweep(*row) if row else None

    def keep_sweep(self, kept: Sweep) -> None:
        values = {
            "begun_at": kept.begun_at, "ended_at": kept.ended_at, "place": kept.place, "studies": kept.studies,
            "differing": kept.differing,
        }  # fmt: skip
        with self._rows.engine.begin() as db:
            if db.execute(update(sweep).values(**values)).rowcount == 0:
                db.execute(insert(sweep).values(name="archive", **values))


def in_words(objects: Sequence[StoredObject]) -> str:
    """What is missing, for the timeline; '' for nothing."""
    return counted([one.kind for one in objects])


def counted(kinds: Sequence[str]) -> str:
    """Modalities, each with its number.

    >>> counted(["SEG", "SR", "SEG"])
    '2 SEG, 1 SR'
    """
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def _current(with_deleted: bool) -> Select[Any]:
    newer = work.alias("newer")
    replaced = exists().where(newer.c.study_uid == work.c.study_uid, newer.c.turn > work.c.turn)
    states = (*_COMPARED, State.DELETED) if with_deleted else _COMPARED
    return select(work).where(~replaced, work.c.state.in_(states))


def _as_read(study: ArchivedStudy) -> Any:
    """The engine or a person may have changed it since."""
    return (work.c.id == study.work_id) & (work.c.state == study.state) & (work.c.updated_at == study.updated_at)


def _times_noted(db: Connection, study: ArchivedStudy, detail: str) -> int:
    noted = (events.c.study_uid == study.study_uid) & (events.c.event == Event.DIFFERS) & (events.c.detail == detail)
    return int(db.execute(select(func.count()).select_from(events).where(noted)).scalar_one())


def _archived(row: Row[Any]) -> ArchivedStudy:
    results = readable_results([json.loads(row.result)]) if row.result else []
    objects = tuple(one for result in results for one in result.objects)
    return ArchivedStudy(row.id, row.study_uid, row.orthanc_id, State(row.state), row.updated_at, row.files, objects)


def _remove(db: Connection, row: Row[Any]) -> None:
    """Images that were still being gathered leave no trace."""
    after(State.RECEIVING, Event.DELETED)
    db.execute(delete(events).where(events.c.work_id == row.id))
    db.execute(delete(work).where(work.c.id == row.id))
