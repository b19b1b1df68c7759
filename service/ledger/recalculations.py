"""Which scored studies were concluded from other references or models than are installed now, and which are being scored again."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Engine, exists, func, or_, select

from tilscope.service.ledger.states import WITH_RESULT, State
from tilscope.service.ledger.tables import events, scores, work

#: A newer row of the same study in one of these states: the study is being scored again already.
_ON_THE_WAY = (State.RECEIVING, State.READY, State.RUNNING, State.WAITING)


class Recalculations:
    """Reads from the ledger's database; never waits for a writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def outdated(
        self, installed: Mapping[str, str], since: float = 0.0, limit: int = 0
    ) -> tuple[list[tuple[str, str]], int]:
        """Outdated studies with Orthanc's identifiers, the latest scored first, at most `limit`; and how many there are in all.

        `installed` maps the signatures in question to the digest of what is installed now. A study that is being inspected
        or scored again already does not count. One whose recalculation was refused or failed does; such studies come last,
        the one tried longest ago first. Whoever asks portion by portion, for as many as there were, asks for each once.
        """
        conditions = _outdated(installed, since)
        page = (
            select(work.c.study_uid, work.c.orthanc_id)
            .where(*conditions)
            .order_by(_last_tried(), work.c.finished_at.desc(), work.c.id)
        )
        with self._engine.begin() as db:
            total = db.execute(select(func.count()).select_from(work).where(*conditions)).scalar_one()
            rows = db.execute(page.limit(limit)).all() if limit else []
        return [(row.study_uid, row.orthanc_id) for row in rows], int(total)

    def under_way(self) -> int:
        """How many studies that were asked for in bulk are not scored, refused or failed yet."""
        wanted = work.c.background & work.c.state.in_(_ON_THE_WAY)
        with self._engine.begin() as db:
            return int(db.execute(select(func.count()).select_from(work).where(wanted)).scalar_one())


def _outdated(installed: Mapping[str, str], since: float) -> list[ColumnElement[bool]]:
    newer = work.alias("newer")
    done = newer.c.state.in_((*_ON_THE_WAY, *WITH_RESULT))
    s = scores.c
    other = or_(*((s.signature == id) & (s.installed != digest) for id, digest in installed.items()))
    return [
        work.c.state.in_(WITH_RESULT),
        work.c.finished_at >= since,
        ~exists().where(newer.c.study_uid == work.c.study_uid, newer.c.turn > work.c.turn, done),
        exists().where(s.work_id == work.c.id, other),
    ]


def _last_tried() -> ColumnElement[int]:
    """The number of the study's last event; 0 for a study without a newer row."""
    tried = work.alias("tried")
    newer = exists().where(tried.c.study_uid == work.c.study_uid, tried.c.turn > work.c.turn).correlate(work)
    # A refused input that comes again is not refused again: only its timeline shows that it was inspected.
    last = select(func.max(events.c.id)).where(events.c.study_uid == work.c.study_uid, newer).correlate(work)
    return func.coalesce(last.scalar_subquery(), 0)
