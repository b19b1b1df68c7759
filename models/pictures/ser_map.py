"""The signal enhancement ratio in colours inside the index lesion, with the share of every colour in the whole lesion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tilscope.models.kinetics.maps import percent_enhancement, signal_enhancement_ratio
from tilscope.models.pictures.colours import SER_BINS, SER_COLOURS, Style
from tilscope.models.pictures.drawing import Area, Drawing, Text
from tilscope.models.pictures.exhibit import Exhibit, Shown, grey
from tilscope.models.pictures.panels import WHITE, Plate, captioned, place_of, width_for

#: What the bins of SER mean for the curve after the early phase, by their numbers, the strongest washout first. With an
#: early enhancement of 100 % a plateau, which stays within 10 % of the early signal, has an SER of 0.83 to 1.25.
KINETICS: tuple[tuple[str, tuple[int, ...]], ...] = (("washout", (4, 3)), ("plateau", (2, 1)), ("persistent", (0,)))
#: The legend beside the map of SER, in heights of letters.
_LEGEND_WIDTH = 11.0
_LEGEND_LINE = 1.4
_LEGEND_GROUP = 1.35
#: A line a bin and one above each group; and its lines on tissue that has no bin.
_LEGEND_HEIGHT = len(SER_BINS) * _LEGEND_LINE + len(KINETICS) * _LEGEND_GROUP
_LEGEND_NOTE = 3.0


def ser_classes(exhibit: Exhibit) -> NDArray[np.int8]:
    """For the index lesion, the box of its slices over the close-up: bin of SER, -1 in tissue that has none, -2 outside.

    Parameters
    ----------
    exhibit : Exhibit
        Gives phases and index lesion.

    Returns
    -------
    ndarray of int8, [slice, row, column]
        Class numbers, on the screen's axes.
    """
    slices = np.flatnonzero(exhibit.index.mask.any(axis=(1, 2)))
    part = (slice(int(slices[0]), int(slices[-1]) + 1), exhibit.near.rows, exhibit.near.columns)
    upright, series = exhibit.upright, exhibit.series
    pre, early, late = (upright.of(image)[part] for image in (series.pre, series.early, series.late))
    pe, ser = percent_enhancement(pre, early), signal_enhancement_ratio(pre, early, late)
    classes = np.full(pe.shape, -1, np.int8)
    # As the trial's rule has it: a value on a border belongs to the bin below, and one below 0 to none.
    for number, (low, high) in enumerate(SER_BINS):
        classes[(ser > low) & (ser <= high) | ((ser == low) & (number == 0))] = number
    # A core that hardly enhances has no kinetics: its SER is one small difference over another.
    classes[~(pe >= exhibit.kinetic_from_percent)] = -1
    classes[~exhibit.index.mask[part]] = -2
    return classes


def ser_map(exhibit: Exhibit, height: float, style: Style) -> Drawing:
    """SER in colours inside the index lesion, over its key slice, with the share of each colour in the whole lesion."""
    size, key = style.text, exhibit.key
    plate = Plate(exhibit, exhibit.near, height, style)
    plate.pixels(grey(plate.cut(exhibit.early[key]), exhibit.early_window))
    classes = ser_classes(exhibit)
    first = int(np.flatnonzero(exhibit.index.mask.any(axis=(1, 2)))[0])
    here = classes[key - first]
    painted = np.zeros((*here.shape, 4), np.uint8)
    for number, colour in enumerate(SER_COLOURS):
        painted[here == number] = (*colour, 255)
    plate.pixels(painted, smooth=False)
    plate.contour(exhibit.index.mask[key], Shown(exhibit.index.number, WHITE, exhibit.index.mask))
    plate.scale_bar()
    drawing = Drawing(ser_map_width(exhibit, height, style), height)
    drawing.place(plate.drawing, 0, 0)
    drawing.place(_legend(classes, exhibit.kinetic_from_percent, style, height), plate.drawing.width + 0.8 * size, 0)
    return captioned(drawing, f"SER in {exhibit.name_of(exhibit.index).lower()}", place_of(exhibit, key), style)


def ser_map_width(exhibit: Exhibit, height: float, style: Style) -> float:
    return width_for(exhibit, exhibit.near, height) + _LEGEND_WIDTH * style.text


def _legend(classes: NDArray[np.int8], least_pe: float, style: Style, height: float) -> Drawing:
    """The strongest washout on top; a share for every bin, so that nobody must tell colours apart in grey print.

    Beside a low picture its letters are smaller.
    """
    without = int(np.count_nonzero(classes == -1))
    size = min(style.text, height / (_LEGEND_HEIGHT + (_LEGEND_NOTE if without else 0)))
    inside = max(1, int(np.count_nonzero(classes > -2)))
    drawing = Drawing(_LEGEND_WIDTH * size, 0)
    drawing.add(Text(9.8 * size, 0.9 * size, "share", 0.9 * size, style.faint, "right"))
    y = 0.0
    for name, numbers in KINETICS:
        y += _LEGEND_GROUP * size
        drawing.add(Text(0, y - 0.35 * size, name, size, style.ink))
        for number in numbers:
            drawing.add(Area(0, y, 1.6 * size, 1.3 * size, SER_COLOURS[number]))
            base = y + 1.05 * size
            share = _share(int(np.count_nonzero(classes == number)), inside)
            drawing.add(
                Text(2.1 * size, base, _bin_words(*SER_BINS[number]), 0.95 * size, style.ink),
                Text(9.8 * size, base, share, 0.95 * size, style.ink, "right"),
            )
            y += _LEGEND_LINE * size
    if without:
        y += 1.3 * size
        drawing.add(
            Text(0, y, f"grey: PE < {least_pe:g} %", 0.95 * size, style.faint),
            Text(0, y + 1.25 * size, "or SER < 0", 0.95 * size, style.faint),
            Text(9.8 * size, y + 1.25 * size, _share(without, inside), 0.95 * size, style.faint, "right"),
        )
    return drawing


def _share(part: int, whole: int) -> str:
    return "< 1 %" if 0 < part < 0.01 * whole else f"{100 * part / whole:.0f} %"


def _bin_words(low: float, high: float) -> str:
    return f"> {low:g}" if np.isinf(high) else f"≤ {high:g}" if low == 0 else f"{low:g} – {high:g}"
