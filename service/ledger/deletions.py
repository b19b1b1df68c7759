"""Which studies were deleted in the archive, and since when: what is known of them is purged after a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Engine, delete, insert, select

from tilscope.service.ledger.tables import deleted_studies, work


class Deletions:
    """Written by whoever compares the ledger with the archive, read by the retention."""

    def __init__(self, engine: Engine, now: Callable[[], float]) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reads_only=True)
        self._now = now

    def mark(self, study_uids: Iterable[str]) -> None:
        """These studies of the ledger are no longer in the archive. The first time counts."""
        with self._engine.begin() as db:
            marked = select(deleted_studies.c.study_uid)
            for uid in study_uids:
                new = select(work.c.id).where(work.c.study_uid == uid, work.c.study_uid.not_in(marked)).limit(1)
                if db.execute(new).first() is not None:
                    db.execute(insert(deleted_studies).values(study_uid=uid, since=self._now()))

    def unmark(self, study_uids: Iterable[str]) -> None:
        """They are there again."""
        with self._engine.begin() as db:
            for uid in study_uids:
                db.execute(delete(deleted_studies).where(deleted_studies.c.study_uid == uid))

    def marked_before(self, moment: float, limit: int) -> list[str]:
        """Studies that have been gone since before that moment, the longest gone first."""
        wanted = select(deleted_studies.c.study_uid).where(deleted_studies.c.since < moment)
        with self._reading.begin() as db:
            return list(db.execute(wanted.order_by(deleted_studies.c.since).limit(limit)).scalars())
