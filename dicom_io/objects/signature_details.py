"""The signatures in detail: every feature, what each adds to the score, and the choices that they depend on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib.enums import TA_RIGHT
from reportlab.platypus import Flowable, KeepTogether, PageBreak, Paragraph, Spacer, Table

from dicom_io.objects.page_style import (
    BAND,
    BODY,
    GREY,
    HEADING,
    LINE,
    LINED,
    SMALL,
    STATE_COLOURS,
    WIDTH,
    number,
    plain,
    style,
)
from models.result import Measurement, SignatureResult

#: Contributions shown; the rest are small.
_MOST_CONTRIBUTIONS = 6


class PercentileStrip(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Where a score lies among the reference's cohort: a line from 0 to 100 with a mark. Nothing without a reference."""

    def __init__(self, percentile: float | None, width: float = 66.0, height: float = 15.0) -> None:
        super().__init__()
        self.percentile, self.width, self.height = percentile, width, height

    def draw(self) -> None:
        if self.percentile is None:
            return
        canvas, middle = self.canv, self.height * 0.35
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(2.5)
        canvas.line(0, middle, self.width, middle)
        x = self.width * self.percentile / 100
        canvas.setFillColor(BAND)
        canvas.circle(x, middle, 2.6, stroke=0, fill=1)
        canvas.setFillColor(GREY)
        canvas.setFont(SMALL.fontName, 6)
        label = f"percentile {self.percentile:.0f}"
        canvas.drawString(0, self.height * 0.35 + 5, label)


def signature_details(signatures: Sequence[SignatureResult]) -> list[Flowable]:
    """From a new page on."""
    if not signatures:
        return []
    return [
        PageBreak(),
        Paragraph("Signatures in detail", HEADING),
        *(part for s in signatures for part in _details(s)),
    ]


def _details(signature: SignatureResult) -> list[Flowable]:
    colour = STATE_COLOURS[signature.state].hexval().replace("0x", "#")
    title = f"<b>{plain(signature.title)}</b>  <font color='{colour}'><b>● {plain(signature.state.value)}</b></font>"
    head: list[Flowable] = [Paragraph(title, style("title", 8))]
    said = [f"<b>{plain(m.name)}: {plain(number(m))}</b>" for m in (signature.score, *signature.further_scores) if m]
    if signature.category is not None:
        said.append(f"class <b>{plain(signature.category)}</b>")
    if said:
        head.append(Paragraph(" · ".join(said), style("score", 7.4, colour=BAND)))
    head.append(Paragraph(plain(signature.reason), BODY))
    if signature.contributions:
        head.append(Paragraph(_explained(signature), BODY))
    absent = [m for m in (signature.score, *signature.features) if m is not None and m.missing is not None]
    tail = [Paragraph("; ".join(plain(f"{m.name}: {m.reason or m.missing}") for m in absent), SMALL)] if absent else []
    tail.append(Paragraph(plain(f"{signature.citation} Version {signature.version}. {signature.parameters}"), SMALL))
    return [KeepTogether(head), _features(signature.features), *tail, Spacer(0, 5)]


def _explained(signature: SignatureResult) -> str:
    """The terms of the score, the greatest first."""
    told = [
        f"{plain(c.feature)} {c.amount:+.3g} ({c.coefficient:+.3g} × {c.value:.3g})"
        for c in signature.contributions[:_MOST_CONTRIBUTIONS]
    ]
    more = len(signature.contributions) - len(told)
    return "Adds to the score: " + "; ".join(told) + (f"; and {more} smaller ones." if more else ".")


def _features(features: Sequence[Measurement], across: int = 3) -> Flowable:
    cells: list[list[Any]] = [
        [Paragraph(f"{plain(m.id)} <font color='#66727f'>{plain(m.name)}</font>", style("f", 6.4)),
         Paragraph(plain(number(m)), style("n", 6.4, alignment=TA_RIGHT))]
        for m in features
    ]  # fmt: skip
    down = -(-len(cells) // across)
    if not down:
        return Spacer(0, 0)
    cells += [["", ""]] * (down * across - len(cells))
    rows = [[part for cell in cells[row::down] for part in cell] for row in range(down)]  # down the columns
    width = WIDTH / across
    return Table(rows, [width * 0.68, width * 0.32] * across, style=LINED)
