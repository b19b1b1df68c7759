"""How the pages look: colours, sizes, and how text and numbers are set."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from dicom_io.objects.page_drawing import BOLD, TEXT
from models.result import DIGITS, CalibrationState, Measurement, unit_text

INK, GREY, LINE = HexColor("#1d2733"), HexColor("#66727f"), HexColor("#d7dde3")
BAND, ALERT, PALE = HexColor("#123a4a"), HexColor("#c62828"), HexColor("#f3f6f8")
STATE_COLOURS = {
    CalibrationState.CALIBRATED: HexColor("#2e7d4f"),
    CalibrationState.UNCALIBRATED: HexColor("#b26a00"),
    CalibrationState.NO_MODEL: HexColor("#66727f"),
}

MARGIN = 14 * mm
WIDTH = A4[0] - 2 * MARGIN
BAND_HEIGHT = 15 * mm


def style(name: str, size: float, font: str = TEXT, colour: Color = INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.32, textColor=colour, **more)


BODY = style("body", 7.4)
SMALL = style("small", 6.2, colour=GREY)
NUMBER = style("number", 7.4, alignment=TA_RIGHT)
HEADING = style("heading", 9, BOLD, BAND, spaceBefore=5, spaceAfter=2)
STRONG = style("strong", 7.4, BOLD)

TIGHT = [
    ("TOPPADDING", (0, 0), (-1, -1), 0.7),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]

LINED = [*TIGHT, ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE)]
RULED = [*LINED, ("LINEBELOW", (0, 0), (-1, 0), 0.8, BAND)]


def plain(text: object) -> str:
    """Text that reportlab can set: no markup, no half characters, no control characters."""
    whole = str(text).encode("utf-8", "replace").decode("utf-8")
    return escape("".join(c if c.isprintable() else " " for c in whole))


def number(measurement: Measurement) -> str:
    """The number as every output has it, with its unit; or why there is none."""
    if measurement.value is None:
        return f"– {measurement.missing.value if measurement.missing else ''}"
    return f"{measurement.value:.{DIGITS}g} {unit_text(measurement.unit)}".rstrip()
