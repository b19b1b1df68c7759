"""What several pages say alike: moments, states, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tilscope.models.readable_numbers import shown
from tilscope.models.result import Measurement, Missing
from tilscope.service.ledger.states import State
from tilscope.service.pages.html import Content, Html, el


def moment(seconds: float | None) -> Html | None:
    """UTC for those without script; the script shows the reader's own time."""
    if not seconds:
        return None
    at = datetime.fromtimestamp(seconds, UTC)
    return el("time", at.strftime("%Y-%m-%d %H:%M:%S UTC"), datetime=at.isoformat(timespec="seconds"))


def chip(state: State) -> Html:
    return el("span", state.sentence, class_=f"state {state.value}")


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def short_name(signature: str) -> str:
    """First author and year, as people call a paper.

    >>> short_name("wu2018")
    'Wu 2018'
    """
    return f"{signature.rstrip('0123456789').capitalize()} {signature[-4:]}"


def measured(said: Mapping[str, Any]) -> Measurement:
    """From a result as it was kept."""
    missing = Missing(said["missing"]) if said.get("missing") else None
    return Measurement(said["id"], said["name"], said["value"], said["unit"], missing, said.get("reason") or "")


def measurements(caption: str, all_said: Iterable[Mapping[str, Any]], said_above: bool = False) -> Html | None:
    """The same digits as in the PDF; where there is no value, why."""
    rows = [(one.name, _on_one_line(one), one.reason) for one in map(measured, all_said)]
    if not any(reason for *_, reason in rows):
        return table(caption, ("what", "value"), (row[:2] for row in rows), said_above)
    return table(caption, ("what", "value", "why not"), rows, said_above)


def _on_one_line(one: Measurement) -> str:
    """A value and its unit are not parted, as they would be in a narrow column."""
    return shown(one) if one.value is None else shown(one).replace(" ", "\N{NO-BREAK SPACE}")


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[Content]], said_above: bool = False
) -> Html | None:
    """A table that can be moved sideways on a narrow screen, by keys too; nothing where there are no rows.

    Where its caption is `said_above`, only those hear it who do not see the page.
    """
    body = [el("tr", *(el("td", cell) for cell in row)) for row in rows]
    if not body:
        return None
    head = el("thead", el("tr", *(el("th", one, scope="col") for one in heads)))
    whole = el("table", el("caption", caption, class_="unseen" if said_above else None), head, el("tbody", *body))
    return el("div", whole, class_="wide", tabindex=0, role="region", aria_label=caption)


def facts(pairs: Iterable[tuple[str, Content]]) -> Html:
    """Names with their values; those without a value are left out."""
    return el("dl", *(el("div", el("dt", name), el("dd", value)) for name, value in pairs if value not in (None, "")))


def folded(title: Content, *content: Content, key: str) -> Html:
    """What not everybody wants to see. The key tells the script which ones a reader has opened."""
    return el("details", el("summary", title), *content, data_key=key)
