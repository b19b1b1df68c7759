"""The memory of the service: what must be scored, for exactly which input, and everything that happened to it.

Whoever writes has a file of his own: `receiving` the watcher, `attempts` the engine, `requests` people; `Ledger` holds them
together. Whoever only asks has one for each kind of question: `reading`, `search`, `recalculations`, `actions`, `annotations`.

Every change is one transaction and goes through the table in `states`, so that a process killed at any moment leaves a
ledger that says something true. Work is done at least once; results are idempotent, for their UIDs follow from the input.
"""

from tilscope.service.ledger.attempts import Claim
from tilscope.service.ledger.ledger import Ledger
from tilscope.service.ledger.receiving import Arrival, Cursor, StudyToExamine
from tilscope.service.ledger.work_rows import ChangedElsewhere

__all__ = ["Arrival", "ChangedElsewhere", "Claim", "Cursor", "Ledger", "StudyToExamine"]
