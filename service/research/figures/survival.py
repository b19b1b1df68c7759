"""Survival: Kaplan-Meier curves with the numbers at risk below them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilscope.service.research.figures.style import Canvas, look
from tilscope.service.research.statistics.survival_curves import SurvivalCurve


def draw_survival(
    canvas: Canvas, curves: Mapping[str, SurvivalCurve], time: str, outcome: str, title: str = ""
) -> None:
    """Intervals as thin lines, a tick where a patient was last seen; below, how many are still followed."""
    from matplotlib.ticker import MaxNLocator

    end = max(float(curve.followed[-1]) for curve in curves.values())
    axes, table = canvas.subplots(2, 1, sharex=True, height_ratios=(6, 0.5 + 0.5 * len(curves)))
    for n, (name, curve) in enumerate(curves.items()):
        style = look(n)
        axes.step(
            curve.times, curve.survival, where="post", color=style.colour, linestyle=style.line,
            label=f"{name}: {curve.events} of {len(curve.followed)} with an event",
        )  # fmt: skip
        for limit in (curve.low, curve.high):
            axes.step(curve.times, limit, where="post", color=style.colour, linestyle=style.line, linewidth=0.5)
        axes.plot(curve.censored, curve.at(curve.censored), "|", color=style.colour, markersize=5, markeredgewidth=0.8)
    axes.set(ylim=(-0.02, 1.03), xlim=(-0.02 * end, 1.03 * end), ylabel=outcome)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_title(title)
    # Whatever the course of the curves, there is room above them.
    canvas.legend(handles=axes.get_legend_handles_labels()[0], loc="outside upper center", ncols=min(len(curves), 2))
    ticks = np.array([tick for tick in axes.get_xticks() if 0 <= tick <= end])
    for n, curve in enumerate(curves.values()):
        for tick, count in zip(ticks, curve.at_risk(ticks), strict=True):
            table.text(tick, n, str(count), ha="center", va="center", fontsize=7.5)
    table.set_yticks(range(len(curves)), list(curves), fontsize=7.5)
    table.set(ylim=(len(curves) - 0.4, -0.6), xlabel=time)
    table.set_title("at risk", loc="left", fontsize=7.5)
    table.tick_params(axis="y", length=0)
    for side in ("left", "bottom"):
        table.spines[side].set_visible(False)
