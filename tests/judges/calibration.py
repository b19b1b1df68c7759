"""Calibration beside rms's val.prob, and Hosmer-Lemeshow and Wilson's interval beside R itself."""

from __future__ import annotations

from judges import Comparison, recorded, table
from tilscope.service.research.statistics.calibration import (
    brier,
    hosmer_lemeshow,
    intercept_beside_slope,
    intercept_in_the_large,
    slope,
)
from tilscope.service.research.statistics.cut_offs import proportion
from tilscope.service.research.statistics.roc import auc

_EXACT, _FOUND = 1e-9, 1e-6
_COARSE = "val.prob takes it from lrm.fit, which sorts probabilities into steps of 0.0002 before it counts pairs (so sorted, ours are equal too); Hmisc counts them as they are"
_95 = 1.959963984540054


def comparisons() -> list[Comparison]:
    columns, answers = table("calibration.csv"), recorded("calibration")["answers"]
    labels, chances = columns["label"], columns["chance"]
    theirs, large, steep = answers["val_prob"], intercept_in_the_large(labels, chances), slope(labels, chances)
    unseen, fitted = hosmer_lemeshow(labels, chances), hosmer_lemeshow(labels, chances, fitted=True)
    found = [
        Comparison("Brier score", brier(labels, chances), theirs["Brier"], _EXACT, "rms"),
        Comparison("calibration slope", steep.value, theirs["Slope"], _FOUND, "rms"),
        Comparison(
            "intercept beside the slope",
            intercept_beside_slope(labels, chances).value,
            theirs["Intercept"],
            _FOUND,
            "rms",
        ),
        Comparison("C of the probabilities", auc(labels, chances), answers["exact_c"], _EXACT, "Hmisc"),
        Comparison("C of the probabilities", auc(labels, chances), theirs["C (ROC)"], _EXACT, "rms", _COARSE),
        Comparison("calibration in the large", large.value, answers["large"], _FOUND, "stats"),
        Comparison(
            "calibration in the large, standard error",
            (large.high - large.low) / 2 / _95,
            answers["large_error"],
            _FOUND,
            "stats",
        ),
        Comparison(
            "calibration slope, standard error",
            (steep.high - steep.low) / 2 / _95,
            answers["slope_error"],
            _FOUND,
            "stats",
        ),
        Comparison(
            "Hosmer-Lemeshow, chi-squared", unseen.statistic, answers["hosmer_lemeshow"]["statistic"], _FOUND, "stats"
        ),
        Comparison(
            "Hosmer-Lemeshow on unseen studies, P", unseen.p, answers["hosmer_lemeshow"]["unseen"], _EXACT, "stats"
        ),
        Comparison(
            "Hosmer-Lemeshow on the fitted studies, P", fitted.p, answers["hosmer_lemeshow"]["fitted"], _EXACT, "stats"
        ),
    ]
    for (of, among), (low, high) in zip(((0, 12), (7, 31), (40, 41)), answers["wilson"], strict=True):
        ours = proportion(of, among)
        found.append(Comparison(f"{of} of {among}, lower limit (Wilson)", ours.low, low, _EXACT, "stats"))
        found.append(Comparison(f"{of} of {among}, upper limit (Wilson)", ours.high, high, _EXACT, "stats"))
    return found
