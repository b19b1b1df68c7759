"""A drawing: marks on a surface, in units that are points on paper. x runs right, y runs down from the upper left.

Pictures are made once as marks and drawn by `raster` as pixels or by the PDF as crisp lines and real letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tilscope.models.pictures.colours import Colour
from tilscope.models.pictures.lettering import width_of

Point = tuple[float, float]
Anchor = Literal["left", "middle", "right"]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels stretched over a rectangle: [row, column] grey, or [row, column, 3 or 4] colour with cover."""

    x: float
    y: float
    width: float
    height: float
    pixels: Pixels
    smooth: bool = True
    """Whether values between the pixels are interpolated; a map of classes has none."""


@dataclass(frozen=True)
class Line:
    """A line through points; closed where the last is the first."""

    points: tuple[Point, ...]
    colour: Colour
    width: float = 0.9
    dashed: bool = False


@dataclass(frozen=True)
class Area:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: Colour


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    colour: Colour
    hollow: Colour | None = None
    """Filled with this, so that two curves can be told apart without colour."""


@dataclass(frozen=True)
class Text:
    """Words on a base line at y."""

    x: float
    y: float
    words: str
    size: float
    colour: Colour
    anchor: Anchor = "left"
    bold: bool = False
    on_picture: bool = False
    """With a dark edge: bright tissue may lie below."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, upper, right, lower."""
        width = width_of(self.words, self.size, self.bold)
        left = self.x - {"left": 0.0, "middle": 0.5, "right": 1.0}[self.anchor] * width
        return left, self.y - 0.76 * self.size, left + width, self.y + 0.24 * self.size


Mark = Picture | Line | Area | Dot | Text


@dataclass(eq=False)
class Drawing:
    """Marks in the order in which they cover each other."""

    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)

    def add(self, *marks: Mark) -> None:
        self.marks += marks

    def place(self, other: Drawing, x: float, y: float) -> None:
        """Put another drawing onto this one, its upper left corner at (x, y)."""
        self.marks += [_moved(mark, x, y) for mark in other.marks]

    def lines(self, points: Iterable[Sequence[Point]], colour: Colour, width: float = 0.9) -> None:
        self.marks += [Line(tuple(one), colour, width) for one in points]


def _moved(mark: Mark, x: float, y: float) -> Mark:
    if isinstance(mark, Line):
        return replace(mark, points=tuple((a + x, b + y) for a, b in mark.points))
    return replace(mark, x=mark.x + x, y=mark.y + y)


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Whether two boxes (left, upper, right, lower) share any area."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
