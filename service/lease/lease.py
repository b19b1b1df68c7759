"""The lease on a ledger: taken at the start, kept by a heartbeat, given back at the end.

Clocks of two hosts need not agree, and either may jump: whoever waits for a lease judges by its own steady clock how long
the owner's count of beats has stood still.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tilscope.service.lease.owner import Owner
from tilscope.service.ledger.tables import lease

BEAT_EVERY_S = 2.0
#: An owner whose beats have stood still for so long has ended, or hangs and will find the lease lost.
LAPSES_AFTER_S = 15.0
_LOOK_EVERY_S = 0.25
_LEDGER = "ledger"


class LedgerInUse(Exception):
    """Another service works with this ledger."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(
            f"Another TILscope service ({owner}) works with this ledger. Stop that one, give this one a ledger of its own, "
            'or let it wait its turn (second_service: "stands-by").'
        )


@dataclass(frozen=True)
class Held:
    """A lease as it stands in the ledger."""

    owner: Owner
    beats: int


class Lease:
    """Of one owner."""

    def __init__(self, engine: Engine, me: Owner) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reads_only=True)
        self._me = me

    def holder(self) -> Held | None:
        """Who has it; None where it is free."""
        with self._reading.begin() as db:
            row = db.execute(select(lease).where(lease.c.name == _LEDGER)).first()
        return None if row is None else Held(Owner(row.start_id, row.host, row.pid, row.boot, row.process), row.beats)

    def take(
        self, predecessor: str = "", stand_by: bool = False, waits_for: Callable[[Owner], None] = lambda owner: None
    ) -> None:
        """Returns when the lease is ours. Raises `LedgerInUse` as soon as another's heart is seen to beat, unless we stand by.

        `predecessor` is the start that held our data directory's lock before us; `waits_for` is told once whom we stand by.
        """
        seen, seen_at, told = None, time.monotonic(), False
        while True:
            held = self.holder()
            if seen is None or held is None or held.owner != seen.owner:
                seen, seen_at = held, time.monotonic()
            has_lapsed = time.monotonic() - seen_at > LAPSES_AFTER_S and held == seen
            if held is None or has_lapsed or held.owner.has_ended(held.owner.start_id == predecessor):
                if self._replace(held):
                    return
            elif held != seen:
                if not stand_by:
                    raise LedgerInUse(held.owner)
                seen, seen_at = held, time.monotonic()
                if not told:
                    waits_for(held.owner)
                    told = True
            time.sleep(_LOOK_EVERY_S)

    def beat(self) -> bool:
        """Written, and still ours; False where another has taken it."""
        with self._engine.begin() as db:
            ours = lease.c.start_id == self._me.start_id
            return db.execute(update(lease).where(ours).values(beats=lease.c.beats + 1)).rowcount == 1

    def give_back(self) -> None:
        with self._engine.begin() as db:
            db.execute(delete(lease).where(lease.c.start_id == self._me.start_id))

    def _replace(self, held: Held | None) -> bool:
        """False where another was quicker."""
        try:
            with self._engine.begin() as db:
                return self._write(db, held)
        except IntegrityError:
            return False

    def _write(self, db: Connection, held: Held | None) -> bool:
        ours = {**asdict(self._me), "beats": 0}
        if held is None:
            db.execute(insert(lease).values(name=_LEDGER, **ours))
            return True
        as_seen = (lease.c.start_id == held.owner.start_id) & (lease.c.beats == held.beats)
        return db.execute(update(lease).where(as_seen).values(**ours)).rowcount == 1
