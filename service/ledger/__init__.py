"""The memory of the service: what must be scored, for exactly which input, and everything that happened to it.

Each writer has a file: `receiving` for the watcher, `attempts` for the engine, `requests` for people, `archived` for what is
found, or no longer found, in the archive; `Ledger` holds them together. Each kind of query has one too: `queries`, `study_search`, `recalculations`, `audit_log`, `annotations`.

Every change is one transaction and goes through the table in `states`, so that a process killed at any moment leaves a
consistent ledger. Work is done at least once; results are idempotent, for their UIDs follow from the input.
"""

from tilscope.service.ledger.attempts import Claim
from tilscope.service.ledger.ledger import Ledger
from tilscope.service.ledger.receiving import Arrival, Cursor, StudyToExamine
from tilscope.service.ledger.work_rows import ChangedElsewhere

__all__ = ["Arrival", "ChangedElsewhere", "Claim", "Cursor", "Ledger", "StudyToExamine"]
