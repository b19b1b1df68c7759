"""Which studies have failed for good, by the fault that ended the last attempt."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Engine, exists, func, select

from tilscope.service.ledger.states import State
from tilscope.service.ledger.tables import work


class Failures:
    """Reads from the ledger's database; never waits for a writer. A study that is on its way again does not count."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_code(self) -> dict[str, int]:
        """How many studies each fault has ended, the most frequent first."""
        count = func.count()
        wanted = select(work.c.code, count).where(*_failed()).group_by(work.c.code).order_by(count.desc(), work.c.code)
        with self._engine.begin() as db:
            return {row.code: int(row[1]) for row in db.execute(wanted).all()}

    def studies(self, code: str, limit: int) -> list[tuple[str, str]]:
        """Those of one code, or of any where it is ''; with Orthanc's identifiers, the longest ago first."""
        of_code = [work.c.code == code] if code else []
        wanted = select(work.c.study_uid, work.c.orthanc_id).where(*_failed(), *of_code)
        with self._engine.begin() as db:
            rows = db.execute(wanted.order_by(work.c.finished_at, work.c.id).limit(limit)).all()
        return [(row.study_uid, row.orthanc_id) for row in rows]


def _failed() -> tuple[ColumnElement[bool], ...]:
    newer = work.alias("newer")
    replaced = exists().where(newer.c.study_uid == work.c.study_uid, newer.c.turn > work.c.turn)
    return work.c.state == State.FAILED, ~replaced
