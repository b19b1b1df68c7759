"""A scored series on one sheet: key slice, projection, slices through the lesion, SER and kinetic curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.pictures import panels
from tilscope.models.pictures.colours import DARK, LIGHT, Style
from tilscope.models.pictures.curve import kinetic_curves
from tilscope.models.pictures.drawing import Drawing
from tilscope.models.pictures.exhibit import USUAL_FTV_PERCENT, Exhibit
from tilscope.models.pictures.picture_map import PictureMap
from tilscope.models.pictures.raster import png_of
from tilscope.models.pictures.ser_map import ser_map, ser_map_width
from tilscope.models.pictures.survey import Survey


@dataclass(frozen=True)
class Panel:
    """A picture that is drawn to a height, and its width before it is drawn. Captions come on top of the height."""

    draw: Callable[[Exhibit, float, Style], Drawing]
    width: Callable[[Exhibit, float, Style], float]


#: Pictures are not drawn larger than this to fill a row.
_STRETCH = 1.45
#: The curves fill what is left of their row; this wide they are at least, in heights of the row and of letters.
_CURVE_LEAST = (0.55, 12.0)
#: Between pictures, in heights of letters.
_GAP = 1.6
_MARGIN = 10.0
_SHEET_WIDTH = 800.0
_ROW_HEIGHT = 215.0
#: On paper a row is so high at least and at most, in points: 2 cm and 5.
_ROWS_ON_PAPER = (56, 142)


KEY_SLICE = Panel(panels.key_slice, lambda exhibit, height, _: panels.width_for(exhibit, exhibit.whole, height))
PROJECTION = Panel(panels.projection, KEY_SLICE.width)
SER_MAP = Panel(ser_map, ser_map_width)
CLOSE_UPS = Panel(panels.close_ups, panels.close_ups_width)


def _curves_width(_: Exhibit, height: float, style: Style) -> float:
    """The least; the curves take what their row leaves."""
    return _CURVE_LEAST[0] * height + _CURVE_LEAST[1] * style.text


def _curves(exhibit: Exhibit, width: float, height: float, style: Style) -> Drawing:
    return kinetic_curves(exhibit.series, exhibit.regions, width, height, style)


CURVES = Panel(
    lambda exhibit, height, style: _curves(exhibit, _curves_width(exhibit, height, style), height, style), _curves_width
)


@dataclass(frozen=True)
class Montage:
    """The sheet for screens, as a drawing and as a PNG file."""

    drawing: Drawing
    style: Style = DARK
    map: PictureMap | None = None
    """Where in the patient a point of the sheet lies; None where nobody is asked to point."""

    def png(self) -> bytes:
        return png_of(self.drawing, self.style.paper)


def montage(series: DceSeries, regions: Regions, kinetic_from_percent: float = USUAL_FTV_PERCENT) -> Montage:
    """For screens, on black.

    Parameters
    ----------
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.
    kinetic_from_percent : float
        The percent enhancement from which on a voxel has a kinetic colour.

    Returns
    -------
    Montage
        Of the sheet's fixed width.
    """
    if _needs_reader(regions):
        sheet, places = Survey(Exhibit.of(series, regions)).drawn(_SHEET_WIDTH, _MARGIN, DARK)
        return Montage(sheet, map=places)
    exhibit = Exhibit.of(series, regions, kinetic_from_percent=kinetic_from_percent)
    inner = _laid_out(exhibit, _SHEET_WIDTH - 2 * _MARGIN, _ROW_HEIGHT, DARK)
    sheet = Drawing(_SHEET_WIDTH, inner.height + 2 * _MARGIN)
    sheet.place(inner, _MARGIN, _MARGIN)
    return Montage(sheet)


def _needs_reader(regions: Regions) -> bool:
    """The pictures are then of the whole breast, and not of one lesion."""
    return not regions.lesions or not regions.finding.is_scored


@dataclass(frozen=True, eq=False)
class PagePictures:
    """The same for paper, into the room that a page has."""

    exhibit: Exhibit

    @classmethod
    def of(cls, series: DceSeries, regions: Regions, kinetic_from_percent: float = USUAL_FTV_PERCENT) -> PagePictures:
        """Of a scored series.

        Parameters
        ----------
        series : DceSeries
            Free of motion.
        regions : Regions
            On the grid of the series.
        kinetic_from_percent : float
            The percent enhancement from which on a voxel has a kinetic colour.

        Returns
        -------
        PagePictures
            Not drawn yet: `drawn` takes the room.
        """
        return cls(Exhibit.of(series, regions, kinetic_from_percent=kinetic_from_percent))

    def drawn(self, width: float, most: float) -> Drawing:
        """As large as a width and a height allow; not below what can still be read, even if that is higher."""
        if _needs_reader(self.exhibit.regions):
            return Survey(self.exhibit).on_paper(width, most, LIGHT)
        heights = (_ROWS_ON_PAPER[1] - n for n in range(_ROWS_ON_PAPER[1] - _ROWS_ON_PAPER[0]))
        fitting = (h for h in heights if _height(_planned(self.exhibit, width, h, LIGHT), LIGHT) <= most)
        return _laid_out(self.exhibit, width, next(fitting, _ROWS_ON_PAPER[0]), LIGHT)


@dataclass(frozen=True)
class _Row:
    """Panels side by side."""

    panels: Sequence[Panel]
    high: float
    apart: float


def _planned(exhibit: Exhibit, width: float, height: float, style: Style) -> list[_Row]:
    """Pictures in rows like words in lines; the curves come last and fill their row."""
    rows = _rows(exhibit, height, style)
    gap = _GAP * style.text
    planned = []
    for row in rows:
        ends = row is rows[-1]
        natural = _width(row, exhibit, height, style)
        filling = _height_to_fill(row, exhibit, width, style)
        # Curves stretch instead of the pictures beside them.
        high = height if ends and natural <= width else min(filling, height * _STRETCH)
        # A row that may not grow further is set apart instead, up to the edge.
        apart = gap if ends or len(row) == 1 else gap + (width - _width(row, exhibit, high, style)) / (len(row) - 1)
        planned.append(_Row(row, high, apart))
    return planned


def _height(rows: Sequence[_Row], style: Style) -> float:
    caption, gap = panels.CAPTION * style.text, _GAP * style.text
    return sum(row.high + caption for row in rows) + gap * (len(rows) - 1)


def _laid_out(exhibit: Exhibit, width: float, height: float, style: Style) -> Drawing:
    rows = _planned(exhibit, width, height, style)
    sheet = Drawing(width, _height(rows, style))
    y = 0.0
    for row in rows:
        x = 0.0
        for panel in row.panels:
            drawn = (
                panel.draw(exhibit, row.high, style)
                if panel is not CURVES
                else _curves(exhibit, width - x, row.high, style)
            )
            sheet.place(drawn, x, y)
            x += drawn.width + row.apart
        y += row.high + (panels.CAPTION + _GAP) * style.text
    return sheet


def _rows(exhibit: Exhibit, height: float, style: Style) -> list[list[Panel]]:
    """Two, as alike in width as can be: narrow pictures of one breast leave room for a third beside them."""
    panels = [KEY_SLICE, PROJECTION, SER_MAP, CLOSE_UPS, CURVES]
    splits = [[panels[:count], panels[count:]] for count in (2, 3)]
    return min(splits, key=lambda rows: max(_width(row, exhibit, height, style) for row in rows))


def _width(row: Sequence[Panel], exhibit: Exhibit, height: float, style: Style) -> float:
    return sum(panel.width(exhibit, height, style) for panel in row) + _GAP * style.text * (len(row) - 1)


def _height_to_fill(row: Sequence[Panel], exhibit: Exhibit, width: float, style: Style) -> float:
    """Every panel's width is a fixed part and one that grows with the height."""
    fixed = _width(row, exhibit, 0.0, style)
    return (width - fixed) / (_width(row, exhibit, 1.0, style) - fixed)
