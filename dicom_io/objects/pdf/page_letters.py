"""Letters of any script on a page: which font has them, and right-to-left ones in the order in which they are drawn.

A letter that no font has becomes words in brackets, never an empty box or nothing.
"""

from __future__ import annotations

import math
import unicodedata
from functools import cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from tilscope.dicom_io.objects.pdf.right_to_left import drawn_order
from tilscope.models.pictures.lettering import font_file

TEXT, BOLD = "DejaVuSans", "DejaVuSans-Bold"

#: Of the Debian package fonts-wqy-microhei: Chinese, Japanese and Korean in 5 MB. Parsed only for a name that needs it.
_EAST_ASIAN = "WenQuanYiMicroHei"
_EAST_ASIAN_FILE = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")


def register_fonts() -> None:
    """Make TEXT and BOLD known to reportlab."""
    if TEXT in pdfmetrics.getRegisteredFontNames():
        return
    for name, bold in ((TEXT, False), (BOLD, True)):
        pdfmetrics.registerFont(TTFont(name, str(font_file(bold))))
    pdfmetrics.registerFontFamily(TEXT, normal=TEXT, bold=BOLD, italic=TEXT, boldItalic=BOLD)


def plain(text: object) -> str:
    """Any text as reportlab's paragraphs take it: no markup of its own, every letter in a font that has it."""
    parts = []
    for font, run in _runs(drawn_order(_showable(str(text)))):
        safe = escape(run)
        # One weight only: drawn as it is wherever bold is asked for.
        parts.append(safe if font == TEXT else f'<font name="{font}">{safe}</font>')
    return "".join(parts)


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Of a text as `plain` renders it."""
    return math.fsum(
        pdfmetrics.stringWidth(run, BOLD if bold and font == TEXT else font, size)
        for font, run in _runs(drawn_order(_showable(text)))
    )


def _runs(text: str) -> list[tuple[str, str]]:
    """Pieces with the font of each."""
    return [(font, "".join(letters)) for font, letters in groupby(text, lambda c: _font_of(c) or TEXT)]


def _showable(text: str) -> str:
    """No half characters and no control characters; letters that no font has are counted in words."""
    whole = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    # Joiners and marks of direction have no shape of their own.
    seen = [
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in whole if unicodedata.category(c) != "Cf"
    ]
    parts = []
    for script, letters in groupby(seen, lambda c: "" if _font_of(c) else _script(c)):
        run = "".join(letters)
        parts.append(f"[{_missing(run)}]" if script else run)
    return "".join(parts)


def _script(letter: str) -> str:
    """Its replacement, alike for letters that are listed together."""
    if unicodedata.category(letter)[0] not in "LM":
        return f"U+{ord(letter):04X}"
    return unicodedata.name(letter, "unknown").split()[0].title().replace("Cjk", "CJK")


def _missing(run: str) -> str:
    script = _script(run[0])
    return script if script.startswith("U+") else f"{len(run)} {script} letter{'s' if len(run) > 1 else ''}"


def _font_of(letter: str) -> str | None:
    if ord(letter) in _letters_of(TEXT) or letter == " ":
        return TEXT
    # East Asian letters have their own punctuation, which DejaVu has not; so no gap opens inside a name.
    return _EAST_ASIAN if ord(letter) > 0x10FF and ord(letter) in _letters_of(_EAST_ASIAN) else None


@cache
def _letters_of(font: str) -> frozenset[int]:
    """The code points that it has; none where its package is not installed."""
    register_fonts()
    if font == _EAST_ASIAN:
        if not _EAST_ASIAN_FILE.is_file():
            return frozenset()
        pdfmetrics.registerFont(TTFont(font, str(_EAST_ASIAN_FILE), subfontIndex=0))
        pdfmetrics.registerFontFamily(font, normal=font, bold=font, italic=font, boldItalic=font)
    return frozenset(pdfmetrics.getFont(font).face.charToGlyph)
