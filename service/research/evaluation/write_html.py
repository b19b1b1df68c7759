"""The report as one web page that needs nothing beside it: its figures are drawings, not pictures."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from tilscope.service.research.evaluation.report import ChecklistRow, EvaluationReport, Figure, Section, table_of
from tilscope.service.research.figures.style import as_svg
from tilscope.service.site.atomic_files import write_durably

_STYLE = """
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #222; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5rem; border-bottom: 1px solid #bbb }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13px } caption { text-align: left; color: #555 }
th, td { text-align: left; vertical-align: top; padding: .2rem .6rem; border-bottom: 1px solid #ddd }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
figure { display: inline-block; vertical-align: top; margin: 1rem 1rem 1rem 0; break-inside: avoid } figure svg { max-width: 100%; height: auto } figcaption { color: #444; font-size: 13px }
.unknown { color: #555; font-style: italic } nav a { margin-right: 1rem }
@media print { body { max-width: none; margin: 0 } h2 { break-after: avoid } tr { break-inside: avoid } }
"""
_NUMBERS = {"value", "95 % interval", "P", "n"}


def write_html(report: EvaluationReport, path: Path) -> None:
    write_durably(path, _page(report).encode())


def _page(report: EvaluationReport) -> str:
    links = "".join(f'<a href="#{section.key}">{escape(section.title)}</a> ' for section in report.sections)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(report.title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(report.title)}</h1>",
            _table("", ["", ""], [list(fact) for fact in report.facts]),
            f'<nav>{links}<a href="#checklist">Checklist</a></nav>',
            *map(_section, report.sections),
            _checklist(report.checklist),
            "</body></html>\n",
        ]
    )


def _section(section: Section) -> str:
    parts = [f'<section id="{section.key}"><h2>{escape(section.title)}</h2>']
    parts += [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
    parts += [_figure(section.key, figure) for figure in section.figures]
    if section.numbers:
        parts.append(_table("", *table_of(section.numbers)))
    return "\n".join([*parts, "</section>"])


def _figure(key: str, figure: Figure) -> str:
    svg = as_svg(figure.draw, figure.width, figure.height)
    # Ids are of the whole page: those of one drawing must not be another's.
    for mark in ('id="', 'href="#', "url(#"):
        svg = svg.replace(mark, f"{mark}{key}-{figure.name}-")
    labelled = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(figure.caption, quote=True)}" ', 1)
    return f'<figure id="{key}-{figure.name}">{labelled}<figcaption>{escape(figure.caption)}</figcaption></figure>'


def _checklist(rows: Iterable[ChecklistRow]) -> str:
    rows = list(rows)
    answered = sum(bool(row.answer) for row in rows)
    body = "".join(
        f"<tr><td>{row.guideline}</td><td>{row.item}</td><td>{escape(row.asks)}</td>"
        f"<td{'' if row.answer else ' class=unknown'}>{escape(row.answer or row.state)}</td></tr>"
        for row in rows
    )
    return (
        '<section id="checklist"><h2>TRIPOD+AI, CLEAR and METRICS</h2>'
        f"<p>{answered} of {len(rows)} items are known from the run; the others are the authors' to answer. Items are in our own short "
        "words; the guidelines' own texts rule.</p>"
        "<table><thead><tr><th>guideline</th><th>item</th><th>asks</th><th>answer</th></tr></thead>"
        f"<tbody>{body}</tbody></table></section>"
    )


def _table(caption: str, titles: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(
        "<tr>" + "".join(_cell(title, text) for title, text in zip(titles, row, strict=True)) + "</tr>" for row in rows
    )
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{named}{f'<thead><tr>{head}</tr></thead>' if any(titles) else ''}<tbody>{body}</tbody></table>"


def _cell(title: str, text: str) -> str:
    return f"<td{' class=number' if title in _NUMBERS else ''}>{escape(text)}</td>"
