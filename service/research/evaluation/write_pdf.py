"""The report on A4 pages: text, tables and drawings, all of them vectors."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tilscope.service.research.evaluation.report import EvaluationReport, Figure, table_of
from tilscope.service.research.figures.style import INK, QUIET, styled
from tilscope.service.site.atomic_files import write_durably

#: Inches.
_WIDTH, _HEIGHT, _MARGIN = 8.27, 11.69, 0.7
_INSIDE = _WIDTH - 2 * _MARGIN
_POINT = 1 / 72
#: Of DejaVu Sans an average letter is so wide, in parts of its size.
_LETTER = 0.55


def write_pdf(report: EvaluationReport, path: Path) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    held = io.BytesIO()
    with (
        styled(),
        PdfPages(held, metadata={"Title": report.title, "Creator": "TILscope", "CreationDate": None}) as pages,
    ):
        paper = _Paper(pages, report.title)
        paper.heading(report.title, 14)
        paper.table(["", ""], [list(fact) for fact in report.facts])
        for section in report.sections:
            lines = sum(len(_wrapped(sentence, _INSIDE, 8)) for sentence in section.sentences)
            paper.heading(
                section.title, 11, 0.2 * lines + (section.figures[0].height + 0.5 if section.figures else 0.6)
            )
            for sentence in section.sentences:
                paper.paragraph(sentence)
            for figure in section.figures:
                paper.figure(figure)
            if section.numbers:
                paper.table(*table_of(section.numbers))
        paper.heading("TRIPOD+AI, CLEAR and METRICS", 11)
        paper.paragraph(
            "In our own short words; the guidelines' own texts rule. What the run does not know is the authors' to answer."
        )
        rows = [[f"{row.guideline} {row.item}", row.asks, row.answer or row.state] for row in report.checklist]
        paper.table(["item", "asks", "answer"], rows)
        paper.end()
    write_durably(path, held.getvalue())


class _Paper:
    """Fills one page after the other from the top."""

    def __init__(self, pages: Any, title: str) -> None:
        self._pages, self._title, self._count = pages, title, 0
        self._begin()

    def heading(self, text: str, size: float, with_it: float = 1.2) -> None:
        """Never the last thing on a page: what belongs to it, in inches, is on the same."""
        self._room(min(0.4 + with_it, _HEIGHT - 2 * _MARGIN))
        self._down(0.12)
        for line in _wrapped(text, _INSIDE, size):
            self._write(line, size, weight="bold")
        self._down(0.06)

    def paragraph(self, text: str) -> None:
        for line in _wrapped(text, _INSIDE, 8):
            self._room(0.2)
            self._write(line, 8)
        self._down(0.05)

    def figure(self, figure: Figure) -> None:
        from matplotlib.gridspec import GridSpec

        scale = min(1.0, _INSIDE / figure.width)
        width, height = scale * figure.width, scale * figure.height
        self._room(height + 0.5)
        # Only where there is a drawing: a page of text has nothing to lay out, and would be drawn twice for it.
        self._page.set_layout_engine("constrained")
        grid = GridSpec(
            3, 3, self._page, height_ratios=(self._used, height, _HEIGHT - self._used - height),
            width_ratios=(_MARGIN, width, _WIDTH - _MARGIN - width),
        )  # fmt: skip
        figure.draw(self._page.add_subfigure(grid[1, 1]))
        self._down(height + 0.04)
        for line in _wrapped(figure.caption, _INSIDE, 7):
            self._write(line, 7, color=QUIET)
        self._down(0.1)

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        widths = _column_widths([titles, *rows])
        self._room(0.6)
        if any(titles):
            self._row(titles, widths, weight="bold")
        for row in rows:
            if self._lines(row, widths) * 8.5 * _POINT + 0.1 > _HEIGHT - _MARGIN - self._used:
                self._turn()
                if any(titles):
                    self._row(titles, widths, weight="bold")
            self._row(row, widths)
        self._down(0.12)

    def end(self) -> None:
        self._finish()

    def _row(self, row: Sequence[str], widths: Sequence[float], **how: Any) -> None:
        top, left = self._used, _MARGIN
        for text, width in zip(row, widths, strict=True):
            for n, line in enumerate(_wrapped(text, width - 0.06, 6.5)):
                self._text(left, top + n * 8.5 * _POINT, line, 6.5, **how)
            left += width
        self._down(self._lines(row, widths) * 8.5 * _POINT + 0.05)
        rule = 1 - (self._used - 0.035) / _HEIGHT
        self._page.add_artist(_line((_MARGIN / _WIDTH, left / _WIDTH), (rule, rule)))

    def _lines(self, row: Sequence[str], widths: Sequence[float]) -> int:
        return max(len(_wrapped(text, width - 0.06, 6.5)) for text, width in zip(row, widths, strict=True))

    def _write(self, line: str, size: float, **how: Any) -> None:
        self._text(_MARGIN, self._used, line, size, **how)
        self._down(size * 1.3 * _POINT)

    def _text(self, left: float, top: float, line: str, size: float, **how: Any) -> None:
        # A dollar sign begins no formula.
        self._page.text(
            left / _WIDTH, 1 - top / _HEIGHT, line, fontsize=size, va="top", parse_math=False, **{"color": INK, **how}
        )

    def _room(self, inches: float) -> None:
        if self._used + inches > _HEIGHT - _MARGIN:
            self._turn()

    def _down(self, inches: float) -> None:
        self._used += inches

    def _turn(self) -> None:
        self._finish()
        self._begin()

    def _begin(self) -> None:
        from matplotlib.figure import Figure as Page

        self._page: Any = Page(figsize=(_WIDTH, _HEIGHT))
        self._used = _MARGIN
        self._count += 1

    def _finish(self) -> None:
        self._text(_MARGIN, _HEIGHT - 0.45, f"{self._title} · page {self._count} · research use only", 6.5, color=QUIET)
        self._pages.savefig(self._page)


def _line(across: tuple[float, float], up: tuple[float, float]) -> Any:
    from matplotlib.lines import Line2D

    return Line2D(across, up, color="#cccccc", linewidth=0.5)


def _wrapped(text: str, inches: float, size: float) -> list[str]:
    """At least one line."""
    letters = max(int(inches / (size * _LETTER * _POINT)), 4)
    return textwrap.wrap(text, letters) or [""]


def _column_widths(rows: Sequence[Sequence[str]]) -> list[float]:
    """By the longest text of each column, the wide ones narrowed until all fit; what does not fit is wrapped."""
    wanted = [max(len(text) for text in column) * 6.5 * _LETTER * _POINT + 0.14 for column in zip(*rows, strict=True)]
    limit = max(wanted)
    while sum(min(one, limit) for one in wanted) > _INSIDE:
        limit *= 0.95
    return [min(one, limit) for one in wanted]
