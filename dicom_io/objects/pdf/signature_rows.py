"""The signatures on the first page, a row each: state, score, class, its place in the cohort; or why there is no score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.lib.enums import TA_CENTER
from reportlab.platypus import Flowable, Paragraph, Table

from tilscope.dicom_io.objects.pdf.page_frame import WIDTH
from tilscope.dicom_io.objects.pdf.page_letters import TEXT, plain
from tilscope.dicom_io.objects.pdf.page_style import (
    BAND,
    BODY,
    GREY,
    HEADING,
    INK,
    LINE,
    LINED,
    SMALL,
    state_text,
    style,
)
from tilscope.models.readable_numbers import score_text, spread_range
from tilscope.models.result import SignatureResult

_SCORE = style("score", 12, colour=BAND, alignment=TA_CENTER)
#: Of a score that must not be read as a result.
_CAVEAT = style("caveat", 5.6, colour=GREY, alignment=TA_CENTER)
_CLASS = style("class", 7.4, alignment=TA_CENTER)
_SPREAD = style("spread", 6, colour=GREY, alignment=TA_CENTER)
_NONE = style("none", 6.6, colour=GREY, alignment=TA_CENTER)


class PercentileStrip(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Where a score lies among the reference's cohort: from its lowest to its highest, the middle half as a box."""

    def __init__(self, percentile: float, width: float = 92.0) -> None:
        super().__init__()
        self.percentile, self.width, self.height = percentile, width, 23.0

    def draw(self) -> None:
        canvas, base, high = self.canv, 7.0, 5.0
        middle = base + high / 2

        def at(percentile: float) -> float:
            return 3 + (self.width - 6) * percentile / 100

        canvas.setStrokeColor(GREY)
        canvas.setLineWidth(0.6)
        canvas.line(at(0), middle, at(100), middle)
        canvas.setFillColor(LINE)
        canvas.rect(at(25), base, at(75) - at(25), high, stroke=1, fill=1)
        for tick in (0, 50, 100):
            canvas.setLineWidth(1.2 if tick == 50 else 0.6)
            canvas.line(at(tick), base, at(tick), base + high)
        canvas.setFont(TEXT, 4.8)
        canvas.setFillColor(GREY)
        for tick in (25, 50, 75):
            canvas.drawCentredString(at(tick), 1.2, str(tick))
        x = at(self.percentile)
        canvas.setFillColor(INK)
        mark = canvas.beginPath()
        mark.moveTo(x, middle)
        mark.lineTo(x - 2.6, base + high + 3.2)
        mark.lineTo(x + 2.6, base + high + 3.2)
        mark.close()
        canvas.drawPath(mark, stroke=0, fill=1)
        canvas.setFont(TEXT, 6)
        label = f"percentile {self.percentile:.0f}"
        half = canvas.stringWidth(label, TEXT, 6) / 2
        canvas.drawCentredString(min(max(x, half), self.width - half), base + high + 5, label)


def signature_rows(signatures: Sequence[SignatureResult], lesion: str) -> list[Flowable]:
    """`lesion`: what they are of, within a sentence. The features are on the next page."""
    if not signatures:
        return []
    placed = any(s.percentile is not None and not s.caveat for s in signatures)
    rows = [_row(s, placed) for s in signatures]
    shares = (0.36, 0.125, 0.185, 0.33) if placed else (0.36, 0.125, 0.515)
    table = Table(rows, [WIDTH * share for share in shares], style=LINED)
    return [Paragraph(f"Signatures of {lesion}", HEADING), table]


def _row(signature: SignatureResult, placed: bool) -> list[Any]:
    title = Paragraph(f"<b>{plain(signature.title)}</b><br/>{state_text(signature.state)}", BODY)
    reason = f"No result: {signature.caveat}. {signature.reason}" if signature.caveat else signature.reason
    placeable = signature.percentile is not None and not signature.caveat
    strip: list[Any] = [PercentileStrip(signature.percentile or 0.0)] if placeable else []
    return [title, _score_and_class(signature), *([strip] if placed else []), Paragraph(plain(reason), SMALL)]


def _score_and_class(signature: SignatureResult) -> list[Flowable]:
    score = signature.score
    if score is None or score.value is None:
        return [Paragraph("no score", _NONE)]
    if signature.caveat:
        return [Paragraph("no result", _NONE), Paragraph(plain(f"(model: {score_text(score)})"), _CAVEAT)]
    lines: list[Flowable] = [Paragraph(f"<b>{plain(score_text(score))}</b>", _SCORE)]
    if spread := spread_range(signature):
        lines.append(Paragraph(plain(spread), _SPREAD))
    if signature.category is not None:
        lines.append(Paragraph(plain(signature.category), _CLASS))
    return lines
