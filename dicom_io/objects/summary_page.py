"""What stands on the page, and how it looks: reportlab, one A4 page as long as the result is of ordinary size."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from pydicom import Dataset
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from dicom_io.objects.identity import MODEL_NAME, RESEARCH_USE
from dicom_io.objects.page_drawing import BOLD, TEXT, DrawingOnPage, register_fonts
from dicom_io.objects.segmentation import lesion_tracking_id
from models.pictures.colours import lesion_colour
from models.pictures.montage import page_pictures
from models.regions import Regions
from models.result import DIGITS, CalibrationState, Measurement, SeriesResult, SignatureResult, unit_text
from models.series import DceSeries

_INK, _GREY, _LINE = HexColor("#1d2733"), HexColor("#66727f"), HexColor("#d7dde3")
_BAND, _ALERT, _PALE = HexColor("#123a4a"), HexColor("#c62828"), HexColor("#f3f6f8")
_STATE_COLOURS = {
    CalibrationState.CALIBRATED: HexColor("#2e7d4f"),
    CalibrationState.UNCALIBRATED: HexColor("#b26a00"),
    CalibrationState.NO_MODEL: HexColor("#66727f"),
}

_MARGIN = 14 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_BAND_HEIGHT = 15 * mm
#: Of one row of pictures, without their captions.
_PICTURE_HEIGHT = 31 * mm


def _style(name: str, size: float, font: str = TEXT, colour: Color = _INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.32, textColor=colour, **more)


_BODY = _style("body", 7.4)
_SMALL = _style("small", 6.2, colour=_GREY)
_NUMBER = _style("number", 7.4, alignment=TA_RIGHT)
_HEADING = _style("heading", 9, BOLD, _BAND, spaceBefore=5, spaceAfter=2)
_STRONG = _style("strong", 7.4, BOLD)


def summary_page(result: SeriesResult, series: DceSeries, regions: Regions, header: Dataset) -> bytes:
    """The PDF. Equal inputs give equal bytes."""
    register_fonts()
    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, invariant=1, title=f"{MODEL_NAME} summary", author=MODEL_NAME, subject=RESEARCH_USE,
        leftMargin=_MARGIN, rightMargin=_MARGIN,
    )  # fmt: skip
    frame = Frame(
        _MARGIN, 13 * mm, _WIDTH, A4[1] - _BAND_HEIGHT - 15 * mm, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )  # fmt: skip
    document.addPageTemplates(PageTemplate("page", [frame], onPage=_decorate))
    document.build(
        [
            _patient(header, result),
            Spacer(0, 5),
            *_pictures(series, regions),
            *_measurements(result),
            *_signatures(result.signatures),
            *_quality(result),
            *_provenance(result, regions),
        ]
    )
    return out.getvalue()


def plain(text: object) -> str:
    """Text that reportlab can set: no markup, no half characters, no control characters."""
    whole = str(text).encode("utf-8", "replace").decode("utf-8")
    return escape("".join(c if c.isprintable() else " " for c in whole))


def number(measurement: Measurement) -> str:
    """The number as every output has it, with its unit; or why there is none."""
    if measurement.value is None:
        return f"– {measurement.missing.value if measurement.missing else ''}"
    return f"{measurement.value:.{DIGITS}g} {unit_text(measurement.unit)}".rstrip()


def _decorate(canvas: Any, document: Any) -> None:
    """The band above and the line below, on every page."""
    width, height = A4
    canvas.setFillColor(_BAND)
    canvas.rect(0, height - _BAND_HEIGHT, width, _BAND_HEIGHT, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.setFont(BOLD, 15)
    canvas.drawString(_MARGIN, height - 7.4 * mm, MODEL_NAME)
    canvas.setFont(TEXT, 8)
    canvas.drawString(_MARGIN, height - 11.8 * mm, "Breast DCE-MRI: tumour kinetics and published immune signatures")
    label = "RESEARCH USE ONLY"
    wide = pdfmetrics.stringWidth(label, BOLD, 10) + 14
    canvas.setFillColor(_ALERT)
    canvas.roundRect(width - _MARGIN - wide, height - 10.9 * mm, wide, 7 * mm, 3, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.setFont(BOLD, 10)
    canvas.drawCentredString(width - _MARGIN - wide / 2, height - 8.7 * mm, label)
    canvas.setFillColor(_GREY)
    canvas.setFont(TEXT, 6.2)
    canvas.drawString(_MARGIN, 8 * mm, RESEARCH_USE)
    canvas.drawRightString(width - _MARGIN, 8 * mm, f"page {document.page}")


# ------------------------------------------------------------------------------------------------------- the parts


def _patient(header: Dataset, result: SeriesResult) -> Flowable:
    def date(value: str) -> str:
        return f"{value[:4]}-{value[4:6]}-{value[6:]}" if len(value) == 8 else ""

    sides = {"L": "left breast", "R": "right breast", "B": "both breasts"}
    facts = [
        ("Patient", _readable_name(str(header.PatientName))),
        ("ID", header.PatientID),
        ("Born", date(str(header.PatientBirthDate or ""))),
        ("Study", date(str(header.StudyDate or ""))),
        ("Accession", header.AccessionNumber),
        ("Imaged", sides.get(result.laterality, result.laterality)),
    ]
    cells = [[Paragraph(plain(k), _SMALL) for k, _ in facts], [Paragraph(plain(v) or "–", _STRONG) for _, v in facts]]
    widths = [_WIDTH * share for share in (0.27, 0.2, 0.1, 0.12, 0.18, 0.13)]
    return Table(
        cells, widths, style=[*_TIGHT, ("BACKGROUND", (0, 0), (-1, -1), _PALE), ("LEFTPADDING", (0, 0), (-1, -1), 5)]
    )


def _readable_name(name: str) -> str:
    """PS3.5 6.2.1: component groups by '=', components by '^'; the family name comes first."""
    groups = [" ".join(part for part in group.split("^") if part) for group in name.split("=")]
    return " / ".join(group for group in groups if group)


_TIGHT = [
    ("TOPPADDING", (0, 0), (-1, -1), 0.7),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]


def _pictures(series: DceSeries, regions: Regions) -> list[Flowable]:
    return [DrawingOnPage(page_pictures(series, regions, _WIDTH, _PICTURE_HEIGHT)), Spacer(0, 2)]


def _measurements(result: SeriesResult) -> list[Flowable]:
    """The lesions side by side, then the breast."""
    names = {m.id: m.name for lesion in result.lesions for m in lesion.measurements}
    head = [Paragraph("", _SMALL)]
    for index, lesion in enumerate(result.lesions):
        colour = "#{:02x}{:02x}{:02x}".format(*lesion_colour(index))
        side = {"L": "left", "R": "right"}.get(lesion.laterality, lesion.laterality)
        title = f'<font color="{colour}">■</font> Lesion {lesion.number} <font color="#66727f">{plain(side)}</font>'
        head.append(Paragraph(title, _style("head", 7.4, BOLD, alignment=TA_RIGHT)))
    rows = [head]
    for id, name in names.items():
        found = [next((m for m in lesion.measurements if m.id == id), None) for lesion in result.lesions]
        rows.append(
            [Paragraph(plain(name), _BODY), *(Paragraph(plain(number(m)) if m else "", _NUMBER) for m in found)]
        )
    rows.append([Paragraph("Kinetic curve", _BODY), *(Paragraph(plain(x.curve_type), _NUMBER) for x in result.lesions)])
    rows.append(
        [Paragraph("Segmenter's confidence", _BODY), *(Paragraph(f"{x.confidence:g}", _NUMBER) for x in result.lesions)]
    )
    breast = [[Paragraph("Breast", _STRONG), ""]] + [
        [Paragraph(plain(m.name), _BODY), Paragraph(plain(number(m)), _NUMBER)] for m in result.breast
    ]
    left = _WIDTH * (0.6 if len(result.lesions) < 4 else 0.68)
    right = _WIDTH - left - 14
    columns = max(1, len(result.lesions))
    name_width = left * {1: 0.64, 2: 0.46}.get(columns, 0.34)
    lesions = Table(rows, [name_width, *[(left - name_width) / columns] * columns], style=_RULED)
    both = Table(
        [[lesions, "", Table(breast, [right * 0.6, right * 0.4], style=_RULED)]], [left, 14, right],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)],
    )  # fmt: skip
    return [Paragraph("Measurements", _HEADING), both]


_RULED = [*_TIGHT, ("LINEBELOW", (0, 0), (-1, -1), 0.3, _LINE), ("LINEBELOW", (0, 0), (-1, 0), 0.8, _BAND)]


def _signatures(signatures: Sequence[SignatureResult]) -> list[Flowable]:
    blocks: list[Flowable] = [Paragraph("Signatures", _HEADING)] if signatures else []
    for signature in signatures:
        colour = _STATE_COLOURS[signature.state].hexval().replace("0x", "#")
        title = (
            f"<b>{plain(signature.title)}</b>  <font color='{colour}'><b>● {plain(signature.state.value)}</b></font>"
        )
        said = []
        if signature.score is not None:
            said.append(f"<b>{plain(signature.score.name)}: {plain(number(signature.score))}</b>")
        if signature.category is not None:
            said.append(f"class <b>{plain(signature.category)}</b>")
        lines = [Paragraph(title, _style("title", 8))]
        if said:
            lines.append(Paragraph(" · ".join(said), _style("score", 8.6, colour=_BAND)))
        lines += [Paragraph(plain(signature.reason), _BODY), _features(signature.features)]
        absent = [m for m in (signature.score, *signature.features) if m is not None and m.missing is not None]
        if absent:
            lines.append(Paragraph("; ".join(plain(f"{m.name}: {m.reason or m.missing}") for m in absent), _SMALL))
        lines.append(
            Paragraph(plain(f"{signature.citation} Version {signature.version}. {signature.parameters}"), _SMALL)
        )
        blocks += [KeepTogether([*lines, Spacer(0, 4)])]
    return blocks


def _features(features: Sequence[Measurement], across: int = 3) -> Flowable:
    cells: list[list[Any]] = [
        [Paragraph(f"{plain(m.id)} <font color='#66727f'>{plain(m.name)}</font>", _style("f", 6.4)),
         Paragraph(plain(number(m)), _style("n", 6.4, alignment=TA_RIGHT))]
        for m in features
    ]  # fmt: skip
    down = -(-len(cells) // across)
    if not down:
        return Spacer(0, 0)
    cells += [["", ""]] * (down * across - len(cells))
    rows = [[part for cell in cells[row::down] for part in cell] for row in range(down)]  # down the columns
    width = _WIDTH / across
    return Table(
        rows, [width * 0.68, width * 0.32] * across, style=[*_TIGHT, ("LINEBELOW", (0, 0), (-1, -1), 0.3, _LINE)]
    )


def _quality(result: SeriesResult) -> list[Flowable]:
    if not result.warnings:
        return [
            Paragraph("Quality", _HEADING),
            Paragraph(
                "Checked: the phases are complete and lie within their time windows; the early phase enhances. No finding.",
                _BODY,
            ),
        ]
    lines = [Paragraph(f"▲ {plain(finding.sentence)}", _BODY) for finding in result.warnings]
    return [KeepTogether([Paragraph("Quality", _HEADING), *lines])]


def _provenance(result: SeriesResult, regions: Regions) -> list[Flowable]:
    phases = ", ".join(f"{p.number}{f' ({p.role})' if p.role else ''} {p.time_s:g} s" for p in result.phases)
    several = (
        f", {len(regions.lesions)} lesions"
        if len(regions.lesions) > 1
        else f", {lesion_tracking_id(regions.index_lesion).lower()}"
    )
    facts = [
        f"<b>Phases</b> (time after injection) {plain(phases)}. <b>Time zero</b> {plain(result.time_zero)}.",
        f"<b>{MODEL_NAME}</b> {plain(result.pipeline_version)}, segmenter {plain(result.segmenter)}{several}. "
        f"<b>Settings</b> {plain(result.settings_hash)}. <b>Input</b> {plain(result.input_hash)}.",
        f"<b>Study</b> {plain(result.study_uid)}. <b>Series</b> {plain(', '.join(result.series_uids))}.",
    ]
    return [KeepTogether([Paragraph("Provenance", _HEADING), *(Paragraph(fact, _SMALL) for fact in facts)])]
