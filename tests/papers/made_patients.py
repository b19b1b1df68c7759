"""Patients made so that they have what a paper prints of its own, for our statistics to say what else must then hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import bisect

from tilscope.service.research.statistics.cut_offs import Confusion, confusion
from tilscope.service.research.statistics.roc import auc, auc_with_interval

Numbers = NDArray[np.float64]


def with_correlations(matrix: Sequence[Sequence[float]], patients: int) -> Numbers:
    """[patient, column]: mean 0, SD 1, and exactly these correlations."""
    drawn = np.random.default_rng(1).normal(size=(patients, len(matrix)))
    apart, _ = np.linalg.qr(drawn - drawn.mean(axis=0))
    made: Numbers = apart @ np.linalg.cholesky(np.array(matrix)).T * np.sqrt(patients - 1)
    return made


def counted(sensitivity: float, specificity: float, positive: int, negative: int) -> Confusion:
    """Of as many patients as come nearest to these two, called by a score."""
    found, cleared = round(sensitivity * positive), round(specificity * negative)
    labels = np.repeat([1, 0], [positive, negative])
    scores = np.repeat([1.0, 0.0, 1.0, 0.0], [found, positive - found, negative - cleared, cleared])
    return confusion(labels, scores, 0.5)


def divisions(patients: int, sensitivity: str, specificity: str) -> list[tuple[int, int]]:
    """Into how many positive and negative patients they may be divided, so that both can be what is printed."""
    return [
        (n, patients - n)
        for n in range(1, patients)
        if can_be(sensitivity, n) and can_be(specificity, patients - n)
    ]  # fmt: skip


def can_be(share: str, among: int) -> bool:
    """Whether a whole number of so many patients rounds to it.

    >>> can_be("0.89", 9), can_be("0.89", 23)
    (True, False)
    """
    digits = len(share.partition(".")[2])
    return f"{nearest_share(float(share), among):.{digits}f}" == share


def nearest_share(share: float, among: int) -> float:
    return round(share * among) / among


def reach_below(printed: float, positive: int, negative: int) -> float:
    """How far DeLong's interval goes down from this AUC, of so many patients whose scores are normal in either class."""
    high, low = (stats.norm.ppf((np.arange(n) + 0.5) / n) for n in (positive, negative))
    labels = np.repeat([1, 0], [positive, negative])
    apart = bisect(lambda shift: auc(labels, np.concatenate([high + shift, low])) - printed, -1, 6, xtol=1e-6)
    found = auc_with_interval(labels, np.concatenate([high + apart, low]))
    return found.value - found.low
