"""The JSON that the API answers with, and the errors that it says no with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from service.ledger_reading import Entry, Study


class ApiError(Exception):
    """An HTTP status with a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        self.status, self.code, self.sentence = status, code, sentence
        super().__init__(sentence)


def moment(seconds: float | None) -> str | None:
    """ISO 8601, UTC; None for a time that has not come."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds") if seconds else None


def study_json(study: Study) -> dict[str, Any]:
    return {
        "study_uid": study.study_uid,
        "state": study.state.value,
        "in_words": study.state.sentence,
        "code": study.code or None,
        "reason": study.reason or None,
        "stage": study.stage or None,
        "progress": round(study.progress, 3),
        "attempts": study.attempts,
        "instances": study.instances,
        "input_hash": study.input_hash or None,
        "orthanc_id": study.orthanc_id or None,
        "created_at": moment(study.created_at),
        "updated_at": moment(study.updated_at),
        "started_at": moment(study.started_at),
        "finished_at": moment(study.finished_at),
        "next_attempt_at": moment(study.next_attempt_at) if study.state == "waiting" else None,
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "at": moment(entry.at),
        "who": entry.who,
        "event": entry.event,
        "from": entry.from_state,
        "to": entry.to_state,
        "detail": entry.detail or None,
    }
