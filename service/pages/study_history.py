"""What happened to a study: every attempt, every request, and the inputs before this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilscope.service.ledger.audit_log import AuditEntry
from tilscope.service.ledger.queries import Entry, Study
from tilscope.service.ledger.states import Event, State
from tilscope.service.ledger.work_rows import SERVICE
from tilscope.service.pages.audit_page import AuditRow
from tilscope.service.pages.words import ShownMoment, sentence_case


@dataclass(frozen=True)
class TimelineRow:
    at: ShownMoment | None
    who: str
    event: str
    change: str
    """From which state to which; ''."""
    detail: str

    @classmethod
    def of(cls, entry: Entry) -> TimelineRow:
        changed = entry.to_state and entry.to_state != entry.from_state
        change = f"({entry.from_state or 'new'} → {entry.to_state})" if changed else ""
        # Nobody has asked for what the service does by itself.
        by_itself = (entry.event, entry.who) == (Event.RESCORE, SERVICE)
        event = "scored again" if by_itself else entry.event
        return cls(ShownMoment.of(entry.at), entry.who, sentence_case(event), change, entry.detail)


@dataclass(frozen=True)
class InputRow:
    """An input of the study before the current one."""

    arrived: ShownMoment | None
    state: State
    instances: int
    reason: str
    input_hash: str

    @classmethod
    def of(cls, study: Study) -> InputRow:
        return cls(ShownMoment.of(study.created_at), study.state, study.instances, study.reason, study.input_hash)


@dataclass(frozen=True)
class HistoryView:
    timeline: tuple[TimelineRow, ...]
    """The latest first."""
    requests: tuple[AuditRow, ...]
    earlier: tuple[InputRow, ...]

    @classmethod
    def of(cls, timeline: Sequence[Entry], requests: Sequence[AuditEntry], earlier: Sequence[Study]) -> HistoryView:
        return cls(
            tuple(TimelineRow.of(one) for one in reversed(timeline)),
            tuple(map(AuditRow.of, requests)),
            tuple(map(InputRow.of, earlier)),
        )
