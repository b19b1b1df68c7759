"""The single pictures of a montage: whole slice, projection and close-ups.

Each is drawn to a given height and is as wide as true proportion makes it. Words stand above a picture, not on the
patient; on her lie only contours, a scale bar and the letters of the edges.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Mask
from tilscope.models.pictures.colours import Colour, Style
from tilscope.models.pictures.drawing import Drawing, Line, Picture, Pixels, Text, overlap
from tilscope.models.pictures.exhibit import Exhibit, PixelWindow, Shown, grey, shadow
from tilscope.models.pictures.lettering import width_of
from tilscope.models.pictures.outline import outlines, within

WHITE = (255, 255, 255)
_BARS_MM = (100, 50, 20, 10, 5)

#: Two lines of words and the air below them, in heights of letters.
CAPTION = 2.9

#: Width of a contour, in heights of letters.
_CONTOUR = 0.09

#: Between the close-ups of the row, in heights of letters.
_GAP = 0.35


def width_for(exhibit: Exhibit, span: PixelWindow, height: float) -> float:
    """Of a picture of this part of a slice, in true proportion."""
    _, row_mm, column_mm = exhibit.upright.spacing
    return height * (_length(span.columns) * column_mm) / (_length(span.rows) * row_mm)


def _length(part: slice) -> int:
    return int(part.stop - part.start)


class Plate:
    """One part of a slice, drawn to a height, with what may lie on it."""

    def __init__(self, exhibit: Exhibit, span: PixelWindow, height: float, style: Style) -> None:
        self.exhibit, self.span, self.style = exhibit, span, style
        self.drawing = Drawing(width_for(exhibit, span, height), height)
        self.per_column = self.drawing.width / _length(span.columns)
        self.per_row = height / _length(span.rows)
        self._taken: list[tuple[float, float, float, float]] = []

    def pixels(self, values: Pixels, smooth: bool = True) -> None:
        """Lay a picture on the plate.

        Parameters
        ----------
        values : ndarray of uint8, [row, column] or [row, column, 3 or 4]
            Grey or colour, 0 to 255, of the part of the slice that is shown.
        smooth : bool
            Whether values between the pixels are interpolated.
        """
        self.drawing.add(Picture(0, 0, self.drawing.width, self.drawing.height, values, smooth))

    def cut(self, plane: NDArray[Any]) -> NDArray[Any]:
        """The part of a plane that is shown.

        Parameters
        ----------
        plane : ndarray, [row, column]
            A whole slice, in any unit.

        Returns
        -------
        ndarray, [row, column]
            A view of it, in the same unit.
        """
        return plane[self.span.rows, self.span.columns]

    def contour(self, mask: Mask, lesion: Shown) -> None:
        """Draw the contour of a lesion's mask.

        Parameters
        ----------
        mask : ndarray of bool, [row, column]
            Of the whole plane.
        lesion : Shown
            Gives the colour.
        """
        self.outline(mask, lesion.colour)

    def outline(self, mask: Mask, colour: Colour) -> None:
        """Draw the contour of any mask.

        Parameters
        ----------
        mask : ndarray of bool, [row, column]
            Of the whole plane.
        colour : Colour
            Of the line.
        """
        width = _CONTOUR * self.style.text
        rows, columns = self.span.rows, self.span.columns
        for outline in outlines(mask):
            for piece in within(outline, columns.start, rows.start, columns.stop, rows.stop):
                points = [((x - columns.start) * self.per_column, (y - rows.start) * self.per_row) for x, y in piece]
                self.drawing.lines([points], colour, width)

    def box_around(self, mask: Mask) -> tuple[float, float, float, float]:
        """The box of a mask on the drawing.

        Parameters
        ----------
        mask : ndarray of bool, [row, column]
            Of the whole plane; not empty.

        Returns
        -------
        tuple of float
            Left, upper, right and lower, in units of the drawing.
        """
        ys, xs = np.nonzero(mask)
        top, left = self.span.rows.start, self.span.columns.start
        return (
            (int(xs.min()) - left) * self.per_column, (int(ys.min()) - top) * self.per_row,
            (int(xs.max()) + 1 - left) * self.per_column, (int(ys.max()) + 1 - top) * self.per_row,
        )  # fmt: skip

    def number(self, lesion: Shown, box: tuple[float, float, float, float]) -> None:
        """Beside a box, on the first of its corners where nothing else lies."""
        size = self.style.text
        left, upper, right, lower = box
        wide, words = width_of(str(lesion.number), size, True), str(lesion.number)
        places = [
            (x, y) for y in (upper - 0.35 * size, lower + 0.95 * size) for x in (right - wide, left)
        ] + [(right + 0.3 * size, upper + 0.8 * size), (left - 0.3 * size - wide, upper + 0.8 * size)]  # fmt: skip
        marks = [Text(x, y, words, size, lesion.colour, bold=True, on_picture=True) for x, y in places]
        inside = [m for m in marks if m.box[0] >= 0 and m.box[1] >= 0 and m.box[2] <= self.drawing.width]
        free = [m for m in inside if not any(overlap(m.box, other) for other in self._taken)]
        mark = (free or inside or marks)[0]
        self._taken += [mark.box, box]
        self.drawing.add(mark)

    def letters(self) -> None:
        """Which way the patient lies."""
        size, (width, height) = 1.05 * self.style.text, (self.drawing.width, self.drawing.height)
        left, right, upper, lower = self.exhibit.upright.letters
        edge = 0.4 * size
        marks = (
            Text(edge, height / 2 + 0.35 * size, left, size, WHITE, "left", True, True),
            Text(width - edge, height / 2 + 0.35 * size, right, size, WHITE, "right", True, True),
            Text(width / 2, edge + 0.76 * size, upper, size, WHITE, "middle", True, True),
            Text(width / 2, height - edge, lower, size, WHITE, "middle", True, True),
        )
        self._taken += [mark.box for mark in marks]
        self.drawing.add(*marks)

    def scale_bar(self) -> None:
        """The longest round length within a third of the width, in the lower left corner."""
        per_mm = self.drawing.width / (_length(self.span.columns) * self.exhibit.upright.spacing[2])
        bar, label = scale_bar(self.drawing, per_mm, self.style)
        right = max(point[0] for point in bar[0].points)
        self._taken.append((label.x, label.box[1], max(right, label.box[2]), bar[0].points[0][1]))
        self.drawing.add(*bar, label)

    def captioned(self, title: str, detail: str) -> Drawing:
        return captioned(self.drawing, title, detail, self.style)


def scale_bar(drawing: Drawing, per_mm: float, style: Style) -> tuple[tuple[Line, Line], Text]:
    """The longest round length within a third of the width, in the lower left corner: its dark edge, itself, and its label."""
    size = 0.85 * style.text
    length = next((mm for mm in _BARS_MM if mm * per_mm <= drawing.width / 3), _BARS_MM[-1])
    x, y = 0.6 * size, drawing.height - 0.6 * size
    ends = ((x, y), (x + length * per_mm, y))
    label = Text(x, y - 0.5 * size, f"{length} mm", size, WHITE, "left", False, True)
    return (Line(ends, (0, 0, 0), 2.4), Line(ends, WHITE, 1.4)), label


def captioned(drawing: Drawing, title: str, detail: str, style: Style) -> Drawing:
    """With two lines of words above; they shrink rather than leave a narrow picture."""
    size = style.text
    out = Drawing(drawing.width, drawing.height + CAPTION * size)
    out.add(
        Text(0, 0.95 * size, title, fitting(title, size, drawing.width, True), style.ink, bold=True),
        Text(0, 2.2 * size, detail, fitting(detail, 0.92 * size, drawing.width), style.faint),
    )
    out.place(drawing, 0, CAPTION * size)
    return out


def fitting(words: str, size: float, width: float, bold: bool = False) -> float:
    """Height of letters, at most `size`, with which the words are no wider than this."""
    return min(size, size * width / max(width_of(words, size, bold), 1e-6))


def key_slice(exhibit: Exhibit, height: float, style: Style) -> Drawing:
    """The slice of the early phase where the index lesion is largest, with the contour of every lesion that it cuts."""
    plate = Plate(exhibit, exhibit.whole, height, style)
    plate.pixels(grey(plate.cut(exhibit.early[exhibit.key]), exhibit.early_window))
    plate.letters()
    plate.scale_bar()
    for lesion in exhibit.lesions:
        if lesion.mask[exhibit.key].any():
            plate.contour(lesion.mask[exhibit.key], lesion)
            plate.number(lesion, plate.box_around(lesion.mask[exhibit.key]))
    series = exhibit.series
    time_s = series.phases[series.roles.early].time_s
    # Short, since letters shrink over a narrow picture; what is assumed stands in full on the curve's axis.
    when = "(assumed)" if series.time_zero_assumed else series.after_injection
    return plate.captioned(f"Early, {time_s:.0f} s {when}", place_of(exhibit, exhibit.key))


def place_of(exhibit: Exhibit, index: int) -> str:
    upright = exhibit.upright
    return f"{upright.plane}, slice {upright.number(index)} of {len(exhibit.early)}, {upright.position(index)}"


def projection(exhibit: Exhibit, height: float, style: Style) -> Drawing:
    """The brightest of the subtraction along the slices, every lesion in a thin box with its number."""
    plate = projection_plate(exhibit, height, style)
    return plate.captioned("Subtraction, MIP", f"early minus pre, seen {seen_from(exhibit)}")


def seen_from(exhibit: Exhibit) -> str:
    """Whence the pictures are seen, in words."""
    return {"axial": "from the feet", "sagittal": "from the left", "coronal": "from the front"}[exhibit.upright.plane]


def projection_plate(exhibit: Exhibit, height: float, style: Style) -> Plate:
    """The projection without its words."""
    plate = Plate(exhibit, exhibit.whole, height, style)
    rows, columns = exhibit.whole.rows, exhibit.whole.columns
    brightest = exhibit.subtraction[:, rows, columns].max(axis=0)
    plate.pixels(grey(brightest, exhibit.projection_window(brightest)))
    plate.letters()
    plate.scale_bar()
    margin = 0.35 * style.text
    for lesion in exhibit.lesions:
        left, upper, right, lower = plate.box_around(shadow(lesion.mask))
        left, upper = max(0.5, left - margin), max(0.5, upper - margin)
        right, lower = min(plate.drawing.width - 0.5, right + margin), min(height - 0.5, lower + margin)
        frame = [(left, upper), (right, upper), (right, lower), (left, lower), (left, upper)]
        plate.drawing.lines([frame], lesion.colour, 0.7)
        plate.number(lesion, (left, upper, right, lower))
    return plate


def close_ups(exhibit: Exhibit, height: float, style: Style) -> Drawing:
    """Slices of the subtraction through the index lesion, in two rows where they are several."""
    slices = exhibit.slices
    rows, columns = _grid_of(len(slices))
    gap = _GAP * style.text
    each = (height - gap * (rows - 1)) / rows
    width = width_for(exhibit, exhibit.near, each)
    sheet = Drawing(close_ups_width(exhibit, height, style), height)
    size = 0.85 * style.text
    for number, index in enumerate(slices):
        plate = Plate(exhibit, exhibit.near, each, style)
        plate.pixels(grey(plate.cut(exhibit.subtraction[index]), exhibit.subtraction_window))
        for lesion in exhibit.lesions:
            plate.contour(lesion.mask[index], lesion)
        where = exhibit.upright.position(index)
        fits = fitting(where, size, width - 0.8 * size)
        plate.drawing.add(Text(0.4 * size, 1.1 * size, where, fits, WHITE, on_picture=True))
        if number == 0:
            plate.scale_bar()
        row, column = divmod(number, columns)
        sheet.place(plate.drawing, column * (width + gap), row * (each + gap))
    first, last = (exhibit.upright.number(index) for index in (slices[0], slices[-1]))
    detail = f"early minus pre, slices {first} to {last}" if first != last else f"early minus pre, slice {first}"
    return captioned(sheet, f"Through {exhibit.name_of(exhibit.index).lower()}", detail, style)


def close_ups_width(exhibit: Exhibit, height: float, style: Style) -> float:
    rows, columns = _grid_of(len(exhibit.slices))
    gap = _GAP * style.text
    return columns * width_for(exhibit, exhibit.near, (height - gap * (rows - 1)) / rows) + (columns - 1) * gap


def _grid_of(pictures: int) -> tuple[int, int]:
    """Rows and columns."""
    rows = 1 if pictures == 1 else 2
    return rows, -(-pictures // rows)
