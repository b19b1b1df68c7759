"""Kinetic curves: how far the mean signal of lesion and parenchyma rises above its pre-contrast value, in percent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import mask_of, values_of
from tilscope.models.kinetics.maps import percent_enhancement
from tilscope.models.pictures.colours import FGT_COLOUR, Colour, Style, lesion_colour
from tilscope.models.pictures.drawing import Dot, Drawing, Line, Point, Text
from tilscope.models.pictures.lettering import width_of
from tilscope.models.pictures.panels import captioned

#: Steps between ticks on the axis of time: those of a clock.
_TIME_STEPS = (10, 20, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600)


@dataclass(frozen=True)
class KineticCurve:
    name: str
    colour: Colour
    hollow: bool
    """Drawn dashed with open dots: told apart without colour."""
    percent: tuple[float, ...]
    """By phase; NaN throughout where the pre-contrast signal is not above 0."""


def curves(series: DceSeries, regions: Regions) -> tuple[KineticCurve, ...]:
    """Of the index lesion, and of the fibroglandular tissue (background parenchymal enhancement) where there is any.

    Parameters
    ----------
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.

    Returns
    -------
    tuple of KineticCurve
        In percent, phase by phase.
    """
    lesion = regions.index_lesion
    found = [
        KineticCurve(
            regions.finding.label(lesion.number).lower(), lesion_colour(0), False, enhancement(series, lesion.mask)
        )
    ]
    if mask_of(regions.fgt).any():
        found.append(KineticCurve("parenchyma", FGT_COLOUR, True, enhancement(series, regions.fgt)))
    return tuple(found)


def enhancement(series: DceSeries, region: sitk.Image) -> tuple[float, ...]:
    """(mean - mean before contrast) / mean before contrast, in percent, phase by phase.

    Parameters
    ----------
    series : DceSeries
        Free of motion.
    region : SimpleITK.Image
        A mask on the grid of the series, 0 and 1; not empty.

    Returns
    -------
    tuple of float
        Percent, a value for each phase; NaN throughout where the pre-contrast signal is not above 0.
    """
    inside = np.flatnonzero(mask_of(region))
    # Read from the stored values: no phase is turned into floats as a whole for a few thousand voxels.
    means = [float(values_of(phase.stored).ravel()[inside].mean(dtype=np.float64)) for phase in series.phases]
    pre = np.full(len(means), means[series.roles.pre], np.float32)
    return tuple(percent_enhancement(pre, np.array(means, np.float32)).tolist())


def kinetic_curves(series: DceSeries, regions: Regions, width: float, height: float, style: Style) -> Drawing:
    """The panel: axes with units, both curves, the phases that PE and SER use marked by their roles.

    Parameters
    ----------
    series : DceSeries
        Free of motion.
    regions : Regions
        On the grid of the series.
    width : float
        In units of the drawing.
    height : float
        Of the plot, in the same units; the caption comes on top.
    style : Style
        Colours and height of letters.

    Returns
    -------
    Drawing
        With its caption.
    """
    shown = curves(series, regions)
    times = [phase.time_s for phase in series.phases]
    plot = _Plot(times, shown, width, height, style)
    plot.axes(f"s {series.after_injection}")
    plot.roles(series)
    for curve in shown:
        plot.curve(curve)
    return captioned(plot.drawing, "Mean signal against time", "relative enhancement, %", style)


class _Plot:
    """The area between the axes and the two scales."""

    def __init__(
        self, times: Sequence[float], shown: Sequence[KineticCurve], width: float, height: float, style: Style
    ) -> None:
        self.style, self.times, self.shown = style, times, shown
        self.drawing = Drawing(width, height)
        size = style.text
        self.upper, self.lower = 3.6 * size, height - 2.9 * size
        percent = [value for curve in shown for value in curve.percent if math.isfinite(value)] or [0.0]
        self.y_ticks = ticks(min(0.0, *percent), max(10.0, *percent) * 1.04, (self.lower - self.upper) / (2.2 * size))
        labels = max(width_of(_label(tick), size) for tick in self.y_ticks)
        self.left, self.right = labels + 0.7 * size, width - 1.2 * size
        self.low, self.high = self.y_ticks[0], max(self.y_ticks[-1], *percent)
        first, last = min(0.0, times[0]), times[-1]
        self.first, self.last = first - 0.03 * (last - first), last + 0.03 * (last - first)

    def at(self, time_s: float, percent: float) -> Point:
        across = (time_s - self.first) / (self.last - self.first)
        up = (percent - self.low) / (self.high - self.low)
        return self.left + across * (self.right - self.left), self.lower - up * (self.lower - self.upper)

    def axes(self, seconds: str) -> None:
        size, faint, ink = self.style.text, self.style.faint, self.style.ink
        for tick in self.y_ticks:
            y = self.at(0, tick)[1]
            self.drawing.add(
                Line(((self.left, y), (self.right, y)), faint, 0.6 if tick == 0 else 0.2),
                Text(self.left - 0.5 * size, y + 0.35 * size, _label(tick), size, ink, "right"),
            )
        for tick in self.x_ticks():
            x = self.at(tick, 0)[0]
            self.drawing.add(
                Line(((x, self.lower), (x, self.lower + 0.35 * size)), faint, 0.6),
                Text(x, self.lower + 1.4 * size, _label(tick), size, ink, "middle"),
            )
        self.drawing.add(Line(((self.left, self.upper), (self.left, self.lower), (self.right, self.lower)), faint, 0.6))
        middle = (self.left + self.right) / 2
        self.drawing.add(Text(middle, self.lower + 2.6 * size, seconds, size, faint, "middle"))

    def x_ticks(self) -> list[float]:
        """The finest step at which labels keep their distance."""
        size = self.style.text
        for step in _TIME_STEPS:
            found = [float(n * step) for n in range(math.ceil(self.first / step), math.floor(self.last / step) + 1)]
            room = step / (self.last - self.first) * (self.right - self.left)
            if room >= max((width_of(_label(tick), size) for tick in found), default=0.0) + 2.0 * size:
                return found
        return [0.0]

    def roles(self, series: DceSeries) -> None:
        """A line and its role's name above the plot; names that would collide are put on a second line."""
        size = self.style.text
        taken = -math.inf
        for index in sorted({series.roles.pre, series.roles.early, series.roles.late}):
            name, x = series.roles.name(index), self.at(self.times[index], 0)[0]
            half = width_of(name, size) / 2
            middle = min(x, self.drawing.width - half)
            y = self.upper - (0.45 if middle - half > taken + 0.3 * size else 1.5) * size
            taken = middle + half
            self.drawing.add(
                Line(((x, self.upper), (x, self.lower)), self.style.faint, 0.5, dashed=True),
                Text(middle, y, name, size, self.style.faint, "middle"),
            )

    def curve(self, curve: KineticCurve) -> None:
        """The line with a dot at every phase, and its sample with its name above."""
        size = self.style.text
        radius = 0.24 * size
        fill = self.style.paper if curve.hollow else None
        points = [self.at(t, p) for t, p in zip(self.times, curve.percent, strict=True) if math.isfinite(p)]
        x = self.left
        for before in self.shown[: self.shown.index(curve)]:
            x += width_of(before.name, size) + 4.4 * size
        y = 0.6 * size
        sample = ((x, y), (x + 2.2 * size, y))
        name = Text(x + 2.7 * size, y + 0.35 * size, curve.name, size, self.style.ink)
        self.drawing.add(
            Line(tuple(points), curve.colour, 1.1, curve.hollow), Line(sample, curve.colour, 1.1, curve.hollow), name
        )
        self.drawing.add(*(Dot(a, b, radius, curve.colour, fill) for a, b in [*points, (x + 1.1 * size, y)]))


def _label(tick: float) -> str:
    return f"{tick:g}".replace("-", "−")


def ticks(low: float, high: float, most: float) -> list[float]:
    """Round values that cover the range in at most so many steps.

    >>> ticks(0, 208, 6)
    [0.0, 50.0, 100.0, 150.0, 200.0, 250.0]
    """
    raw = (high - low) / max(1.0, most)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    return [n * step for n in range(math.floor(low / step), math.ceil(high / step) + 1)]
