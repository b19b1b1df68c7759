"""A page of the cohort's pictures, the worst first: one HTML file that needs nothing else and can be sent to a reader."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape
from itertools import groupby
from pathlib import Path

from tilscope.models import PIPELINE_VERSION
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_findings import findings_in_words
from tilscope.models.readable_numbers import spread_range
from tilscope.models.result import SignatureResult, unit_text
from tilscope.service.research.cohort.cohort_study import CohortState
from tilscope.service.research.cohort.score_rows import ScoreRow

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_HEADINGS = {
    CohortState.NEEDS_READER: "A reader must decide",
    CohortState.REFUSED: "Refused",
    CohortState.FAILED: "Failed: a fault, tried again by the next run",
}
_GATES, _REST = "Scored, with a warning of a quality gate", "Scored"


def write_page(path: Path, rows: Sequence[ScoreRow], parts: Path, made: datetime) -> None:
    """`parts` is the folder that holds the pictures. Written row by row: a thousand pictures are a large file."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.writelines(_page(rows, lambda name: (parts / name).read_bytes(), made))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _page(rows: Sequence[ScoreRow], picture: Callable[[str], bytes], made: datetime) -> Iterator[str]:
    ordered = sorted(rows, key=lambda row: row.how_bad)
    groups = [(name, list(of_group)) for name, of_group in groupby(ordered, _heading)]
    studies = len({row.study_uid for row in rows})
    yield f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Cohort · TILscope</title>\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>\n{_STYLE}</style>\n</head>\n<body>\n'
    yield '<p class="rule">Research use only. Not a medical device; not for diagnosis or treatment decisions.</p>\n'
    if any(row.series and row.series.demo for row in rows):
        yield '<p class="rule"><strong>DEMO.</strong> Scores mean nothing clinically.</p>\n'
    yield f"<h1>{studies} studies, {len(rows)} rows</h1>\n<p>TILscope {PIPELINE_VERSION}, {made:%Y-%m-%d %H:%M}. The worst first.</p>\n<nav><ul>\n"
    for number, (name, of_group) in enumerate(groups):
        yield f'<li><a href="#group-{number}">{name}</a>: {len(of_group)}</li>\n'
    yield "</ul></nav>\n<main>\n"
    for number, (name, of_group) in enumerate(groups):
        yield f'<section id="group-{number}">\n<h2>{name} ({len(of_group)})</h2>\n'
        for row in of_group:
            yield from _article(row, picture)
        yield "</section>\n"
    yield "</main>\n</body>\n</html>\n"


def _heading(row: ScoreRow) -> str:
    return _HEADINGS.get(row.state) or (_GATES if row.warnings else _REST)


def _article(row: ScoreRow, picture: Callable[[str], bytes]) -> Iterator[str]:
    side = Laterality(row.laterality).breasts if row.laterality else "side not known"
    day = f"{row.study_date[:4]}-{row.study_date[4:6]}-{row.study_date[6:8]}" if len(row.study_date) == 8 else ""
    title = " · ".join(part for part in (row.patient_id or "patient not named", day, side) if part)
    yield f'<article class="{row.state.value}">\n<h3>{escape(title)}</h3>\n<p class="uid">{escape(row.study_uid)}</p>\n'
    if row.reason:
        yield f'<p class="why">{escape(row.reason)} <code>{escape(row.code)}</code></p>\n'
    if row.series is not None and (
        sentences := [one.sentence for one in (*row.series.warnings, *row.series.not_checkable)]
    ):
        yield "<ul>\n" + "".join(f"<li>{escape(sentence)}</li>\n" for sentence in sentences) + "</ul>\n"
    if row.series is not None and row.series.signatures:
        yield f"<p>{escape(' '.join(findings_in_words(row.series)))}</p>\n" if row.series.finding != "mass" else ""
        yield from _scores(row.series.signatures)
    if row.picture:
        content = base64.b64encode(picture(row.picture)).decode()
        words = escape(f"Pictures of {title}", quote=True)
        yield f'<img alt="{words}" src="data:image/jpeg;base64,{content}">\n'
    else:
        yield '<p class="nothing">No picture: it was not scored from its images.</p>\n'
    yield "</article>\n"


def _scores(signatures: Sequence[SignatureResult]) -> Iterator[str]:
    yield "<table>\n<thead><tr><th>Signature</th><th>Score</th><th>Class</th><th>Percentile</th><th>State</th></tr></thead>\n<tbody>\n"
    for one in signatures:
        percentile = "" if one.percentile is None else f"{one.percentile:.0f}"
        cells = (one.title, _score(one), one.category or "", percentile, one.state.value)
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n"
    yield "</tbody>\n</table>\n"


def _score(one: SignatureResult) -> str:
    if one.score is None or one.score.value is None:
        return "–"
    spread = spread_range(one)
    return f"{one.score.value:g} {unit_text(one.score.unit)}".rstrip() + (f" ({spread})" if spread else "")
