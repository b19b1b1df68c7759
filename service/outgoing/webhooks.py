"""Sends what the outbox holds. A thread for each receiver, so that a dead one keeps nobody waiting.

Signed as Standard Webhooks 1.0 says (standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body", in the headers
webhook-id, webhook-timestamp and webhook-signature. A message counts as delivered when the receiver answers 2xx.
"""

from __future__ import annotations

import base64
import hmac
import logging
import threading
import time
from collections.abc import Callable, Sequence

import httpx
from sqlalchemy import Engine

from tilscope.models import PIPELINE_VERSION
from tilscope.service.ledger.outbox import Delivery, Outbox, ReceiverStatus, drop_of_others
from tilscope.service.webhook_settings import Webhook

log = logging.getLogger(__name__)
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_POLL_EVERY_S = 0.5
#: Whatever the settings say: a receiver that fails at once is not asked without a pause.
_SHORTEST_PAUSE_S = 1.0
#: A receiver that has been away for longer asks for the list of studies.
GIVEN_UP_AFTER_S = 3 * 86400.0


def signature(key: bytes, delivery_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature."""
    digest = hmac.digest(key, f"{delivery_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


class Sender:
    """One thread for each receiver."""

    def __init__(
        self,
        engine: Engine,
        webhooks: Sequence[Webhook],
        back_off_s: Callable[[int], float],
        now: Callable[[], float] = time.time,
        steady: Callable[[], float] | None = None,
    ) -> None:
        """`back_off_s`: how long to wait after the nth attempt, by the clock `steady`; None: the same as `now`."""
        self._engine, self._webhooks, self._back_off_s, self._now = engine, webhooks, back_off_s, now
        self._steady = steady or now
        self._stopping = threading.Event()
        self._outboxes = [Outbox(engine, webhook) for webhook in webhooks]
        self._threads = [
            threading.Thread(target=self._run, args=pair, name=f"webhook-{number}", daemon=True)
            for number, pair in enumerate(zip(webhooks, self._outboxes, strict=True), start=1)
        ]

    def start(self) -> None:
        if dropped := drop_of_others(self._engine, self._webhooks):
            log.warning("messages to removed webhooks are dropped", extra={"messages": dropped})
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """A message that is being sent may be sent again after the next start."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=1)

    def status(self) -> tuple[ReceiverStatus, ...]:
        return tuple(box.status() for box in self._outboxes)

    def _run(self, webhook: Webhook, box: Outbox) -> None:
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client:
            while not self._stopping.is_set():
                try:
                    while not self._stopping.is_set() and (delivery := box.due(self._steady())):
                        self._deliver(client, webhook, box, delivery)
                except Exception as fault:  # a full disk, a ledger that is locked: the message is still in the outbox
                    log.error("a webhook's outbox met a fault", exc_info=fault, extra={"receiver": webhook.name})
                    self._stopping.wait(self._back_off_s(1))
                self._stopping.wait(_POLL_EVERY_S)

    def _deliver(self, client: httpx.Client, webhook: Webhook, box: Outbox, delivery: Delivery) -> None:
        problem = self._post(client, webhook, delivery)
        now = self._now()
        if not problem:
            box.delivered(delivery, now)
            return
        late = now - delivery.created_at > GIVEN_UP_AFTER_S
        pause = max(_SHORTEST_PAUSE_S, self._back_off_s(delivery.attempt))
        box.failed(delivery, problem, None if late else self._steady() + pause)
        facts = {"receiver": webhook.name, "problem": problem, "attempt": delivery.attempt}
        log.log(
            logging.ERROR if late else logging.WARNING, "given up" if late else "webhook not delivered", extra=facts
        )

    def _post(self, client: httpx.Client, webhook: Webhook, delivery: Delivery) -> str:
        """What went wrong, in words; '' if it was delivered."""
        timestamp = int(self._now())
        headers = {
            "content-type": "application/json",
            "user-agent": f"TILscope/{PIPELINE_VERSION}",
            "webhook-id": delivery.delivery_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(webhook.key, delivery.delivery_id, timestamp, delivery.body),
        }
        try:
            # The body of the response is not read: nobody needs it, and it may have no end.
            with client.stream("POST", webhook.url, content=delivery.body, headers=headers) as answer:
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as fault:  # the last two: no name of a host
            return f"it does not answer ({type(fault).__name__})"
        if answer.is_success:
            return ""
        return f"it answered {status}" + (", and redirects are not followed" if answer.has_redirect_location else "")
