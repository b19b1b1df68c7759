"""The one family of letters of every output: DejaVu Sans."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import ImageFont

#: Of the Debian package fonts-dejavu-core: Latin, Greek, Cyrillic, Hebrew, Arabic.
_FOLDER = Path("/usr/share/fonts/truetype/dejavu")

#: Widths are measured once at this size; letters scale.
_MEASURED_AT = 100


def font_file(bold: bool = False) -> Path:
    path = _FOLDER / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: install the package fonts-dejavu-core")
    return path


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    # The basic layout on every machine; the other engine is optional in Pillow and sets letters a little elsewhere.
    return ImageFont.truetype(str(font_file(bold)), size, layout_engine=ImageFont.Layout.BASIC)


def width_of(words: str, size: float, bold: bool = False) -> float:
    return float(font(_MEASURED_AT, bold).getlength(words)) * size / _MEASURED_AT
