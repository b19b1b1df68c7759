"""The summary: one A4 page that can be pinned to the wall, and the signatures' features on the next."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pydicom import Dataset
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer, Table

from dicom_io.objects.identity import MODEL_NAME, RESEARCH_USE
from dicom_io.objects.page_drawing import BOLD, TEXT, DrawingOnPage, register_fonts
from dicom_io.objects.page_style import (
    ALERT,
    BAND,
    BAND_HEIGHT,
    BODY,
    GREY,
    HEADING,
    LINED,
    MARGIN,
    NUMBER,
    PALE,
    RULED,
    SMALL,
    STATE_COLOURS,
    STRONG,
    TIGHT,
    WIDTH,
    number,
    plain,
    style,
)
from dicom_io.objects.segmentation import lesion_tracking_id
from dicom_io.objects.signature_details import PercentileStrip, signature_details
from models.pictures.colours import lesion_colour
from models.pictures.montage import page_pictures
from models.regions import Regions
from models.result import SeriesResult, SignatureResult
from models.series import DceSeries, Laterality

#: Of one row of pictures, without their captions.
_PICTURE_HEIGHT = 31 * mm


def summary_page(result: SeriesResult, series: DceSeries, regions: Regions, header: Dataset) -> bytes:
    """The PDF. Equal inputs give equal bytes."""
    register_fonts()
    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, invariant=1, title=f"{MODEL_NAME} summary", author=MODEL_NAME, subject=RESEARCH_USE,
        leftMargin=MARGIN, rightMargin=MARGIN,
    )  # fmt: skip
    frame = Frame(
        MARGIN, 13 * mm, WIDTH, A4[1] - BAND_HEIGHT - 15 * mm, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
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
            *signature_details(result.signatures),
        ]
    )
    return out.getvalue()


def _decorate(canvas: Any, document: Any) -> None:
    """The band above and the line below, on every page."""
    width, height = A4
    canvas.setFillColor(BAND)
    canvas.rect(0, height - BAND_HEIGHT, width, BAND_HEIGHT, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.setFont(BOLD, 15)
    canvas.drawString(MARGIN, height - 7.4 * mm, MODEL_NAME)
    canvas.setFont(TEXT, 8)
    canvas.drawString(MARGIN, height - 11.8 * mm, "Breast DCE-MRI: tumour kinetics and published immune signatures")
    label = "RESEARCH USE ONLY"
    wide = pdfmetrics.stringWidth(label, BOLD, 10) + 14
    canvas.setFillColor(ALERT)
    canvas.roundRect(width - MARGIN - wide, height - 10.9 * mm, wide, 7 * mm, 3, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#ffffff"))
    canvas.setFont(BOLD, 10)
    canvas.drawCentredString(width - MARGIN - wide / 2, height - 8.7 * mm, label)
    canvas.setFillColor(GREY)
    canvas.setFont(TEXT, 6.2)
    canvas.drawString(MARGIN, 8 * mm, RESEARCH_USE)
    canvas.drawRightString(width - MARGIN, 8 * mm, f"page {document.page}")


# ------------------------------------------------------------------------------------------------------- the parts


def _patient(header: Dataset, result: SeriesResult) -> Flowable:
    def date(value: str) -> str:
        return f"{value[:4]}-{value[4:6]}-{value[6:]}" if len(value) == 8 else ""

    facts = [
        ("Patient", _readable_name(str(header.PatientName))),
        ("ID", header.PatientID),
        ("Born", date(str(header.PatientBirthDate or ""))),
        ("Study", date(str(header.StudyDate or ""))),
        ("Accession", header.AccessionNumber),
        ("Imaged", Laterality(result.laterality).breasts),
    ]
    cells = [[Paragraph(plain(k), SMALL) for k, _ in facts], [Paragraph(plain(v) or "–", STRONG) for _, v in facts]]
    widths = [WIDTH * share for share in (0.26, 0.18, 0.13, 0.13, 0.16, 0.14)]
    return Table(
        cells, widths, style=[*TIGHT, ("BACKGROUND", (0, 0), (-1, -1), PALE), ("LEFTPADDING", (0, 0), (-1, -1), 5)]
    )


def _readable_name(name: str) -> str:
    """PS3.5 6.2.1: component groups by '=', components by '^'; the family name comes first."""
    groups = [" ".join(part for part in group.split("^") if part) for group in name.split("=")]
    return " / ".join(group for group in groups if group)


def _pictures(series: DceSeries, regions: Regions) -> list[Flowable]:
    return [DrawingOnPage(page_pictures(series, regions, WIDTH, _PICTURE_HEIGHT)), Spacer(0, 2)]


def _measurements(result: SeriesResult) -> list[Flowable]:
    """The lesions side by side, then the breast."""
    names = {m.id: m.name for lesion in result.lesions for m in lesion.measurements}
    head = [Paragraph("", SMALL)]
    for index, lesion in enumerate(result.lesions):
        colour = "#{:02x}{:02x}{:02x}".format(*lesion_colour(index))
        side = {"L": "left", "R": "right"}.get(lesion.laterality, lesion.laterality)
        title = f'<font color="{colour}">■</font> Lesion {lesion.number} <font color="#66727f">{plain(side)}</font>'
        head.append(Paragraph(title, style("head", 7.4, BOLD, alignment=TA_RIGHT)))
    rows = [head]
    for id, name in names.items():
        found = [next((m for m in lesion.measurements if m.id == id), None) for lesion in result.lesions]
        rows.append([Paragraph(plain(name), BODY), *(Paragraph(plain(number(m)) if m else "", NUMBER) for m in found)])
    certainty = "Drawn by a person" if result.segmentation.source == "drawn" else "Segmenter's confidence"
    rows.append([Paragraph("Kinetic curve", BODY), *(Paragraph(plain(x.curve_type), NUMBER) for x in result.lesions)])
    rows.append([Paragraph(certainty, BODY), *(Paragraph(f"{x.confidence:g}", NUMBER) for x in result.lesions)])
    breast = [[Paragraph("Breast", STRONG), ""]] + [
        [Paragraph(plain(m.name), BODY), Paragraph(plain(number(m)), NUMBER)] for m in result.breast
    ]
    left = WIDTH * (0.6 if len(result.lesions) < 4 else 0.68)
    right = WIDTH - left - 14
    columns = max(1, len(result.lesions))
    name_width = left * {1: 0.64, 2: 0.46}.get(columns, 0.34)
    lesions = Table(rows, [name_width, *[(left - name_width) / columns] * columns], style=RULED)
    both = Table(
        [[lesions, "", Table(breast, [right * 0.6, right * 0.4], style=RULED)]], [left, 14, right],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)],
    )  # fmt: skip
    return [Paragraph("Measurements", HEADING), both]


def _signatures(signatures: Sequence[SignatureResult]) -> list[Flowable]:
    """A row each: what it says here, or why it says nothing. The features stand on the next page."""
    if not signatures:
        return []
    rows: list[list[Any]] = []
    for signature in signatures:
        colour = STATE_COLOURS[signature.state].hexval().replace("0x", "#")
        state = f"<font color='{colour}'><b>● {plain(signature.state.value)}</b></font>"
        score = signature.score
        said = f"<b>{plain(number(score))}</b>" if score is not None and score.value is not None else "–"
        if signature.category is not None:
            said += f"<br/>{plain(signature.category)}"
        rows.append(
            [
                Paragraph(f"<b>{plain(signature.title)}</b><br/>{state}", BODY),
                Paragraph(said, style("score", 8.6, colour=BAND, alignment=TA_RIGHT)),
                PercentileStrip(signature.percentile),
                Paragraph(plain(signature.reason), SMALL),
            ]
        )
    table = Table(rows, [WIDTH * share for share in (0.3, 0.13, 0.15, 0.42)], style=LINED)
    return [KeepTogether([Paragraph("Signatures of lesion 1", HEADING), table])]


def _quality(result: SeriesResult) -> list[Flowable]:
    if not result.warnings:
        codes = dict.fromkeys(finding.code.replace("-", " ") for finding in result.quality)
        return [
            Paragraph("Quality", HEADING),
            Paragraph(f"No warning. {len(result.quality)} gates passed: {', '.join(codes)}.", BODY),
        ]
    lines = [Paragraph(f"▲ {plain(finding.sentence)}", BODY) for finding in result.warnings]
    return [KeepTogether([Paragraph("Quality", HEADING), *lines])]


def _provenance(result: SeriesResult, regions: Regions) -> list[Flowable]:
    phases = ", ".join(f"{p.number}{f' ({p.role})' if p.role else ''} {p.time_s:g} s" for p in result.phases)
    several = (
        f", {len(regions.lesions)} lesions"
        if len(regions.lesions) > 1
        else f", {lesion_tracking_id(regions.index_lesion).lower()}"
    )
    facts = [
        f"<b>Phases</b> (time after injection) {plain(phases)}. <b>Time zero</b> {plain(result.time_zero)}.",
        f"<b>{MODEL_NAME}</b> {plain(result.pipeline_version)}, segmenter {plain(result.segmenter)}{several}. {plain(result.segmentation.sentence)} "
        f"<b>Settings</b> {plain(result.settings_hash)}. <b>Input</b> {plain(result.input_hash)}.",
        f"<b>Study</b> {plain(result.study_uid)}. <b>Series</b> {plain(', '.join(result.series_uids))}.",
    ]
    return [KeepTogether([Paragraph("Provenance", HEADING), *(Paragraph(fact, SMALL) for fact in facts)])]
