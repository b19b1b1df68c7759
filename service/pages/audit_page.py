"""Who did what: every request of a person that changes something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilscope.service.ledger.audit_log import AuditEntry
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render
from tilscope.service.pages.words import Paging, ShownMoment

ACTIONS_SIZE = 100
_REQUESTS = {
    "rescore": "Score again",
    "readings": "Confirm or reject a lesion",
    "molecular": "Molecular findings",
    "purges": "Purge",
    "renewals": "Score all that is outdated again",
    "retries": "Try all that failed again",
}


@dataclass(frozen=True)
class AuditRow:
    """One request, in words."""

    at: ShownMoment | None
    who: str
    request: str
    study_uid: str
    outcome: str

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditRow:
        return cls(ShownMoment.of(entry.at), entry.who, _request(entry), entry.study_uid, _outcome(entry))


@dataclass(frozen=True)
class AuditView:
    """What the template shows."""

    rows: tuple[AuditRow, ...]
    total: int
    paging: Paging


def audit_page(frame: PageFrame, entries: Sequence[AuditEntry], total: int, offset: int) -> str:
    paging = Paging.of(offset, ACTIONS_SIZE, total, "?offset={}".format)
    return render("audit.html", frame, AuditView(tuple(map(AuditRow.of, entries)), total, paging))


def _request(entry: AuditEntry) -> str:
    """In words where it is a known one, else as it was asked."""
    return _REQUESTS.get(entry.action.removeprefix("POST ").rpartition("/")[2], entry.action)


def _outcome(entry: AuditEntry) -> str:
    if entry.status is None:
        return "not known: the service ended meanwhile"
    return "taken" if entry.status < 400 else f"refused ({entry.status})"
