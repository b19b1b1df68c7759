"""Messages to webhooks as the ledger keeps them: written in the transaction of the change that they report, kept until delivered.

A killed service loses none, and may send one twice: receivers know it by its delivery id.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from tilscope.models.result_schema import readable_results
from tilscope.service.ledger.outcomes import Announce, StudyOutcome
from tilscope.service.ledger.scores import score_rows
from tilscope.service.ledger.tables import outbox
from tilscope.service.moments import moment
from tilscope.service.webhook_settings import Webhook

_KEPT_S = 30 * 86400.0


@dataclass(frozen=True)
class Delivery:
    """A message that is due."""

    id: int
    delivery_id: str
    body: bytes
    created_at: float
    attempt: int


@dataclass(frozen=True)
class ReceiverStatus:
    """Whether one receiver gets its messages."""

    receiver: str
    waiting: int
    """Messages that were not delivered yet."""
    waiting_since: str | None
    problem: str
    """Of the oldest of these, in words; '' if it was not tried yet."""


def announcer(webhooks: Sequence[Webhook]) -> Announce:
    """Writes the messages that an outcome calls for."""

    def announce(db: Connection, outcome: StudyOutcome) -> None:
        rows = [_row(webhook, outcome) for webhook in webhooks if outcome.state.value in webhook.events]
        if rows:
            db.execute(insert(outbox), rows)

    return announce


def _row(webhook: Webhook, outcome: StudyOutcome) -> dict[str, Any]:
    delivery_id = f"msg_{uuid.uuid4().hex}"
    data: dict[str, Any] = {"state": outcome.state.value}
    if outcome.code:
        data["code"] = outcome.code
    if "study_uid" in webhook.include:
        data["study_uid"] = outcome.study_uid
    if "reason" in webhook.include and outcome.reason:
        data["reason"] = outcome.reason
    if "scores" in webhook.include and outcome.result:
        keys = ("signature", "laterality", "state", "value", "unit", "category", "caveat")
        rows = [row for result in readable_results([json.loads(outcome.result)]) for row in score_rows(result)]
        data["scores"] = [{key: row[key] for key in keys} for row in rows]
    event = f"study.{outcome.state.value}"
    body = {"type": event, "id": delivery_id, "timestamp": moment(outcome.at), "data": data, "research_use_only": True}
    return {
        "delivery_id": delivery_id,
        "receiver": webhook.receiver,
        "body": json.dumps(body, ensure_ascii=False),
        "created_at": outcome.at,
    }


class Outbox:
    """The messages of one receiver."""

    def __init__(self, engine: Engine, webhook: Webhook) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reads_only=True)
        self._webhook = webhook
        self._open = (outbox.c.receiver == webhook.receiver) & outbox.c.settled.is_(False)

    def due(self, now: float) -> Delivery | None:
        """The oldest message whose time has come."""
        c = outbox.c
        wanted = select(c.id, c.delivery_id, c.body, c.created_at, c.attempts).where(
            self._open, c.next_attempt_at <= now
        )
        with self._reading.begin() as db:
            row = db.execute(wanted.order_by(c.id).limit(1)).first()
        return Delivery(row.id, row.delivery_id, row.body.encode(), row.created_at, row.attempts + 1) if row else None

    def delivered(self, delivery: Delivery, now: float) -> None:
        with self._engine.begin() as db:
            self._record(db, delivery, settled=True, problem="")
            old = (outbox.c.receiver == self._webhook.receiver) & outbox.c.settled.is_(True)
            db.execute(delete(outbox).where(old, outbox.c.created_at < now - _KEPT_S))

    def failed(self, delivery: Delivery, problem: str, again_at: float | None) -> None:
        """Try again at `again_at`, or give up if that is None."""
        with self._engine.begin() as db:
            self._record(db, delivery, settled=again_at is None, problem=problem, next_attempt_at=again_at or 0.0)

    def _record(self, db: Connection, delivery: Delivery, **values: Any) -> None:
        db.execute(update(outbox).where(outbox.c.id == delivery.id).values(attempts=delivery.attempt, **values))

    def status(self) -> ReceiverStatus:
        with self._reading.begin() as db:
            waiting = db.execute(select(func.count()).select_from(outbox).where(self._open)).scalar_one()
            oldest = db.execute(
                select(outbox.c.created_at, outbox.c.problem).where(self._open).order_by(outbox.c.id).limit(1)
            ).first()
        since, problem = (moment(oldest.created_at), oldest.problem) if oldest else (None, "")
        return ReceiverStatus(self._webhook.name, int(waiting), since, problem)


def drop_of_others(engine: Engine, webhooks: Sequence[Webhook]) -> int:
    """Delete messages to receivers that are no longer among the settings; returns how many."""
    theirs = outbox.c.receiver.not_in([webhook.receiver for webhook in webhooks])
    with engine.begin() as db:
        return int(db.execute(delete(outbox).where(theirs, outbox.c.settled.is_(False))).rowcount)
