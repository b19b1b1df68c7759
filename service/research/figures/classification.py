"""Figures of how scores tell classes apart: ROC curves, confusion matrices, box and waterfall plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.figures.style import INK, QUIET, Canvas, look
from tilscope.service.research.statistics.cut_offs import Confusion
from tilscope.service.research.statistics.estimate import Estimate
from tilscope.service.research.statistics.roc import RocCurve

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NamedCurve:
    name: str
    curve: RocCurve
    auc: Estimate


def draw_roc(canvas: Canvas, curves: Sequence[NamedCurve]) -> None:
    """Sensitivity over 1 - specificity; the AUC with its interval in the legend."""
    axes = canvas.subplots()
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8)
    for n, one in enumerate(curves):
        style = look(n)
        label = f"{one.name}: AUC {one.auc.value:.2f} ({one.auc.low:.2f} to {one.auc.high:.2f})"
        axes.plot(
            1 - one.curve.specificity, one.curve.sensitivity, color=style.colour, linestyle=style.line, label=label
        )
    axes.set(xlabel="1 - specificity", ylabel="sensitivity", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    # Below the curve of any score worth drawing there is room.
    canvas.legend(loc="outside lower center")


def draw_confusion(canvas: Canvas, found: Confusion, classes: tuple[str, str], title: str) -> None:
    """Positive and negative class; what is known in rows, what the score says in columns."""
    positive, negative = classes
    counts = np.array(
        [[found.true_positive, found.false_negative], [found.false_positive, found.true_negative]], dtype=float
    )
    of_row = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes = canvas.subplots()
    axes.pcolormesh([-0.5, 0.5, 1.5], [-0.5, 0.5, 1.5], of_row, cmap="Greys", vmin=0, vmax=1.6)
    axes.invert_yaxis()
    for (row, column), count in np.ndenumerate(counts):
        axes.text(column, row, f"{count:.0f}\n{100 * of_row[row, column]:.0f} %", ha="center", va="center", color=INK)
    axes.set_xticks([0, 1], [f"called {positive}", f"called {negative}"])
    axes.set_yticks([0, 1], [f"is {positive}", f"is {negative}"], rotation=90, va="center")
    axes.tick_params(length=0)
    axes.set_title(title, fontsize=8)


def draw_boxes(canvas: Canvas, groups: Mapping[str, Floats], score: str) -> None:
    """Quartiles, whiskers to 1.5 of their distance, and every study."""
    axes = canvas.subplots()
    random = np.random.default_rng(1)
    for n, (_name, values) in enumerate(groups.items()):
        style = look(n)
        box = axes.boxplot([values], positions=[n], widths=0.55, showfliers=False, patch_artist=True)
        for patch in box["boxes"]:
            patch.set(facecolor="white", edgecolor=style.colour, hatch=style.hatch, alpha=0.75)
        for line in (*box["medians"], *box["whiskers"], *box["caps"]):
            line.set(color=style.colour)
        for line in box["medians"]:
            line.set(linewidth=2.4)
        axes.plot(
            n + random.uniform(-0.16, 0.16, len(values)), values, style.marker,
            markersize=3, color=INK, markerfacecolor="white", markeredgewidth=0.6,
        )  # fmt: skip
    axes.set_xticks(range(len(groups)), [f"{name}\n(n = {len(values)})" for name, values in groups.items()])
    axes.set_ylabel(score)


def draw_waterfall(
    canvas: Canvas, scores: Floats, positive: NDArray[np.bool_], classes: tuple[str, str], cut_off: float, score: str
) -> None:
    """Every study's distance from the cut-off, in order: what stands on the wrong side was called wrongly."""
    axes = canvas.subplots()
    order = np.argsort(scores, kind="stable")
    distance, known = scores[order] - cut_off, positive[order]
    for n, (name, of) in enumerate(zip(classes, (known, ~known), strict=True)):
        style = look(n)
        # Of many studies a hatch would hide the bars.
        fill = {"color": style.colour} if n == 0 else {"color": "white", "edgecolor": style.colour, "linewidth": 0.7}
        axes.bar(np.flatnonzero(of), distance[of], width=0.86, label=f"{name} (n = {of.sum()})", **fill)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set(xlabel="studies, by score", ylabel=f"{score}, from the cut-off {cut_off:.3g}", xticks=[])
    axes.legend(loc="upper left")
