"""Who asked for what, and when: written before it is done, so that a kill cannot hide it. No line is ever deleted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, func, insert, select, update

from tilscope.service.ledger.tables import actions


@dataclass(frozen=True)
class AuditEntry:
    """One request of a person."""

    at: float
    who: str
    action: str
    study_uid: str
    status: int | None
    """The HTTP status; None if the service ended before it was known."""


class AuditLog:
    """Reads and writes the table of actions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reads_only=True)

    def begin(self, action: AuditEntry) -> int:
        """Write an entry that has no status yet; returns the number by which it is completed."""
        values = {"at": action.at, "who": action.who, "action": action.action, "study_uid": action.study_uid}
        with self._engine.begin() as db:
            key = db.execute(insert(actions).values(**values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def record(self, action: AuditEntry) -> None:
        """Write an entry of what is done already."""
        with self._engine.begin() as db:
            db.execute(insert(actions).values(**vars(action)))

    def complete(self, number: int, status: int) -> None:
        with self._engine.begin() as db:
            db.execute(update(actions).where(actions.c.id == number).values(status=status))

    def actions(self, study_uid: str = "", limit: int = 100, offset: int = 0) -> tuple[list[AuditEntry], int]:
        """A page of entries, the latest first, of one study or of all; and how many there are in all."""
        c = actions.c
        wanted = [c.study_uid == study_uid] if study_uid else []
        page = select(c.at, c.who, c.action, c.study_uid, c.status).where(*wanted).order_by(c.id.desc())
        with self._reading.begin() as db:
            rows = db.execute(page.limit(limit).offset(offset)).all()
            total = db.execute(select(func.count()).select_from(actions).where(*wanted)).scalar_one()
        return [AuditEntry(*row) for row in rows], int(total)
