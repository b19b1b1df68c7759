"""How well readers agree on each of many quantities: named rows with intervals, or a curve for each set of too many to name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tilscope.service.research.figures.style import INK, PALE, QUIET, Canvas, look
from tilscope.service.research.statistics.estimate import Estimate

_CORRELATION = "intraclass correlation, with its 95 % interval"


@dataclass(frozen=True)
class AgreementRow:
    name: str
    estimate: Estimate
    usable: bool


def height_of_agreement(rows: int) -> float:
    """Inches."""
    return 1.0 + 0.17 * rows


def draw_agreement(canvas: Canvas, rows: Sequence[AgreementRow], threshold: float) -> None:
    """One line a quantity, the best on top; dots may be used, crosses not."""
    axes = canvas.subplots()
    ordered = sorted(rows, key=lambda row: row.estimate.value)
    for n, row in enumerate(ordered):
        colour = look(0).colour if row.usable else QUIET
        axes.plot([row.estimate.low, row.estimate.high], [n, n], color=colour, linewidth=1.2)
        axes.plot([row.estimate.value], [n], "o" if row.usable else "x", color=colour, markersize=4)
    axes.axvline(threshold, color=INK, linewidth=0.9, linestyle=(0, (3, 2)))
    axes.set_yticks(range(len(ordered)), [row.name for row in ordered], fontsize=7)
    least = min((row.estimate.low for row in ordered), default=0.0)
    axes.set(
        xlabel=f"{_CORRELATION}; dots may be used, crosses not",
        xlim=(max(-1.0, min(0.0, least - 0.02)), 1.02),
        ylim=(-1, len(ordered)),
    )


def draw_agreement_curves(canvas: Canvas, sets: Mapping[str, Sequence[Estimate]], threshold: float) -> None:
    """Of each set how much of it agrees how well: its quantities from the best to the worst, and their intervals as a band."""
    axes = canvas.subplots()
    for n, (name, estimates) in enumerate(sets.items()):
        ordered = sorted(estimates, key=lambda one: -one.value)
        share = 100 * (np.arange(len(ordered)) + 0.5) / len(ordered)
        low, high = np.array([(one.low, one.high) for one in ordered]).T
        axes.fill_between(share, low, high, color=PALE, alpha=0.6, linewidth=0)
        style = look(n)
        axes.plot(
            share,
            [one.value for one in ordered],
            color=style.colour,
            linestyle=style.line,
            label=f"{name}, {len(ordered)}",
        )
    axes.axhline(threshold, color=INK, linewidth=0.9, linestyle=(0, (3, 2)))
    axes.set(xlabel="quantities of the set, the best first, in percent", ylabel=_CORRELATION, xlim=(0, 100))
    axes.set_ylim(max(-1.0, min(0.0, axes.get_ylim()[0])), 1.02)
    axes.legend(loc="lower left")
