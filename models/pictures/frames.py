"""The slices of the early phase with the lesions' contours, one picture each, as the images lie and not turned.

For viewers that show pictures and nothing else: whatever a reader must know is written on each of them, and who the patient is
does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.pictures.colours import DARK
from tilscope.models.pictures.drawing import Pixels, Text
from tilscope.models.pictures.exhibit import Exhibit, PixelWindow, grey
from tilscope.models.pictures.panels import WHITE, Plate, fitting, place_of
from tilscope.models.pictures.raster import pixels_of
from tilscope.models.pictures.upright import AsAcquired

#: A picture is made at least so many pixels high or wide, so that letters can be read and contours do not hide the border.
_LEAST_PIXELS = 512
#: Units of a drawing for each pixel: letters of 9 units are 18 pixels high.
_PER_UNIT = 2.0
#: So many slices are shown beyond a lesion, where it is seen to end.
_BEYOND = 2


@dataclass(frozen=True, eq=False)
class ContourSlice:
    """One slice."""

    slice: int
    """Of the volume, from 0."""
    pixels: Pixels
    """[row, column, RGB]"""


@dataclass(frozen=True, eq=False)
class ContourSlices:
    """The slices that a lesion cuts, and a few beyond; all of one size, with square pixels."""

    exhibit: Exhibit
    notice: str
    """Stands on every picture."""

    @classmethod
    def of(cls, series: DceSeries, regions: Regions, notice: str) -> ContourSlices:
        """Of a scored series, as the images lie.

        Parameters
        ----------
        series : DceSeries
            Free of motion.
        regions : Regions
            On the grid of the series.
        notice : str
            Words for every picture.

        Returns
        -------
        ContourSlices
            Pictures [row, column, RGB] of the slices of the early phase.
        """
        return cls(Exhibit.of(series, regions, AsAcquired(series.grid)), notice)

    @property
    def slices(self) -> list[int]:
        """The key slice of lesion 1, where a viewer opens; then all in their order, the key slice in its place again."""
        last = len(self.exhibit.early) - 1
        cut = {int(k) for lesion in self.exhibit.lesions for k in np.flatnonzero(lesion.mask.any(axis=(1, 2)))}
        near = {k + step for k in cut for step in range(-_BEYOND, _BEYOND + 1)}
        return [self.exhibit.key, *sorted(k for k in near if 0 <= k <= last)]

    @cached_property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a picture: a whole number of pixels for the shorter side of the image's own."""
        _, row_mm, column_mm = self.exhibit.upright.spacing
        _, rows, columns = self.exhibit.early.shape
        finest = min(row_mm, column_mm)
        high, wide = rows * row_mm / finest, columns * column_mm / finest
        times = max(1, -(-_LEAST_PIXELS // round(max(high, wide))))
        return round(high * times), round(wide * times)

    @property
    def spacing(self) -> tuple[float, float]:
        """Millimetres between rows and columns of a picture."""
        _, row_mm, column_mm = self.exhibit.upright.spacing
        _, rows, columns = self.exhibit.early.shape
        return rows * row_mm / self.size[0], columns * column_mm / self.size[1]

    def __iter__(self) -> Iterator[ContourSlice]:
        for index in self.slices:
            yield ContourSlice(index, self._pixels(index))

    def _pixels(self, index: int) -> Pixels:
        exhibit, style = self.exhibit, DARK
        _, rows, columns = exhibit.early.shape
        plate = Plate(exhibit, PixelWindow(slice(0, rows), slice(0, columns)), self.size[0] / _PER_UNIT, style)
        plate.pixels(grey(exhibit.early[index], exhibit.early_window))
        plate.letters()
        plate.scale_bar()
        for lesion in exhibit.lesions:
            if lesion.mask[index].any():
                plate.contour(lesion.mask[index], lesion)
                plate.number(lesion, plate.box_around(lesion.mask[index]))
        plate.drawing.add(*self._words(index, plate.drawing.width, plate.drawing.height))
        pixels = pixels_of(plate.drawing, style.paper, _PER_UNIT)
        assert pixels.shape[:2] == self.size
        return pixels

    def _words(self, index: int, width: float, height: float) -> Iterator[Text]:
        """What the picture is, in the upper left corner beside the letter of the edge, and the notice above the lower letter."""
        size, exhibit = DARK.text, self.exhibit
        series = exhibit.series
        early = (
            f"Early, {series.phases[series.roles.early].time_s:.0f} s{' (assumed)' if series.time_zero_assumed else ''}"
        )
        line = 1.2 * size
        for number, (words, room) in enumerate(((early, 0.4), (place_of(exhibit, index), 0.9))):
            fits = fitting(words, size, room * width)
            yield Text(line / 2, line * (1.0 + 1.3 * number), words, fits, WHITE, on_picture=True)
        fits = fitting(self.notice, size, 0.9 * width, bold=True)
        yield Text(width / 2, height - 2 * line, self.notice, fits, WHITE, "middle", True, True)
