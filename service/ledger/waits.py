"""Waits that an earlier life of the service left in the ledger, measured from a clock that may have been wrong then.

While a service lives its waits are measured by a steady clock. At its start it takes over moments of another anchor: what
lies further ahead than it can is brought back.
"""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, Connection, Engine, Table, select, update

from tilscope.service.back_off import ExponentialBackOff
from tilscope.service.ledger.states import State
from tilscope.service.ledger.tables import outbox, work


def bound_waits(engine: Engine, now: float, back_off: ExponentialBackOff) -> None:
    """Nothing arrived in the future, nothing has waited since then, and no wait is longer than its rule makes it."""
    c = work.c
    with engine.begin() as db:
        _at_most(db, work, c.last_arrival_at, now, c.state == State.RECEIVING)
        _at_most(db, work, c.examine_after, now, c.state == State.RECEIVING)
        _at_most(db, work, c.waiting_since, now, c.state == State.READY)
        # Of an older ledger, which did not keep it.
        db.execute(update(work).where(c.state == State.READY, c.waiting_since == 0.0).values(waiting_since=now))
        for row in db.execute(select(c.id, c.attempts).where(c.state == State.WAITING)).all():
            _at_most(db, work, c.next_attempt_at, now + back_off.after(max(1, row.attempts)), c.id == row.id)
        _at_most(db, outbox, outbox.c.next_attempt_at, now + back_off.longest_s, outbox.c.settled.is_(False))


def _at_most(db: Connection, table: Table, column: Column[float], most: float, which: ColumnElement[bool]) -> None:
    db.execute(update(table).where(which, column > most).values({column: most}))
