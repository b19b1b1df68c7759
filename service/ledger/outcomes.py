"""How attempts have ended, for whoever passes that on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from tilscope.service.ledger.states import State


@dataclass(frozen=True)
class StudyOutcome:
    """How an attempt to score a study has ended, for good or not."""

    state: State
    study_uid: str
    at: float
    code: str = ""
    reason: str = ""
    result: str = ""
    """JSON."""


#: Called with every outcome, inside the transaction that writes it.
Announce = Callable[[Connection, StudyOutcome], None]
