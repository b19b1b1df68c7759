"""Correlations and false discovery rates beside R itself."""

from __future__ import annotations

import numpy as np

from judges import Comparison, recorded, table
from tilscope.service.research.statistics.correlation import correlation
from tilscope.service.research.statistics.multiple_tests import benjamini_hochberg

_EXACT = 1e-9


def comparisons() -> list[Comparison]:
    columns, answers = table("correlation.csv"), recorded("correlation")["answers"]
    pearson = correlation(columns["one"], columns["two"])
    spearman = correlation(columns["one"], columns["two"], "spearman")
    rows = [
        ("Pearson's r", pearson.r.value, answers["pearson"]["r"]),
        ("Pearson's r, lower limit", pearson.r.low, answers["pearson"]["low"]),
        ("Pearson's r, upper limit", pearson.r.high, answers["pearson"]["high"]),
        ("Pearson's r, P", pearson.p, answers["pearson"]["p"]),
        ("Spearman's r", spearman.r.value, answers["spearman"]["r"]),
        ("Spearman's r, P", spearman.p, answers["spearman"]["p"]),
    ]
    rates = benjamini_hochberg(np.array(answers["bh"]["p"]))
    for pair, ours, theirs in zip(answers["bh"]["pairs"], rates, answers["bh"]["rates"], strict=True):
        rows.append((f"Benjamini-Hochberg's rate of {pair}", float(ours), theirs))
    return [Comparison(statistic, ours, theirs, _EXACT, "stats") for statistic, ours, theirs in rows]
