"""The signatures in detail: every feature, what each adds to the score, and the choices that they depend on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from reportlab.lib.enums import TA_RIGHT
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from tilscope.dicom_io.objects.pdf.page_frame import WIDTH
from tilscope.dicom_io.objects.pdf.page_letters import TEXT, plain
from tilscope.dicom_io.objects.pdf.page_style import BAND, GREY, HEADING, LINE, RULED, SIDE_BY_SIDE, state_text, style
from tilscope.models.readable_numbers import fixed, readings_sentence, score_text, shown, signed, spread_text
from tilscope.models.result import RADIOMICS_MARK, Contribution, Measurement, SignatureResult

_FAINT = GREY.hexval().replace("0x", "#")
_TITLE, _SCORE = style("title", 7.8, spaceBefore=4), style("said", 7, colour=BAND)
_NAME, _VALUE = style("feature", 6.0), style("value", 6.0, alignment=TA_RIGHT)
_NOTE = style("note", 5.6, colour=GREY)
_COLUMN, _NUMBER_COLUMN = (
    style("column", 5.4, colour=GREY),
    style("number column", 5.4, colour=GREY, alignment=TA_RIGHT),
)

#: Of a half: name, value; and where there is a model: value as a z-score, what it adds.
_PLAIN, _MODELLED = (0.8, 0.2), (0.56, 0.165, 0.085, 0.19)
_CLOSE = [*RULED, ("LEFTPADDING", (0, 0), (-1, -1), 1.5), ("RIGHTPADDING", (0, 0), (-1, -1), 1.5)]
_GUTTER = 12.0
_HALF = (WIDTH - _GUTTER) / 2


class ContributionBar(Flowable):  # type: ignore[misc]  # reportlab has no types
    """To the right of the middle raises the score, to the left lowers it; as long as the part of the greatest one."""

    def __init__(self, amount: float, greatest: float, width: float) -> None:
        super().__init__()
        self.amount, self.greatest, self.width, self.height = amount, greatest, width, 6.4

    def draw(self) -> None:
        canvas, number = self.canv, 21.0
        middle, reach = (self.width - number) / 2, (self.width - number) / 2 - 1
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.5)
        canvas.line(middle, 0, middle, self.height)
        long = reach * self.amount / self.greatest if self.greatest else 0.0
        canvas.setFillColor(BAND)
        canvas.rect(min(middle, middle + long), 1.4, abs(long), self.height - 2.8, stroke=0, fill=1)
        canvas.setFillColor(GREY)
        canvas.setFont(TEXT, 5.6)
        canvas.drawRightString(self.width, 1.3, signed(self.amount))


def signature_details(signatures: Sequence[SignatureResult], lesion: str) -> list[Flowable]:
    heading = Paragraph(f"Signatures in detail, {lesion}", HEADING)
    return [heading, *(part for s in signatures for part in _details(s))]


def _details(signature: SignatureResult) -> list[Flowable]:
    # The reason for its state is on the first page.
    head: list[Flowable] = [Paragraph(f"<b>{plain(signature.title)}</b>  {state_text(signature.state)}", _TITLE)]
    if scores := _scores(signature):
        head.append(Paragraph(scores, _SCORE))
    small = [
        _absent(signature),
        _fragile(signature),
        readings_sentence(signature),
        f"{signature.published} {signature.citation} Version {signature.version}.",
        signature.parameters,
    ]
    tail = [Paragraph(plain(text), _NOTE) for text in small if text.strip()]
    table = _features(signature.features, signature.contributions)
    # A table of hundreds may break across pages, one of a few may not.
    few = len(signature.features) <= 60
    return [KeepTogether([*head, table, *tail])] if few else [KeepTogether(head), table, *tail, Spacer(0, 5)]


def _scores(signature: SignatureResult) -> str:
    if signature.caveat and signature.score is not None:
        words = f"{signature.score.name}: {score_text(signature.score)}, no result: {signature.caveat}"
        return f"<font color='{_FAINT}'>{plain(words)}</font>"
    facts = [
        f"{plain(m.name)}: <b>{plain(score_text(m))}</b>" for m in (signature.score, *signature.further_scores) if m and m.value is not None
    ]  # fmt: skip
    if facts and signature.category is not None:
        facts.append(f"class <b>{plain(signature.category)}</b>")
    if facts and signature.percentile is not None:
        facts.append(f"percentile <b>{signature.percentile:.0f}</b>")
    return " · ".join(facts)


def _absent(signature: SignatureResult) -> str:
    """What has no value, with the reason."""
    absent = [m for m in (*signature.further_scores, *signature.features) if m.missing is not None]
    if signature.score is not None and signature.score.value is None:
        absent.insert(0, signature.score)
    reasons = "; ".join(f"{m.name}: {m.reason or m.missing}" for m in absent)
    return f"No value: {reasons}." if reasons else ""


def _fragile(signature: SignatureResult) -> str:
    """What of the features is to be read with care, and the spread that comes of it."""
    called = {m.id: m.name if m.id.startswith(RADIOMICS_MARK) else m.id for m in signature.features}
    marked = "; ".join(f"{called[m.id]} {m.fragile}" for m in signature.features if m.fragile)
    spread = spread_text(signature)
    return " ".join([*([f"Score {spread}."] if spread else []), *([f"Fragile: {marked}."] if marked else [])])


def _features(features: Sequence[Measurement], contributions: Sequence[Contribution]) -> Flowable:
    """In two columns that are read one after the other."""
    if not features:
        return Spacer(0, 0)
    adds = {c.feature: c for c in contributions}
    greatest = max((abs(c.amount) for c in contributions), default=0.0)
    shares = _MODELLED if contributions else _PLAIN
    widths = [_HALF * share for share in shares]
    zs = _z_scores(features, adds)
    rows = [_row(m, adds.get(m.id), zs.get(m.id), greatest, widths) for m in features]
    head = [Paragraph("feature", _COLUMN), Paragraph("value", _NUMBER_COLUMN)]
    if contributions:
        head += [Paragraph("z" if zs else "", _NUMBER_COLUMN), Paragraph("lowers | raises", _COLUMN)]
    if len(features) > 60:
        return Table([head, *rows], [2 * w for w in widths], style=_CLOSE, repeatRows=1)
    down = -(-len(rows) // 2)
    halves = [Table([head, *half], widths, style=_CLOSE) if half else "" for half in (rows[:down], rows[down:])]
    return Table([[halves[0], "", halves[1]]], [_HALF, _GUTTER, _HALF], style=SIDE_BY_SIDE)


def _z_scores(features: Sequence[Measurement], adds: Mapping[str, Contribution]) -> dict[str, float]:
    """Of the features that a model took as such: not raw ones, nor a forest's, whose parts of a score have no factor."""
    if all(c.coefficient == 1.0 for c in adds.values()):
        return {}
    return {
        m.id: adds[m.id].value
        for m in features
        if m.id in adds and m.value is not None and not math.isclose(adds[m.id].value, m.value, rel_tol=1e-5)
    }


def _row(
    feature: Measurement, adds: Contribution | None, z: float | None, greatest: float, widths: Sequence[float]
) -> list[Flowable | str]:
    # The papers' own short names are capitals; what is no name of theirs has one that is long enough.
    label = f"<b>{plain(feature.id)}</b> " if feature.id.isupper() else ""
    row: list[Flowable | str] = [
        Paragraph(label + plain(feature.name), _NAME),
        Paragraph(plain(shown(feature)), _VALUE),
    ]
    if len(widths) == len(_PLAIN):
        return row
    if adds is None:
        return [*row, "", ""]
    z_text = "" if z is None else fixed(z, 1)
    return [*row, Paragraph(z_text, _VALUE), ContributionBar(adds.amount, greatest, widths[-1] - 3)]
