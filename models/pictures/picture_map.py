"""Where in the patient a point on a sheet of pictures lies: what a person's click means."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PointMm = tuple[float, float, float]
#: Left, upper, right, lower, as parts of the sheet's width and height.
Box = tuple[float, float, float, float]

#: Digits after the point, mm.
_DIGITS = 1


@dataclass(frozen=True)
class Spot:
    """What is meant by a point on the sheet."""

    point_mm: PointMm
    """In the patient (LPS, mm)."""
    region: int = 0
    """The number of the candidate or lesion that is drawn there; 0 for none."""


@dataclass(frozen=True)
class RegionBox:
    """A candidate or lesion as it is drawn on one picture."""

    number: int
    box: Box
    point_mm: PointMm
    """Inside it, in the patient (LPS, mm)."""


@dataclass(frozen=True, eq=False)
class PictureArea:
    """One picture of the sheet: a slice, or a projection in which each pixel shows a slice of its own."""

    box: Box
    origin_mm: PointMm
    """Its upper left corner in the first slice (LPS, mm)."""
    across_mm: PointMm
    """From its left edge to its right one."""
    down_mm: PointMm
    """From its upper edge to its lower one."""
    through_mm: PointMm
    """From a slice to the next."""
    slices: NDArray[np.uint16]
    """[row, column]: which slice is seen there."""
    regions: tuple[RegionBox, ...] = ()

    def at(self, x: float, y: float) -> Spot | None:
        """None beside the picture. Of regions that lie one in another the smallest is meant."""
        if not _holds(self.box, x, y):
            return None
        meant = [one for one in self.regions if _holds(one.box, x, y)]
        if meant:
            smallest = min(meant, key=lambda one: _size(one.box))
            return Spot(smallest.point_mm, smallest.number)
        left, upper, right, lower = self.box
        across, down = (x - left) / (right - left), (y - upper) / (lower - upper)
        rows, columns = self.slices.shape
        seen = int(self.slices[min(int(down * rows), rows - 1), min(int(across * columns), columns - 1)])
        steps = np.array([self.across_mm, self.down_mm, self.through_mm])
        point = np.array(self.origin_mm) + np.array([across, down, seen]) @ steps
        return Spot((round(point[0], _DIGITS), round(point[1], _DIGITS), round(point[2], _DIGITS)))

    @property
    def plain(self) -> dict[str, Any]:
        return {
            "box": self.box, "origin_mm": self.origin_mm, "across_mm": self.across_mm, "down_mm": self.down_mm,
            "through_mm": self.through_mm, "shape": self.slices.shape,
            "slices": b64encode(self.slices.astype("<u2").tobytes()).decode(),
            "regions": [{"number": r.number, "box": r.box, "point_mm": r.point_mm} for r in self.regions],
        }  # fmt: skip

    @classmethod
    def of(cls, plain: dict[str, Any]) -> PictureArea:
        """From plain values, as `plain` gives them."""
        slices = np.frombuffer(b64decode(plain["slices"]), "<u2").reshape(plain["shape"])
        regions = (RegionBox(r["number"], tuple(r["box"]), tuple(r["point_mm"])) for r in plain["regions"])
        vectors = {key: tuple(plain[key]) for key in ("box", "origin_mm", "across_mm", "down_mm", "through_mm")}
        return cls(slices=slices, regions=tuple(regions), **vectors)


@dataclass(frozen=True, eq=False)
class PictureMap:
    """Of a whole sheet."""

    areas: Sequence[PictureArea]

    def at(self, x: float, y: float) -> Spot | None:
        """What lies at a point of the sheet.

        Parameters
        ----------
        x, y : float
            From the left and from above, as parts of the sheet's width and height: 0 to 1.

        Returns
        -------
        Spot or None
            In the patient (LPS, mm); None between the pictures.
        """
        return next((spot for area in self.areas if (spot := area.at(x, y)) is not None), None)

    def to_json(self) -> bytes:
        return json.dumps([area.plain for area in self.areas]).encode()

    @classmethod
    def from_json(cls, text: bytes) -> PictureMap:
        return cls([PictureArea.of(plain) for plain in json.loads(text)])


def _holds(box: Box, x: float, y: float) -> bool:
    left, upper, right, lower = box
    return left <= x <= right and upper <= y <= lower


def _size(box: Box) -> float:
    left, upper, right, lower = box
    return (right - left) * (lower - upper)
