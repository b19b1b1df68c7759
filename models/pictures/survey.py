"""The whole breast on one sheet, for a reader who must decide: projection and slices of the subtraction, the breast's
outline on each, candidates with their numbers where there are any.

What is scored has a montage of its lesion instead (`montage`). Each picture knows where in the patient it lies, so that a
click on it can say where the lesion is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.models.imaging.inner_point import inner_point
from tilscope.models.pictures.colours import BREAST_COLOUR, Style
from tilscope.models.pictures.drawing import Drawing
from tilscope.models.pictures.exhibit import Exhibit, Shown, grey, largest_slice, shadow
from tilscope.models.pictures.panels import CAPTION, Plate, place_of, projection_plate, seen_from, width_for
from tilscope.models.pictures.picture_map import Box, PictureArea, PictureMap, PointMm, RegionBox

#: Pictures side by side: as many as bring their height near to this, in units of the drawing.
_COLUMNS = (2, 3, 4)
_HEIGHT = 215.0
#: On paper, from the largest pictures to the smallest.
_COLUMNS_ON_PAPER = (2, 3, 4, 5, 6)
#: At least so many pictures, the projection and one of the early phase among them.
_LEAST = 6
#: Between pictures, in heights of letters.
_GAP = 1.6


@dataclass(frozen=True, eq=False)
class SurveyPlate:
    """One picture with its words, and which slice each of its pixels shows."""

    plate: Plate
    title: str
    detail: str
    slices: NDArray[np.uint16]
    shown: tuple[tuple[Shown, Box], ...]
    """The candidates that are drawn on it, each with its box in units of the drawing."""


@dataclass(frozen=True, eq=False)
class Survey:
    """The pictures of a series in which no lesion is sure."""

    exhibit: Exhibit

    def drawn(self, width: float, margin: float, style: Style) -> tuple[Drawing, PictureMap]:
        """For screens: of this width, as high as it gets; and where on it the patient lies."""
        columns = min(_COLUMNS, key=lambda count: abs(self._height(width - 2 * margin, count, style) - _HEIGHT))
        return self._laid_out(width, columns, style, margin)

    def on_paper(self, width: float, most: float, style: Style) -> Drawing:
        """As large as a width and a height allow."""
        smallest = _COLUMNS_ON_PAPER[-1]
        drawings = (self._laid_out(width, columns, style)[0] for columns in _COLUMNS_ON_PAPER)
        return next((one for one in drawings if one.height <= most), self._laid_out(width, smallest, style)[0])

    def _height(self, width: float, columns: int, style: Style) -> float:
        """Of a picture, without its words."""
        each = (width - _GAP * style.text * (columns - 1)) / columns
        return each / width_for(self.exhibit, self.exhibit.whole, 1.0)

    def _laid_out(self, width: float, columns: int, style: Style, margin: float = 0.0) -> tuple[Drawing, PictureMap]:
        height = self._height(width - 2 * margin, columns, style)
        caption, gap = CAPTION * style.text, _GAP * style.text
        plates = self._plates(height, columns, style)
        rows = -(-len(plates) // columns)
        sheet = Drawing(width, rows * (height + caption + gap) - gap + 2 * margin)
        areas = []
        for number, one in enumerate(plates):
            row, column = divmod(number, columns)
            x = margin + column * (one.plate.drawing.width + gap)
            y = margin + row * (height + caption + gap)
            sheet.place(one.plate.captioned(one.title, one.detail), x, y)
            areas.append(self._area(one, x, y + caption, sheet))
        return sheet, PictureMap(areas)

    def _plates(self, height: float, columns: int, style: Style) -> list[SurveyPlate]:
        """The projection, the early phase, then slices of the subtraction, until the rows are full."""
        wanted = max(_LEAST - 2, len(self.exhibit.lesions))
        wanted += -(wanted + 2) % columns
        slices = [self._subtraction(index, height, style) for index in self._slices(wanted)]
        return [self._projection(height, style), self._early(height, style), *slices]

    def _slices(self, wanted: int) -> list[int]:
        """Evenly through the breast, each nearest one replaced by that where a candidate is largest; in the patient's order."""
        cut = np.flatnonzero(self.exhibit.breast.any(axis=(1, 2)))
        spaced = [int(k) for k in np.round(np.linspace(cut[0], cut[-1], wanted + 2)[1:-1])]
        keys = {largest_slice(lesion.mask) for lesion in self.exhibit.lesions}
        for key in keys:
            spaced.remove(min(spaced, key=lambda k: abs(k - key)))
        return sorted({*spaced, *keys})

    def _projection(self, height: float, style: Style) -> SurveyPlate:
        exhibit, span = self.exhibit, self.exhibit.whole
        plate = projection_plate(exhibit, height, style)
        plate.outline(shadow(exhibit.breast), BREAST_COLOUR)
        seen = exhibit.subtraction[:, span.rows, span.columns].argmax(axis=0).astype(np.uint16)
        shown = tuple((lesion, plate.box_around(shadow(lesion.mask))) for lesion in exhibit.lesions)
        return SurveyPlate(plate, "Subtraction, MIP", f"early minus pre, seen {seen_from(exhibit)}", seen, shown)

    def _early(self, height: float, style: Style) -> SurveyPlate:
        exhibit, index = self.exhibit, self.exhibit.key
        plate = Plate(exhibit, exhibit.whole, height, style)
        plate.pixels(grey(plate.cut(exhibit.early[index]), exhibit.early_window))
        return self._of_slice(plate, index, "Early phase")

    def _subtraction(self, index: int, height: float, style: Style) -> SurveyPlate:
        exhibit = self.exhibit
        plate = Plate(exhibit, exhibit.whole, height, style)
        plate.pixels(grey(plate.cut(exhibit.subtraction[index]), exhibit.subtraction_window))
        return self._of_slice(plate, index, "Subtraction")

    def _of_slice(self, plate: Plate, index: int, title: str) -> SurveyPlate:
        plate.letters()
        plate.scale_bar()
        plate.outline(self.exhibit.breast[index], BREAST_COLOUR)
        shown = []
        for lesion in self.exhibit.lesions:
            if lesion.mask[index].any():
                plate.contour(lesion.mask[index], lesion)
                box = plate.box_around(lesion.mask[index])
                plate.number(lesion, box)
                shown.append((lesion, box))
        return SurveyPlate(plate, title, place_of(self.exhibit, index), np.array([[index]], np.uint16), tuple(shown))

    def _area(self, one: SurveyPlate, x: float, y: float, sheet: Drawing) -> PictureArea:
        """Where a picture whose upper left corner lies at (x, y) of the sheet lies in the patient."""
        span, upright = one.plate.span, self.exhibit.upright

        def on_sheet(box: Box) -> Box:
            left, upper, right, lower = box
            return (
                (x + left) / sheet.width, (y + upper) / sheet.height,
                (x + right) / sheet.width, (y + lower) / sheet.height,
            )  # fmt: skip

        # Edges of pixels lie half a pixel before their centres.
        top, left, bottom, right = (
            at - 0.5 for at in (span.rows.start, span.columns.start, span.rows.stop, span.columns.stop)
        )
        origin = upright.point_mm(0, top, left)
        across, down, through = (
            _difference(upright.point_mm(*place), origin)
            for place in ((0, top, right), (0, bottom, left), (1, top, left))
        )
        whole = on_sheet((0.0, 0.0, one.plate.drawing.width, one.plate.drawing.height))
        points = {lesion.number: inner_point(lesion.mask) for lesion in self.exhibit.regions.lesions}
        regions = tuple(RegionBox(lesion.number, on_sheet(box), points[lesion.number]) for lesion, box in one.shown)
        return PictureArea(whole, origin, across, down, through, one.slices, regions)


def _difference(to: PointMm, origin: PointMm) -> PointMm:
    return to[0] - origin[0], to[1] - origin[1], to[2] - origin[2]
