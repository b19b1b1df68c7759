"""Receivers get outcomes: signed, at least once, without patient data, and none waits for another."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from kept_results import Clock, claimed, keep_refused, keep_scored, keep_undecided, til
from orthanc_server import eventually, free_ports

from tilscope.models.refusals import WrongSettings
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.outbox import announcer
from tilscope.service.outgoing.webhooks import GIVEN_UP_AFTER_S, Sender
from tilscope.service.settings import ServiceSettings
from tilscope.service.webhook_settings import Webhook

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NEEDED = {"data_directory": "/var/lib/tilscope", "token": "0123456789abcdef"}


class Receiver:
    """A program that listens on the loopback; `answers` is what it says to each message in turn, then always 204."""

    def __init__(self, *answers: int) -> None:
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self._answers = list(answers)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status = receiver._answers.pop(0) if receiver._answers else 204
                self.send_response(status)
                if status == 302:
                    self.send_header("location", receiver.url + "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Not to stderr."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.seen]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


def webhook(url: str, **more: Any) -> Webhook:
    return Webhook(url=url, secret=SECRET, **more)


@contextmanager
def ledger_with(
    folder: Path, *webhooks: Webhook, now: Callable[[], float] = time.time, pause_s: float = 0.05
) -> Iterator[Ledger]:
    """A ledger that sends outcomes to these webhooks."""
    ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite'}", now, announcer(webhooks))
    sender = Sender(ledger.engine, webhooks, lambda attempt: pause_s, now)
    sender.start()
    try:
        yield ledger
    finally:
        sender.stop()
        ledger.close()


def test_each_outcome_is_told_and_by_default_nothing_of_the_study(tmp_path: Path, receiver: Receiver) -> None:
    with ledger_with(tmp_path, webhook(receiver.url)) as ledger:
        keep_scored(ledger, "1.2.3", til(25.0, "intermediate"))
        keep_refused(ledger, "1.2.4", "2 phases were found in series 1.2.4.5.")
        ledger.attempts.faulted(claimed(ledger, "1.2.5"), "timed-out", "It took too long.", None)
        keep_undecided(ledger, "1.2.6")
        eventually(lambda: len(receiver.seen) == 4)
    assert [(body["type"], body["data"]) for body in receiver.bodies] == [
        ("study.scored", {"state": "scored"}),
        ("study.refused", {"state": "refused", "code": "too-few-phases"}),
        ("study.failed", {"state": "failed", "code": "timed-out"}),
        ("study.needs-reader", {"state": "needs-reader", "code": "needs-a-reader"}),
    ]
    for body in receiver.bodies:
        assert set(body) == {"type", "id", "timestamp", "data", "research_use_only"}
    assert b"1.2." not in b"".join(body for _, body in receiver.seen)


def test_a_fault_that_is_tried_again_is_no_outcome(tmp_path: Path, receiver: Receiver) -> None:
    with ledger_with(tmp_path, webhook(receiver.url)) as ledger:
        ledger.attempts.faulted(claimed(ledger, "1.2.3"), "worker-died", "It died.", retry_in_s=60)
        keep_scored(ledger, "1.2.4")
        eventually(lambda: receiver.seen)
    assert [body["type"] for body in receiver.bodies] == ["study.scored"]


def test_a_receiver_is_told_what_its_entry_includes(tmp_path: Path, receiver: Receiver) -> None:
    entry = webhook(receiver.url, events=["scored", "refused"], include=["study_uid", "reason", "scores"])
    with ledger_with(tmp_path, entry) as ledger:
        keep_scored(ledger, "1.2.3", til(25.0, "intermediate"))
        keep_refused(ledger, "1.2.4", "2 phases were found.")
        ledger.attempts.faulted(claimed(ledger, "1.2.5"), "timed-out", "It took too long.", None)
        eventually(lambda: len(receiver.seen) == 2)
    scored, refused = (body["data"] for body in receiver.bodies)
    assert scored["study_uid"] == "1.2.3"
    (score,) = scored["scores"]
    assert score == {
        "signature": "wu2018", "laterality": "L", "state": "calibrated", "value": 25.0, "unit": "%", "category": "intermediate", "caveat": ""
    }  # fmt: skip
    assert refused == {
        "state": "refused",
        "code": "too-few-phases",
        "study_uid": "1.2.4",
        "reason": "2 phases were found.",
    }


def test_the_signature_is_that_of_standard_webhooks(tmp_path: Path, receiver: Receiver) -> None:
    with ledger_with(tmp_path, webhook(receiver.url)) as ledger:
        keep_scored(ledger, "1.2.3")
        eventually(lambda: receiver.seen)
    ((headers, body),) = receiver.seen
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == json.loads(body)["id"]
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 30


def test_a_receiver_that_fails_at_first_gets_the_same_message_again(tmp_path: Path) -> None:
    receiver = Receiver(500, 503, 404)
    with ledger_with(tmp_path, webhook(receiver.url)) as ledger:
        keep_scored(ledger, "1.2.3")
        eventually(lambda: len(receiver.seen) == 4)
        time.sleep(0.7)
    receiver.close()
    assert len(receiver.seen) == 4
    assert len({headers["webhook-id"] for headers, _ in receiver.seen}) == 1
    assert len({body for _, body in receiver.seen}) == 1


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    receiver = Receiver(302)
    with ledger_with(tmp_path, webhook(receiver.url), pause_s=60.0) as ledger:
        keep_scored(ledger, "1.2.3")
        eventually(lambda: receiver.seen)
        sender = Sender(ledger.engine, [webhook(receiver.url)], lambda attempt: 60.0)
        eventually(lambda: sender.status()[0].problem == "it answered 302, and redirects are not followed")
    receiver.close()
    assert len(receiver.seen) == 1


def test_a_dead_receiver_holds_no_other_and_is_shown(tmp_path: Path, receiver: Receiver) -> None:
    dead = f"http://127.0.0.1:{free_ports(1)[0]}"
    pair = (webhook(dead), webhook(receiver.url))
    with ledger_with(tmp_path, *pair, pause_s=60.0) as ledger:
        for number in range(5):
            keep_scored(ledger, f"1.2.{number}")
        eventually(lambda: len(receiver.seen) == 5)
        sender = Sender(ledger.engine, pair, lambda attempt: 60.0)
        eventually(lambda: sender.status()[0].problem == "it does not answer (ConnectError)")
        eventually(lambda: sender.status()[1].waiting == 0)  # the receiver has it a moment before the outbox knows
        away, well = sender.status()
        assert (away.waiting, well.problem) == (5, "")
        assert away.receiver == dead.removeprefix("http://")


def test_a_receiver_without_a_possible_name_is_one_that_does_not_answer(tmp_path: Path) -> None:
    """Settings refuse such an address; whatever still gets through must not stop the thread."""
    entry = webhook("https://x.example").model_copy(update={"url": "https://hospital..example"})
    with ledger_with(tmp_path, entry, pause_s=60.0) as ledger:
        keep_scored(ledger, "1.2.3")
        sender = Sender(ledger.engine, [entry], lambda attempt: 60.0)
        eventually(lambda: sender.status()[0].problem.startswith("it does not answer ("))


def test_without_a_pause_in_the_settings_there_is_one_all_the_same(tmp_path: Path) -> None:
    receiver = Receiver(*[500] * 100)
    with ledger_with(tmp_path, webhook(receiver.url), pause_s=0.0) as ledger:
        keep_scored(ledger, "1.2.3")
        eventually(lambda: receiver.seen)
        time.sleep(0.8)
        assert len(receiver.seen) == 1
    receiver.close()


def test_what_was_not_delivered_when_the_service_ended_is_delivered_by_the_next(
    tmp_path: Path, receiver: Receiver
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    ledger = Ledger(url, time.time, announcer([webhook(receiver.url)]))
    keep_scored(ledger, "1.2.3")
    ledger.close()
    with ledger_with(tmp_path, webhook(receiver.url)):
        eventually(lambda: receiver.seen)


def test_messages_to_a_receiver_that_was_removed_are_dropped(tmp_path: Path, receiver: Receiver) -> None:
    removed = webhook(f"http://127.0.0.1:{free_ports(1)[0]}")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", time.time, announcer([removed]))
    keep_scored(ledger, "1.2.3")
    ledger.close()
    with ledger_with(tmp_path, webhook(receiver.url)) as ledger:
        assert Sender(ledger.engine, [removed], lambda attempt: 1.0).status()[0].waiting == 0


def test_after_days_without_an_answer_a_message_is_given_up(tmp_path: Path) -> None:
    clock = Clock()
    entry = webhook(f"http://127.0.0.1:{free_ports(1)[0]}")
    with ledger_with(tmp_path, entry, now=clock, pause_s=0.0) as ledger:
        keep_scored(ledger, "1.2.3")
        clock.pass_by(GIVEN_UP_AFTER_S + 1)
        eventually(lambda: Sender(ledger.engine, [entry], lambda attempt: 0.0).status()[0].waiting == 0)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"url": "http://hospital.example/x"}, "webhooks.0.url must begin with https://, for http is allowed to this machine itself only."),
        ({"url": "ftp://127.0.0.1/x"}, "webhooks.0.url must begin with https:// and a host."),
        ({"url": "https://hospital..example/x"}, "webhooks.0.url must be an address."),
        ({"url": "https://xn--\u00e9.example/x"}, "webhooks.0.url must be an address."),
        ({"url": "https://user:word@hospital.example"}, "webhooks.0.url must hold no user, password or fragment; the signature tells who sends."),
        ({"url": "https://x.example", "secret": "short"}, "webhooks.0.secret must be \"whsec_\" and at least 24 random bytes in Base64."),
        ({"url": "https://x.example", "event": []}, "There is no setting 'webhooks.0.event'; did you mean 'events'?"),
        ({"url": "https://x.example", "include": ["patient"]}, 'webhooks.0.include must be a list of none or more of "study_uid", "reason" or "scores".'),
    ],
)  # fmt: skip
def test_a_wrong_webhook_is_refused_in_words_that_tell_no_secret(entry: dict[str, Any], problem: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        ServiceSettings.read({**NEEDED, "webhooks": [{"secret": SECRET, **entry}]})
    assert refused.value.problems == [problem]


def test_https_and_the_loopback_are_accepted_and_secrets_do_not_show() -> None:
    entries = [
        {"url": url, "secret": SECRET}
        for url in ("https://x.example/private", "http://[::1]:8080/", "http://localhost/")
    ]
    settings = ServiceSettings.read({**NEEDED, "webhooks": entries})
    assert [w.name for w in settings.webhooks] == ["x.example", "::1:8080", "localhost"]
    assert SECRET not in repr(settings)
    assert "private" not in repr(settings.webhooks)
