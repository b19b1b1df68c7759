"""Figures of many effects beside each other: forest plots, and heat maps of correlations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.figures.style import INK, QUIET, Canvas, look
from tilscope.service.research.statistics.estimate import Estimate

Floats = NDArray[np.float64]
Row = tuple[str, Estimate]
#: Ratios that an axis names.
_FINE = (0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10)
_COARSE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def height_of_forest(rows: int) -> float:
    """Inches."""
    return 1.0 + 0.3 * rows


def draw_forest(canvas: Canvas, rows: Sequence[Row], effect: str, nothing: float, logarithmic: bool = False) -> None:
    """One line a row: its value, its interval, and both as a text; a line where there is no effect."""
    axes = canvas.subplots()
    style = look(0)
    for n, (_, one) in enumerate(rows):
        if np.isfinite([one.low, one.high]).all():
            axes.plot([one.low, one.high], [n, n], color=style.colour, linewidth=1.3)
        axes.plot([one.value], [n], "s", color=style.colour, markersize=5)
        axes.annotate(
            f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})", (1.02, n), xycoords=("axes fraction", "data"),
            va="center", fontsize=7.5,
        )  # fmt: skip
    axes.axvline(nothing, color=QUIET, linewidth=0.9, linestyle=(0, (3, 2)))
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set(xlabel=effect, ylim=(len(rows) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    if logarithmic:
        _ratio_axis(axes, rows)


def _ratio_axis(axes: Canvas, rows: Sequence[Row]) -> None:
    """Ratios by what they multiply; an interval without end does not set the scale."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ends = np.array([end for _, one in rows for end in (one.low, one.value, one.high)])
    ends = ends[np.isfinite(ends) & (ends > 0.01) & (ends < 100)]
    low, high = min([0.8, *ends]), max([1.25, *ends])
    axes.set_xscale("log")
    axes.set_xlim(low / 1.15, high * 1.15)
    usual = _FINE if high / low < 10 else _COARSE
    ticks = [tick for tick in usual if low / 1.15 <= tick <= high * 1.15]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))


def size_of_heat_map(rows: Sequence[str], columns: Sequence[str]) -> tuple[float, float]:
    """Inches."""
    longest = max((len(name) for name in rows), default=0)
    return min(2.2 + 0.075 * longest + 0.46 * len(columns), 11.0), 1.8 + 0.3 * len(rows)


def draw_heat_map(
    canvas: Canvas, rows: Sequence[str], columns: Sequence[str], r: Floats, found: NDArray[np.bool_]
) -> None:
    """Correlations of rows with columns: dark is negative and light positive, the number in each; a frame where it is found."""
    from matplotlib.patches import Rectangle

    axes = canvas.subplots()
    edges = np.arange(len(columns) + 1) - 0.5, np.arange(len(rows) + 1) - 0.5
    # Drawn cell by cell: a picture of so few pixels would be smoothed by some who show it.
    cells = axes.pcolormesh(*edges, np.ma.masked_invalid(r), cmap="cividis", vmin=-1, vmax=1)
    axes.invert_yaxis()
    for (row, column), value in np.ndenumerate(r):
        text = "–" if np.isnan(value) else f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("0.", ".", 1)
        axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color="white" if value < 0.15 else "black")
        if found[row, column]:
            axes.add_patch(Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, fill=False, edgecolor=INK, linewidth=1.5))
            axes.add_patch(
                Rectangle((column - 0.42, row - 0.40), 0.84, 0.80, fill=False, edgecolor="white", linewidth=0.7)
            )
    axes.set_xticks(range(len(columns)), columns, rotation=60, ha="right", rotation_mode="anchor", fontsize=7.5)
    axes.set_yticks(range(len(rows)), rows, fontsize=7.5)
    axes.tick_params(length=0)
    bar = canvas.colorbar(cells, ax=axes, shrink=0.8, pad=0.02, label="correlation")
    bar.solids.set_rasterized(False)
