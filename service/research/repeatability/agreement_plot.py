"""A figure of all features' agreement with its intervals: vector, and readable in grey."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from tilscope.models.refusals import BadInput
from tilscope.service.research.repeatability.repeatable import FeatureAgreement, Rule
from tilscope.service.research.statistics.estimate import Estimate

SUFFIXES = (".pdf", ".svg")
#: Beyond so many, names would lie on each other, and each feature is a point of its set's curve instead.
MOST_NAMED = 60
_USABLE, _NOT = "black", "0.55"


def check_plot_name(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise BadInput("unusable-plot", path=path, suffixes=" or ".join(SUFFIXES))


def draw_agreement(path: Path, found: Sequence[FeatureAgreement], rule: Rule, about: str) -> None:
    """Named rows with intervals where features are few, else the features of each set in the order of their agreement."""
    import matplotlib as mpl  # slow to import, and the research extra's
    from matplotlib.figure import Figure

    there = [(one, rule.form.of(one.agreement)) for one in found if one.agreement is not None]
    named = len(there) <= MOST_NAMED
    with mpl.rc_context({"font.size": 8, "pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "tilscope"}):
        figure = Figure(figsize=(6.5, max(2.5, 0.9 + 0.17 * len(there)) if named else 4.5), layout="constrained")
        axes = figure.add_subplot()
        (_rows if named else _curves)(axes, there)
        line = axes.axvline if named else axes.axhline
        line(rule.threshold, color="black", linewidth=0.8, linestyle="--")
        axes.set_title(f"{rule.words}\n{about}", fontsize=8, loc="left")
        # Without the moment of drawing: equal studies give equal files.
        figure.savefig(path, metadata={"CreationDate" if path.suffix == ".pdf" else "Date": None})


def _rows(axes: Any, there: Sequence[tuple[FeatureAgreement, Estimate]]) -> None:
    ordered = sorted(there, key=lambda pair: pair[1].value)
    for row, (one, estimate) in enumerate(ordered):
        shade = _USABLE if one.usable else _NOT
        axes.plot([estimate.low, estimate.high], [row, row], color=shade, linewidth=1.2)
        axes.plot(estimate.value, row, "o" if one.usable else "x", color=shade, markersize=4)
    axes.set_yticks(range(len(ordered)), [one.feature for one, _ in ordered])
    axes.set_ylim(-1, len(ordered))
    axes.set_xlim(min(0.0, *(max(-1.0, e.low) for _, e in ordered), 0.0), 1.02)
    axes.set_xlabel("intraclass correlation with its 95 % interval; dots may be used, crosses not")


def _curves(axes: Any, there: Sequence[tuple[FeatureAgreement, Estimate]]) -> None:
    styles = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
    by_set = sorted(there, key=lambda pair: pair[0].feature.partition("/")[0])
    for number, (name, members) in enumerate(groupby(by_set, lambda pair: pair[0].feature.partition("/")[0])):
        estimates = sorted((estimate for _, estimate in members), key=lambda one: -one.value)
        share = 100 * (np.arange(len(estimates)) + 1) / len(estimates)
        low, high = np.array([(one.low, one.high) for one in estimates]).T
        axes.fill_between(share, low, high, color="0.85", linewidth=0)
        axes.plot(
            share,
            [one.value for one in estimates],
            color="black",
            linestyle=styles[number % 5],
            label=f"{name}, {len(estimates)}",
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), 1.02)
    axes.set_xlabel("features, the best first, in percent of the set")
    axes.set_ylabel("intraclass correlation, and 95 % intervals")
    axes.legend(frameon=False)
