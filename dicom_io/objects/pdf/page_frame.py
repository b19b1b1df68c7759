"""What every page has: its measures, its header and footer, and the metadata for a reader's software.

A4 sheets whose content lies within Letter as well, centred as printers do: one object is right on both papers.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reportlab.lib.colors import white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from tilscope.dicom_io.identity import DEMO_NOTICE, MODEL_NAME, RESEARCH_USE, notice
from tilscope.dicom_io.objects.pdf.page_letters import BOLD, TEXT, plain, register_fonts, width_of
from tilscope.dicom_io.objects.pdf.page_style import ALERT, BAND, GREY, style

#: What office printers leave white.
_UNPRINTED = 6.4 * mm
_EDGE = (A4[1] - LETTER[1]) / 2 + _UNPRINTED

_MARGIN = 13 * mm
WIDTH = A4[0] - 2 * _MARGIN

_TOP, _BOTTOM = A4[1] - _EDGE, _EDGE
_HEAD, _FOOT, _DEMO = 10.5 * mm, 7.5 * mm, 6 * mm
_SMALL = 6.2

#: Where the words are that explain the page; no address, since every site has its own.
READING_GUIDE = "Reading guide: /tilscope/guide on the archive that wrote this page; docs/reading-guide.md in TILscope."


def body_height(demo: bool) -> float:
    """What a page has for its content."""
    return float(_TOP - _HEAD - _BOTTOM - _FOOT - (_DEMO if demo else 0))


def pages(content: Sequence[Flowable], about: str, demo: bool, created: datetime) -> bytes:
    """The PDF. Equal content and time give equal bytes. `about` names the patient on every page, for pages come apart."""
    register_fonts()
    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, invariant=1, lang="en", displayDocTitle=1,
        title=f"{'DEMO: ' if demo else ''}{MODEL_NAME}: breast DCE-MRI, research use only",
        author=MODEL_NAME, creator=MODEL_NAME, subject=notice(demo),
        keywords="breast DCE-MRI, tumour kinetics, immune microenvironment, research use only",
    )  # fmt: skip
    body = Frame(
        _MARGIN, _BOTTOM + _FOOT, WIDTH, body_height(demo), leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )  # fmt: skip

    def around(canvas: Any, _: Any) -> None:
        # The library's date of a PDF whose bytes do not change from run to run is the year 2000.
        canvas.setDateFormatter(lambda *_: _pdf_date(created))
        _head(canvas)
        if demo:
            _demo_strip(canvas)
        _foot(canvas, about)

    document.addPageTemplates(PageTemplate("page", [body], onPage=around))
    document.build(list(content))
    return out.getvalue()


def _pdf_date(moment: datetime) -> str:
    """
    >>> from datetime import timedelta, timezone
    >>> _pdf_date(datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone(-timedelta(hours=3, minutes=30))))
    "D:20260304050607-03'30'"
    """
    zone = moment.strftime("%z")
    return moment.strftime("D:%Y%m%d%H%M%S") + (f"{zone[:3]}'{zone[3:5]}'" if zone else "")


def _head(canvas: Any) -> None:
    canvas.setFillColor(BAND)
    canvas.setFont(BOLD, 15)
    base = _TOP - 5.4 * mm
    canvas.drawString(_MARGIN, base, MODEL_NAME)
    canvas.setFillColor(GREY)
    canvas.setFont(TEXT, 8)
    beside = _MARGIN + pdfmetrics.stringWidth(MODEL_NAME, BOLD, 15) + 8
    canvas.drawString(beside, base, "Breast DCE-MRI: tumour kinetics and published immune signatures")
    label = "RESEARCH USE ONLY"
    wide = pdfmetrics.stringWidth(label, BOLD, 9) + 12
    right = _MARGIN + WIDTH
    canvas.setFillColor(ALERT)
    canvas.roundRect(right - wide, _TOP - 6.8 * mm, wide, 6.2 * mm, 2.5, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.setFont(BOLD, 9)
    canvas.drawCentredString(right - wide / 2, base + 0.4, label)
    canvas.setStrokeColor(BAND)
    canvas.setLineWidth(1.2)
    canvas.line(_MARGIN, _TOP - 8.2 * mm, right, _TOP - 8.2 * mm)


def _demo_strip(canvas: Any) -> None:
    """That nobody overlooks."""
    top = _TOP - 8.2 * mm
    canvas.setFillColor(ALERT)
    canvas.rect(_MARGIN, top - _DEMO, WIDTH, _DEMO, stroke=0, fill=1)
    canvas.setFillColor(white)
    size = 8.0
    while pdfmetrics.stringWidth(DEMO_NOTICE, BOLD, size) > WIDTH - 8:
        size -= 0.1
    canvas.setFont(BOLD, size)
    canvas.drawCentredString(_MARGIN + WIDTH / 2, top - _DEMO + 2 * mm, DEMO_NOTICE)


def _foot(canvas: Any, about: str) -> None:
    right, upper, lower = _MARGIN + WIDTH, _BOTTOM + 3.4 * mm, _BOTTOM + 0.6 * mm
    canvas.setFillColor(GREY)
    canvas.setFont(TEXT, _SMALL)
    canvas.drawString(_MARGIN, upper, RESEARCH_USE)
    canvas.drawString(_MARGIN, lower, READING_GUIDE)
    page = f"page {canvas.getPageNumber()}"
    canvas.drawRightString(right, lower, page)
    paragraph = Paragraph(plain(about), style("about", _SMALL, colour=GREY, alignment=TA_RIGHT))
    room = WIDTH - pdfmetrics.stringWidth(RESEARCH_USE, TEXT, _SMALL) - 12
    _, high = paragraph.wrap(room, _FOOT)
    paragraph.drawOn(canvas, right - room, upper + _SMALL - high)


def shortened(text: str, width: float) -> str:
    """What a line of the foot can hold of a text, with a sign that there is more."""
    if width_of(text, _SMALL) <= width:
        return text
    while text and width_of(text + "…", _SMALL) > width:
        text = text[:-1]
    return text + "…"
