"""A quantity of each lesion against time, as the coordinates of an SVG. Lines differ in dashes and marks, not in colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

#: Of the drawing, in its own units; the axes lie inside these margins.
WIDTH, HEIGHT = 640.0, 280.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 150.0, 16.0, 36.0
#: As many lines are told apart, each by its class in the style sheet and its mark.
_KINDS = 5
_MARKS = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    "M-5-5h10v10h-10z",
    "M0-6l6 10h-12z",
    "M0-6l6 6-6 6-6-6z",
    "M-6-4h12l-6 10z",
)
#: Between two labels of dates that do not touch, and between two names of lines.
_DATE_WIDTH, _LINE_HEIGHT = 74.0, 15.0


@dataclass(frozen=True)
class Trend:
    """The values of one lesion, one for each exam; None where there is none to show."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Tick:
    place: str
    words: str


@dataclass(frozen=True)
class TrendPoint:
    x: str
    y: str
    words: str
    """For those who hear the chart or rest on the point."""


@dataclass(frozen=True)
class TrendCurve:
    name: str
    name_y: str
    kind: int
    mark: str
    paths: tuple[str, ...]
    """Of the stretches without a gap."""
    points: tuple[TrendPoint, ...]


@dataclass(frozen=True)
class TrendChart:
    title: str
    unit: str
    description: str
    """All of it in words."""
    dates: tuple[Tick, ...]
    heights: tuple[Tick, ...]
    curves: tuple[TrendCurve, ...]

    view_box = f"0 0 {WIDTH:g} {HEIGHT:g}"
    left, right, bottom = f"{_LEFT:g}", f"{WIDTH - _RIGHT:g}", f"{HEIGHT - _BOTTOM:g}"
    name_x = f"{WIDTH - _RIGHT + 24:g}"

    @classmethod
    def of(cls, title: str, unit: str, days: Sequence[date], trends: Sequence[Trend]) -> TrendChart | None:
        """None where no lesion has two values: one point is no trend. `days` are in their order."""
        drawn = [one for one in trends if sum(value is not None for value in one.values) > 1]
        if not drawn:
            return None
        axes = _Axes.of(days, [value for one in drawn for value in one.values if value is not None])
        name_heights = _apart([axes.y(_last(one)) for one in drawn])
        curves = [
            _curve(one, unit, number, y, axes) for number, (one, y) in enumerate(zip(drawn, name_heights, strict=True))
        ]
        return cls(
            title, unit, _in_words(title, unit, days, drawn), axes.date_ticks(), axes.height_ticks(), tuple(curves)
        )


@dataclass(frozen=True)
class _Axes:
    days: tuple[date, ...]
    highest: float
    step: float

    @classmethod
    def of(cls, days: Sequence[date], values: Sequence[float]) -> _Axes:
        step = _round_step(max(values) / 4 if max(values) > 0 else 0.25)
        highest = step
        while highest < max(values):
            highest += step
        return cls(tuple(days), highest, step)

    def x(self, day: date) -> float:
        first, span = self.days[0], (self.days[-1] - self.days[0]).days or 1
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (day - first).days / span

    def y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / self.highest

    def date_ticks(self) -> tuple[Tick, ...]:
        """The first and the last always; between them those that do not touch."""
        shown = [self.days[0]]
        for day in self.days[1:-1]:
            far = self.x(day) - self.x(shown[-1]) >= _DATE_WIDTH and self.x(self.days[-1]) - self.x(day) >= _DATE_WIDTH
            shown += [day] if far else []
        return tuple(Tick(f"{self.x(day):.1f}", day.isoformat()) for day in dict.fromkeys([*shown, self.days[-1]]))

    def height_ticks(self) -> tuple[Tick, ...]:
        count = round(self.highest / self.step)
        return tuple(Tick(f"{self.y(n * self.step):.1f}", f"{n * self.step:g}") for n in range(count + 1))


def _round_step(least: float) -> float:
    """The next of 1, 2, 2.5 and 5 times a power of ten.

    >>> _round_step(3.1), _round_step(0.021)
    (5.0, 0.025)
    """
    power = 1.0
    while power > least:
        power /= 10
    while power * 10 <= least:
        power *= 10
    return next(round(power * factor, 10) for factor in (1, 2, 2.5, 5, 10) if power * factor >= least)


def _curve(one: Trend, unit: str, number: int, name_y: float, axes: _Axes) -> TrendCurve:
    placed = [
        None if value is None else (axes.x(day), axes.y(value), f"{one.name}, {day.isoformat()}: {value:.3g} {unit}")
        for day, value in zip(axes.days, one.values, strict=True)
    ]
    paths = [f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" for a, b in pairwise(placed) if a and b]
    points = tuple(TrendPoint(f"{p[0]:.1f}", f"{p[1]:.1f}", p[2]) for p in placed if p)
    kind = number % _KINDS
    return TrendCurve(one.name, f"{name_y:.1f}", kind, _MARKS[kind], tuple(paths), points)


def _last(one: Trend) -> float:
    return next(value for value in reversed(one.values) if value is not None)


def _apart(heights: Sequence[float]) -> list[float]:
    """The names beside the ends of the lines, moved until none lies on another."""
    placed = dict.fromkeys(range(len(heights)), 0.0)
    below = HEIGHT
    for number in sorted(placed, key=lambda n: -heights[n]):
        below = placed[number] = min(heights[number], below - _LINE_HEIGHT)
    return [placed[number] for number in range(len(heights))]


def _in_words(title: str, unit: str, days: Sequence[date], trends: Sequence[Trend]) -> str:
    told = (
        f"{one.name}: "
        + ", ".join(
            f"{day.isoformat()} {'none' if value is None else f'{value:.3g} {unit}'}"
            for day, value in zip(days, one.values, strict=True)
        )
        for one in trends
    )
    return f"{title}. {'; '.join(told)}."
