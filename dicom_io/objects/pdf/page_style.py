"""How the pages look: colours, sizes and the rules of tables. All of it can be told apart in grey print."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle

from tilscope.dicom_io.objects.pdf.page_letters import BOLD, TEXT, plain
from tilscope.models.result import CalibrationState

INK, GREY, LINE = HexColor("#1d2733"), HexColor("#55616d"), HexColor("#d7dde3")
BAND, ALERT, PALE = HexColor("#123a4a"), HexColor("#c62828"), HexColor("#f3f6f8")
STATE_COLOURS = {
    CalibrationState.CALIBRATED: HexColor("#2e7d4f"),
    CalibrationState.UNCALIBRATED: HexColor("#a45f00"),
    CalibrationState.NO_MODEL: HexColor("#55616d"),
}

#: Not by colour alone: full, half and empty.
STATE_MARKS = {
    CalibrationState.CALIBRATED: "●",
    CalibrationState.UNCALIBRATED: "◐",
    CalibrationState.NO_MODEL: "○",
}


def style(name: str, size: float, font: str = TEXT, colour: Color = INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.32, textColor=colour, **more)


BODY = style("body", 7.4)
SMALL = style("small", 6.2, colour=GREY)
NUMBER = style("number", 7.4, alignment=TA_RIGHT)
SMALL_NUMBER = style("small number", 6.2, alignment=TA_RIGHT)
HEADING = style("heading", 9, BOLD, BAND, spaceBefore=5, spaceAfter=2)
STRONG = style("strong", 7.4, BOLD)

TIGHT = [
    ("TOPPADDING", (0, 0), (-1, -1), 0.7),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]

#: An empty cell is as high as its font, which would else be the largest of the row.
_EMPTY = [("FONTSIZE", (0, 0), (-1, -1), 4), ("LEADING", (0, 0), (-1, -1), 5)]
LINED = [*TIGHT, *_EMPTY, ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE)]
RULED = [*LINED, ("LINEBELOW", (0, 0), (-1, 0), 0.8, BAND)]
BOXED = [*TIGHT, ("BOX", (0, 0), (-1, -1), 1.1, ALERT), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("SPAN", (0, 0), (-1, 0))]
SIDE_BY_SIDE = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    *((side, (0, 0), (-1, -1), 0) for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")),
]


def state_text(state: CalibrationState) -> str:
    """Mark, colour and words, as markup."""
    colour = STATE_COLOURS[state].hexval().replace("0x", "#")
    return f"<font color='{colour}'><b>{STATE_MARKS[state]} {plain(state.value)}</b></font>"
