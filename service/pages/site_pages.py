"""For those who run the service: is it well, and who did what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tilscope.models import PIPELINE_VERSION
from tilscope.service.ledger.audit_log import AuditEntry
from tilscope.service.ledger.states import State
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.pages.frame import PageFrame, live
from tilscope.service.pages.html import Html, el
from tilscope.service.pages.study_history import actions_table
from tilscope.service.pages.words import facts, table

ACTIONS_SIZE = 100
_WORDS = {Health.OK: "Well", Health.STARTING: "Starting", Health.IMPAIRED: "Impaired"}


def status_page(frame: PageFrame, health: HealthReport, counts: Mapping[State, int]) -> str:
    receivers = [(one.receiver, one.waiting, one.waiting_since or "–", one.problem or "–") for one in health.webhooks]
    running = [el("a", uid, href=f"{frame.root}studies/{uid}/page", class_="uid") for uid in health.running]
    told = facts(
        [
            ("Version", PIPELINE_VERSION),
            ("Ledger", "answers" if health.ledger_ok else "cannot be read"),
            ("Orthanc", "answers" if health.orthanc_reachable else "does not answer"),
            ("Changes not read yet", str(health.changes_lag)),
            ("Workers", str(health.workers)),
            ("Being scored", running or "nothing"),
        ]
    )
    states = [
        (el("a", state.value, href=f"{frame.root}?state={state.value}"), number) for state, number in counts.items()
    ]
    return frame.page(
        "Health",
        el("h1", "Health"),
        live(
            "status",
            el("p", el("strong", _WORDS[health.status]), *(f" {sentence}" for sentence in health.sentences)),
            told,
            table("Inputs by state", ("state", "how many"), states),
            table("Webhooks", ("receiver", "messages that wait", "since", "problem"), receivers),
        ),
        _for_programs(frame),
        here="status",
        live=True,
    )


def _for_programs(frame: PageFrame) -> Html:
    ways = ("health", "metrics", "studies", "actions", "openapi.json")
    links = (part for way in ways for part in (el("a", way, href=frame.root + way), " "))
    return el("p", "For programs: ", *links, class_="small")


def audit_page(frame: PageFrame, actions: Sequence[AuditEntry], total: int, offset: int) -> str:
    links = []
    if offset:
        links.append(el("a", "Newer", href=f"?offset={max(0, offset - ACTIONS_SIZE)}"))
    if offset + ACTIONS_SIZE < total:
        links.append(el("a", "Older", href=f"?offset={offset + ACTIONS_SIZE}"))
    listed = actions_table(f"{total} in all, the latest first", actions, frame.root)
    return frame.page(
        "Who did what",
        el("h1", "Who did what"),
        el(
            "p", "Every wish that changes something, whoever had it and whatever came of it. Nothing is ever taken out."
        ),
        listed or el("p", "Nobody has asked for anything yet."),
        el("nav", *links, aria_label="Further actions") if links else None,
        here="account",
    )
