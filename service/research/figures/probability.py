"""Figures of what probabilities are worth: the calibration curve and the decision curve."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.figures.style import INK, PALE, QUIET, Canvas, look
from tilscope.service.research.statistics.calibration import CalibrationGroups, DecisionCurve

Floats = NDArray[np.float64]


def draw_calibration(canvas: Canvas, groups: CalibrationGroups, smooth: tuple[Floats, Floats], chances: Floats) -> None:
    """Observed over predicted, in groups with their intervals and smoothed; below it where the predictions lie."""
    axes, below = canvas.subplots(2, 1, sharex=True, height_ratios=(5, 1))
    style = look(0)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, label="as predicted")
    axes.plot(*smooth, color=look(1).colour, linestyle=look(1).line, label="smoothed")
    values = np.array([one.value for one in groups.observed])
    reach = np.array([(one.value - one.low, one.high - one.value) for one in groups.observed]).T
    axes.errorbar(
        groups.predicted, values, yerr=np.maximum(reach, 0), fmt=style.marker, color=style.colour,
        markersize=5, elinewidth=0.9, capsize=2, label=f"groups of about {np.median(groups.studies):.0f} studies",
    )  # fmt: skip
    axes.set(ylabel="observed", ylim=(-0.03, 1.03), xlim=(-0.02, 1.02))
    axes.legend(loc="upper left")
    below.hist(chances, bins=np.linspace(0, 1, 31), color=PALE, edgecolor=INK, linewidth=0.5)
    below.set(xlabel="predicted probability", ylabel="studies")


def draw_decisions(canvas: Canvas, curves: Mapping[str, DecisionCurve]) -> None:
    """Net benefit over the threshold; what lies below calling everybody or nobody is worth nothing."""
    axes = canvas.subplots()
    first = next(iter(curves.values()))
    for n, (name, curve) in enumerate(curves.items()):
        axes.plot(curve.thresholds, curve.model, color=look(n).colour, linestyle=look(n).line, label=name)
    axes.plot(first.thresholds, first.everybody, color=QUIET, linewidth=0.9, label="everybody is called positive")
    axes.axhline(0, color=INK, linewidth=0.9, linestyle=(0, (1, 2)), label="nobody is")
    top = max(float(curve.model.max()) for curve in curves.values())
    axes.set(xlabel="threshold probability", ylabel="net benefit (true positives a study)", xlim=(0, 1))
    axes.set_ylim(-0.25 * max(top, 0.1), 1.1 * max(top, 0.1))
    axes.legend(loc="upper right")
