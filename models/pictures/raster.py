"""A drawing as pixels. Equal drawings give equal bytes."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from tilscope.models.pictures.colours import Colour
from tilscope.models.pictures.drawing import Area, Dot, Drawing, Line, Mark, Picture, Pixels, Text
from tilscope.models.pictures.lettering import font

#: Lines and letters are drawn this much larger and then averaged: Pillow's own lines have stairs.
_FINER = 2
_DASH, _GAP = 3.0, 2.2


def pixels_of(drawing: Drawing, paper: Colour, per_unit: float = 2.0) -> Pixels:
    """The drawing as pixels.

    Parameters
    ----------
    drawing : Drawing
        Marks in the order in which they cover each other.
    paper : tuple of int
        Red, green, blue: 0 to 255.
    per_unit : float
        Pixels for each unit of the drawing.

    Returns
    -------
    ndarray of uint8, [row, column, RGB]
        0 to 255.
    """
    scale = per_unit * _FINER
    size = (round(drawing.width * per_unit) * _FINER, round(drawing.height * per_unit) * _FINER)
    surface = Image.new("RGB", size, paper)
    pen = ImageDraw.Draw(surface)
    for mark in drawing.marks:
        _draw(surface, pen, mark, scale)
    return np.asarray(surface.reduce(_FINER))


def png_of(drawing: Drawing, paper: Colour, per_unit: float = 2.0) -> bytes:
    out = io.BytesIO()
    # Level 6 takes three times as long for a twentieth of the size.
    Image.fromarray(pixels_of(drawing, paper, per_unit)).save(out, "PNG", compress_level=3)
    return out.getvalue()


def stretched(picture: Picture, width: int, height: int) -> Image.Image:
    """A picture's pixels on another lattice over the same rectangle."""
    how = Image.Resampling.BICUBIC if picture.smooth else Image.Resampling.NEAREST
    return Image.fromarray(np.ascontiguousarray(picture.pixels)).resize((max(1, width), max(1, height)), how)


def dashes(points: tuple[tuple[float, float], ...]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The drawn parts of a dashed line; the pattern runs on around corners."""
    parts, at = [], 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        length = float(np.hypot(x1 - x0, y1 - y0))
        along = 0.0
        while along < length:
            phase = at % (_DASH + _GAP)
            drawn = phase < _DASH
            step = min(length - along, (_DASH if drawn else _DASH + _GAP) - phase)
            step = max(step, 1e-6)
            if drawn:
                a, b = along / length, (along + step) / length
                parts.append(
                    ((x0 + a * (x1 - x0), y0 + a * (y1 - y0)), (x0 + b * (x1 - x0), y0 + b * (y1 - y0)))
                )  # fmt: skip
            along += step
            at += step
    return parts


def _draw(surface: Image.Image, pen: ImageDraw.ImageDraw, mark: Mark, scale: float) -> None:
    if isinstance(mark, Picture):
        left, upper = round(mark.x * scale), round(mark.y * scale)
        right, lower = round((mark.x + mark.width) * scale), round((mark.y + mark.height) * scale)
        image = stretched(mark, right - left, lower - upper)
        surface.paste(image, (left, upper), image if image.mode == "RGBA" else None)
    elif isinstance(mark, Line):
        width = max(1, round(mark.width * scale))
        for part in dashes(mark.points) if mark.dashed else (mark.points,):
            pen.line([(x * scale, y * scale) for x, y in part], fill=mark.colour, width=width, joint="curve")
    elif isinstance(mark, Area):
        corner = ((mark.x + mark.width) * scale - 1, (mark.y + mark.height) * scale - 1)
        pen.rectangle([(mark.x * scale, mark.y * scale), corner], fill=mark.colour)
    elif isinstance(mark, Dot):
        x, y, r = mark.x * scale, mark.y * scale, mark.radius * scale
        fill = mark.colour if mark.hollow is None else mark.hollow
        pen.ellipse([x - r, y - r, x + r, y + r], fill=fill, outline=mark.colour, width=max(1, round(0.8 * scale)))
    else:
        _write(pen, mark, scale)


def _write(pen: ImageDraw.ImageDraw, text: Text, scale: float) -> None:
    anchor = {"left": "ls", "middle": "ms", "right": "rs"}[text.anchor]
    edge = round(0.1 * text.size * scale) if text.on_picture else 0
    letters = font(max(1, round(text.size * scale)), text.bold)
    pen.text(
        (text.x * scale, text.y * scale), text.words, fill=text.colour, font=letters, anchor=anchor,
        stroke_width=edge, stroke_fill=(0, 0, 0),
    )  # fmt: skip
