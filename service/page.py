"""The page: every study with its state in words. One HTML text, nothing from elsewhere; refreshes itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from models import PIPELINE_VERSION
from models.series import Laterality
from service.health import Health, HealthReport
from service.ledger_reading import Study
from service.states import State

_REFRESH_S = 5
#: Orthanc takes the last slash away, so that /tilscope cannot be redirected; relative links need it all the same.
_ADD_SLASH = "if(!location.pathname.endsWith('/'))location.replace(location.pathname+'/'+location.search)"
#: By which the content security policy allows that line and nothing else (CSP Level 3, hash-source).
SCRIPT_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_ADD_SLASH.encode()).digest()).decode()
_COLOURS = {
    State.RECEIVING: "#5b6770", State.READY: "#5b6770", State.RUNNING: "#0b6bcb", State.WAITING: "#a15c00",
    State.SCORED: "#1a7f37", State.REFUSED: "#7a3fb0", State.FAILED: "#c62828", State.SUPERSEDED: "#5b6770",
}  # fmt: skip
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem; }
h1 { font-size: 1.4rem; margin: 0; } h1 small { font-weight: normal; font-size: .9rem; opacity: .7; }
.rule { border-left: .25rem solid #c62828; padding: .1rem .6rem; margin: .6rem 0; font-size: .9rem; }
.health { margin: .6rem 0; } nav { display: flex; flex-wrap: wrap; gap: .3rem .8rem; margin: .8rem 0; }
nav a[aria-current] { font-weight: 600; text-decoration: none; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; margin: .6rem 0; }
article header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .2rem 1rem; }
.state { color: #fff; border-radius: 1rem; padding: .05rem .7rem; font-size: .9rem; }
.uid { font-family: ui-monospace, monospace; font-size: .85rem; overflow-wrap: anywhere; }
.small { font-size: .85rem; opacity: .8; } p { margin: .3rem 0; } progress { width: 100%; height: .7rem; }
details { font-size: .85rem; } li { overflow-wrap: anywhere; }
"""
_DEMO = '<p class="rule" role="note"><strong>DEMO. Demonstration: synthetic data only.</strong> Scores mean nothing clinically.</p>'


def render(
    studies: Sequence[Study],
    total: int,
    results: Mapping[int, Mapping[str, Any]],
    health: HealthReport,
    only: State | None,
    offset: int,
    page_size: int,
    now: datetime,
    demo: bool = False,
) -> str:
    """`results` by work id. Links are relative, for the page stands under Orthanc's /tilscope/."""
    cards = "".join(_card(s, results.get(s.work_id, {})) for s in studies) or f"<p>{_nothing(only)}</p>"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><script>{_ADD_SLASH}</script><title>TILscope</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{_REFRESH_S}"><style>{_STYLE}</style></head><body>
<h1>TILscope <small>{escape(PIPELINE_VERSION)}</small></h1>
<p>Reads the tumour's immune microenvironment from breast DCE-MRI. A study that arrives in Orthanc is scored as soon as
its dynamic series is complete; the results are stored in the same study.</p>
<p class="rule">Research use only. Not a medical device; not for diagnosis or treatment decisions.</p>
{_DEMO if demo else ""}
{_health(health)}
<nav>{_filters(only)}</nav>
{cards}
{_paging(total, only, offset, page_size)}
<p class="small">As of {_time(now.timestamp())}; refreshes every {_REFRESH_S} s.
For programs: <a href="studies">studies</a>, <a href="health">health</a>, <a href="metrics">metrics</a>.</p>
</body></html>"""


def _card(study: Study, result: Mapping[str, Any]) -> str:
    uid = escape(study.study_uid)
    lines = [
        f'<header><a class="uid" href="studies/{uid}">{uid}</a>',
        f'<span class="state" style="background:{_COLOURS[study.state]}">{escape(study.state.sentence)}</span></header>',
    ]
    if study.state is State.RUNNING:
        lines.append(f'<progress max="1" value="{study.progress:.3f}"></progress>')
        lines.append(f"<p>{escape(_sentence_case(study.stage or 'starting'))}, {study.progress:.0%}</p>")
    if study.reason:
        lines.append(f"<p>{escape(study.reason)}</p>")
    if study.state is State.WAITING:
        lines.append(f"<p>Next attempt at {_time(study.next_attempt_at)}.</p>")
    lines.append(f'<p class="small">{_course(study)}</p>')
    if objects := result.get("objects"):
        items = "".join(
            f'<li>{escape(str(o["kind"]))}{_breast(o)}: <span class="uid">{escape(str(o["sop_instance_uid"]))}</span></li>'
            for o in objects
        )
        lines.append(f"<details><summary>{len(objects)} objects stored</summary><ul>{items}</ul></details>")
        lines.append(f'<p><a href="studies/{uid}/result">Result as JSON</a></p>')
    return f"<article>{''.join(lines)}</article>"


def _breast(stored: Mapping[str, Any]) -> str:
    """Which breast an object is about, where a study has objects of each."""
    side = stored.get("laterality")
    return f" ({Laterality(side).breasts})" if side in ("L", "R") else ""


def _course(study: Study) -> str:
    facts = [f"last change {_time(study.updated_at)}"]
    if study.attempts > 1:
        facts.append(f"attempt {study.attempts}")
    if study.started_at and study.finished_at:
        facts.append(f"took {study.finished_at - study.started_at:.0f} s")
    return escape(_sentence_case(", ".join(facts)))


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _health(health: HealthReport) -> str:
    mark = {Health.OK: "●", Health.STARTING: "○", Health.IMPAIRED: "▲"}[health.status]
    colour = {Health.OK: "#1a7f37", Health.STARTING: "#5b6770", Health.IMPAIRED: "#c62828"}[health.status]
    said = " ".join(health.sentences)
    return f'<p class="health"><span style="color:{colour}">{mark}</span> {escape(said)}</p>'


def _filters(only: State | None) -> str:
    here = ' aria-current="page"'
    links = [f'<a href="."{"" if only else here}>all</a>']
    links += [f'<a href="?state={s.value}"{here if s is only else ""}>{s.value}</a>' for s in State]
    return "".join(links)


def _paging(total: int, only: State | None, offset: int, page_size: int) -> str:
    if total <= page_size and not offset:
        return ""
    state = f"state={only.value}&amp;" if only else ""
    links = []
    if offset:
        links.append(f'<a href="?{state}offset={max(0, offset - page_size)}">newer</a>')
    if offset + page_size < total:
        links.append(f'<a href="?{state}offset={offset + page_size}">older</a>')
    return f"<nav>{offset + 1} to {min(offset + page_size, total)} of {total} {' '.join(links)}</nav>"


def _nothing(only: State | None) -> str:
    if only:
        return f"No study is {escape(only.value)}."
    return "No study has arrived yet. Send a breast DCE-MRI study to Orthanc and it will appear here."


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
