"""Which scored studies were concluded from other references or models than are installed now, and which are on their way."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Engine, exists, func, or_, select

from service.ledger_tables import scores, work
from service.states import State

_ON_THE_WAY = (State.RECEIVING, State.READY, State.RUNNING, State.WAITING)


class Renewals:
    """Reads from the ledger's database; never waits for a writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outdated(
        self, installed: Mapping[str, str], since: float = 0.0, limit: int = 0
    ) -> tuple[list[tuple[str, str]], int]:
        """Studies with Orthanc's identifiers, the latest scored first, at most `limit`; and how many there are in all.

        `installed` names what is installed now for the signatures that are asked about. A study that is looked at or scored
        anew already does not count.
        """
        conditions = _outdated(installed, since)
        page = (
            select(work.c.study_uid, work.c.orthanc_id)
            .where(*conditions)
            .order_by(work.c.finished_at.desc(), work.c.id)
        )
        with self._engine.begin() as db:
            total = db.execute(select(func.count()).select_from(work).where(*conditions)).scalar_one()
            rows = db.execute(page.limit(limit)).all() if limit else []
        return [(row.study_uid, row.orthanc_id) for row in rows], int(total)

    def under_way(self) -> int:
        """How many of those that were asked for in bulk have not ended yet."""
        wanted = work.c.background & work.c.state.in_(_ON_THE_WAY)
        with self._engine.begin() as db:
            return int(db.execute(select(func.count()).select_from(work).where(wanted)).scalar_one())


def _outdated(installed: Mapping[str, str], since: float) -> list[ColumnElement[bool]]:
    newer = work.alias("newer")
    s = scores.c
    other = or_(*((s.signature == id) & (s.installed != digest) for id, digest in installed.items()))
    return [
        work.c.state == State.SCORED,
        work.c.finished_at >= since,
        ~exists().where(newer.c.study_uid == work.c.study_uid, newer.c.turn > work.c.turn),
        exists().where(s.work_id == work.c.id, other),
    ]
