"""What a cut-off does: the four counts, and every rate made of them with Wilson's interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tilscope.service.research.statistics.estimate import LEVEL, Estimate


@dataclass(frozen=True)
class Confusion:
    """A score that reaches the cut-off is called positive."""

    cut_off: float
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def sensitivity(self) -> Estimate:
        return proportion(self.true_positive, self.true_positive + self.false_negative)

    @property
    def specificity(self) -> Estimate:
        return proportion(self.true_negative, self.true_negative + self.false_positive)

    @property
    def accuracy(self) -> Estimate:
        right = self.true_positive + self.true_negative
        return proportion(right, right + self.false_positive + self.false_negative)

    @property
    def ppv(self) -> Estimate:
        return proportion(self.true_positive, self.true_positive + self.false_positive)

    @property
    def npv(self) -> Estimate:
        return proportion(self.true_negative, self.true_negative + self.false_negative)

    @property
    def rates(self) -> dict[str, Estimate]:
        return {
            "sensitivity": self.sensitivity,
            "specificity": self.specificity,
            "accuracy": self.accuracy,
            "positive predictive value": self.ppv,
            "negative predictive value": self.npv,
        }


def confusion(labels: NDArray[Any], scores: NDArray[np.float64], cut_off: float) -> Confusion:
    """
    >>> confusion(np.array([1, 1, 0, 0]), np.array([0.9, 0.2, 0.5, 0.1]), 0.5)
    Confusion(cut_off=0.5, true_positive=1, false_positive=1, false_negative=1, true_negative=1)
    """
    positive, called = np.asarray(labels).astype(bool), np.asarray(scores) >= cut_off
    return Confusion(
        cut_off,
        int((positive & called).sum()),
        int((~positive & called).sum()),
        int((positive & ~called).sum()),
        int((~positive & ~called).sum()),
    )


def proportion(of: int, among: int, level: float = LEVEL) -> Estimate:
    """With Wilson's interval, which holds its word for few studies and at 0 and 1; NaN of none."""
    if among == 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    interval = stats.binomtest(of, among).proportion_ci(level, method="wilson")
    return Estimate(of / among, float(interval.low), float(interval.high))
