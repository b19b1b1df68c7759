"""The ledger as one thing: opened once, and shared by all who write into it."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Engine

from tilscope.service.ledger.annotations import Annotations
from tilscope.service.ledger.archived import Archived
from tilscope.service.ledger.attempts import Attempts
from tilscope.service.ledger.database import open_database
from tilscope.service.ledger.outcomes import Announce
from tilscope.service.ledger.receiving import Receiving
from tilscope.service.ledger.requests import Requests
from tilscope.service.ledger.work_rows import WorkRows


class Ledger:
    """Threads may share one."""

    def __init__(
        self,
        url: str,
        now: Callable[[], float] = time.time,
        announce: Announce = lambda db, outcome: None,
        steady: Callable[[], float] | None = None,
    ) -> None:
        """`announce` is called with the outcome of every attempt, and may write in the same transaction.

        `steady` is the clock of what is waited for; None: the same as `now`.
        """
        self.steady = steady or now
        self.engine: Engine = open_database(url)
        self.reading: Engine = self.engine.execution_options(reads_only=True)
        rows = WorkRows(self.engine, self.reading, now, self.steady, announce)
        self.receiving = Receiving(rows)
        self.attempts = Attempts(rows)
        self.archived = Archived(rows)
        self.requests = Requests(rows)
        self.annotations = Annotations(self.engine, self.reading)

    def close(self) -> None:
        self.engine.dispose()
