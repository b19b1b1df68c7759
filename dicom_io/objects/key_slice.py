"""The one picture of a study: the slice of the early phase where the index lesion is largest, with every contour on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image

from models.regions import Regions

#: A contour as line pieces along pixel borders: (x0, y0, x1, y1), in pixels from the slice's upper left corner.
Outline = tuple[tuple[float, float, float, float], ...]

_WINDOW_PERCENTILES = (1.0, 99.7)
#: How much of the lesion's surroundings the close-up shows, mm.
_CLOSE_UP_MARGIN_MM = 18.0
_CLOSE_UP_LEAST_MM = 55.0


@dataclass(frozen=True, eq=False)
class KeySlice:
    """A picture with contours; `spacing` is (x, y) in mm."""

    picture: Image.Image
    spacing: tuple[float, float]
    outlines: tuple[tuple[int, Outline], ...]
    """(index of the lesion, its contour) for every lesion that the slice cuts."""
    letters: tuple[str, str, str, str]
    """Which way the patient lies: left, right, upper, lower edge, as on every workstation."""
    number: int
    """Of the slice, from 1, in the volume's order."""
    of: int

    def crop(self, box: tuple[int, int, int, int]) -> KeySlice:
        """The part within (left, upper, right, lower), in pixels."""
        left, upper = box[:2]
        moved = tuple(
            (lesion, tuple((a - left, b - upper, c - left, d - upper) for a, b, c, d in outline))
            for lesion, outline in self.outlines
        )
        return KeySlice(self.picture.crop(box), self.spacing, moved, self.letters, self.number, self.of)

    @property
    def size_mm(self) -> tuple[float, float]:
        return self.picture.width * self.spacing[0], self.picture.height * self.spacing[1]


def key_slice(early: sitk.Image, regions: Regions) -> KeySlice:
    """The slice with the most voxels of the index lesion."""
    index_mask = sitk.GetArrayViewFromImage(regions.index_lesion.mask)
    k = int(np.count_nonzero(index_mask, axis=(1, 2)).argmax())
    plane = sitk.GetArrayViewFromImage(early)[k]
    outlines = tuple(
        (index, outline(sitk.GetArrayViewFromImage(lesion.mask)[k] != 0))
        for index, lesion in enumerate(regions.lesions)
    )
    spacing = early.GetSpacing()
    return KeySlice(
        _windowed(plane), (spacing[0], spacing[1]), tuple(pair for pair in outlines if pair[1]),
        _letters(early), k + 1, early.GetSize()[2],
    )  # fmt: skip


def close_up(whole: KeySlice, regions: Regions) -> KeySlice:
    """A square around the index lesion, the same for every picture beside it."""
    mask = sitk.GetArrayViewFromImage(regions.index_lesion.mask)[whole.number - 1]
    rows, columns = np.nonzero(mask)
    sx, sy = whole.spacing
    wide, high = (columns.max() - columns.min() + 1) * sx, (rows.max() - rows.min() + 1) * sy
    half = max(wide / 2 + _CLOSE_UP_MARGIN_MM, high / 2 + _CLOSE_UP_MARGIN_MM, _CLOSE_UP_LEAST_MM / 2)
    width, height = whole.picture.size
    left, right = _span((columns.min() + columns.max() + 1) / 2, half / sx, width)
    upper, lower = _span((rows.min() + rows.max() + 1) / 2, half / sy, height)
    return whole.crop((left, upper, right, lower))


def _span(centre: float, half: float, size: int) -> tuple[int, int]:
    """From-to of this width around the centre, moved inside the picture if it reaches over an edge."""
    length = min(size, round(2 * half))
    start = min(max(0, round(centre - half)), size - length)
    return start, start + length


def outline(mask: NDArray[np.bool_]) -> Outline:
    """The border between mask and not-mask, exact to the pixel.

    >>> sorted(outline(np.array([[False, True]])))
    [(1, 0, 1, 1), (1, 0, 2, 0), (1, 1, 2, 1), (2, 0, 2, 1)]
    """
    padded = np.pad(mask, 1).astype(np.int8)
    lying = np.diff(padded, axis=0)[:, 1:-1] != 0
    standing = np.diff(padded, axis=1)[1:-1, :] != 0
    pieces: list[tuple[float, float, float, float]] = []
    for y, row in enumerate(lying):
        pieces += [(a, y, b, y) for a, b in _runs(row)]
    for x, column in enumerate(standing.T):
        pieces += [(x, a, x, b) for a, b in _runs(column)]
    return tuple(pieces)


def _runs(line: NDArray[np.bool_]) -> Iterable[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.pad(line, 1).astype(np.int8)))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _windowed(plane: NDArray[np.float32]) -> Image.Image:
    """Eight bits between the percentiles of what is not air."""
    values = plane[plane > 0]
    low, high = np.percentile(values, _WINDOW_PERCENTILES) if values.size else (0.0, 1.0)
    scaled = (plane - low) / max(high - low, 1e-6)
    return Image.fromarray((np.clip(scaled, 0, 1) * 255).astype(np.uint8), mode="L")


def _letters(image: sitk.Image) -> tuple[str, str, str, str]:
    """PS3.3 C.7.6.1.1.1: the direction of the edges, by the greatest component of the axis."""
    direction = np.array(image.GetDirection()).reshape(3, 3)

    def letter(axis: NDArray[np.float64]) -> str:
        greatest = int(np.abs(axis).argmax())
        return ("LPH" if axis[greatest] > 0 else "RAF")[greatest]

    along_row, along_column = direction[:, 0], direction[:, 1]
    return letter(-along_row), letter(along_row), letter(-along_column), letter(along_column)
