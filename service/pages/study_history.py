"""What happened to a study: every attempt, every wish, and the inputs before this one."""

from __future__ import annotations

from collections.abc import Sequence

from tilscope.service.ledger.audit_log import AuditEntry
from tilscope.service.ledger.queries import Entry, Study
from tilscope.service.pages.html import Html, el, join
from tilscope.service.pages.words import chip, moment, sentence_case, table


def story_part(timeline: Sequence[Entry]) -> Html:
    """The latest first."""
    return join(el("h2", "What happened"), el("ol", *(_entry(one) for one in reversed(timeline)), class_="story"))


def _entry(entry: Entry) -> Html:
    way = (
        f" ({entry.from_state or 'new'} → {entry.to_state})"
        if entry.to_state and entry.to_state != entry.from_state
        else ""
    )
    detail = f": {entry.detail}" if entry.detail else ""
    when = el("span", moment(entry.at), f", {entry.who}", class_="small")
    return el("li", when, el("br"), el("strong", sentence_case(entry.event)), way, detail)


def actions_part(actions: Sequence[AuditEntry]) -> Html | None:
    listed = actions_table("Asked for by people", actions)
    return join(el("h2", "What people asked for"), listed) if listed else None


def actions_table(caption: str, actions: Sequence[AuditEntry], root: str | None = None) -> Html | None:
    """With the study of each, where it is not said already; `root` leads to it."""
    rows = []
    for one in actions:
        study = (
            el("a", one.study_uid, href=f"{root}studies/{one.study_uid}/page", class_="uid") if one.study_uid else "–"
        )
        about = () if root is None else (study,)
        rows.append((moment(one.at), one.who, what(one), *about, outcome(one)))
    return table(caption, ("when", "who", "what", *(() if root is None else ("study",)), "what came of it"), rows)


def what(action: AuditEntry) -> str:
    """In words where it is a known one, else as it was asked."""
    return _REQUESTS.get(action.action.removeprefix("POST ").rpartition("/")[2], action.action)


_REQUESTS = {
    "rescore": "Score again",
    "molecular": "Molecular findings",
    "renewals": "Score all that is outdated again",
}


def outcome(action: AuditEntry) -> str:
    if action.status is None:
        return "not known: the service ended meanwhile"
    return "taken" if action.status < 400 else f"refused ({action.status})"


def earlier_part(earlier: Sequence[Study]) -> Html | None:
    rows = [
        (moment(one.created_at), chip(one.state), f"{one.instances} images", one.reason, el("code", one.input_hash))
        for one in earlier
    ]
    listed = table("Earlier inputs of this study", ("arrived", "state", "with", "why", "input"), rows)
    return join(el("h2", "Earlier inputs"), listed) if listed else None
