"""The ledger as one thing: opened once, and shared by all who write into it."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Engine

from service.ledger.attempts import Attempts
from service.ledger.database import open_database
from service.ledger.outcomes import Announce
from service.ledger.receiving import Receiving
from service.ledger.rows import Rows
from service.ledger.statements import Statements
from service.ledger.wishes import Wishes


class Ledger:
    """Threads may share one."""

    def __init__(
        self, url: str, now: Callable[[], float] = time.time, announce: Announce = lambda db, outcome: None
    ) -> None:
        """`announce` is told how every attempt has ended, and may write beside it."""
        self.engine: Engine = open_database(url)
        self.reading: Engine = self.engine.execution_options(reads_only=True)
        rows = Rows(self.engine, self.reading, now, announce)
        self.receiving = Receiving(rows)
        self.attempts = Attempts(rows)
        self.wishes = Wishes(rows)
        self.statements = Statements(self.engine, self.reading)

    def close(self) -> None:
        self.engine.dispose()
