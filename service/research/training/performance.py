"""How well probabilities tell two classes apart, with an interval from patients drawn anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from tilscope.service.research.statistics.bootstrap import interval_of_auc


@dataclass(frozen=True)
class Performance:
    """On studies of patients that the forest had not seen: every study was left out once in each repeat."""

    auc: float
    interval: tuple[float, float]
    """95 %, from patients drawn anew with replacement within each class."""
    threshold: float
    """Greatest sensitivity plus specificity (Youden)."""
    sensitivity: float
    specificity: float


def performance(
    labels: NDArray[np.int_], probabilities: NDArray[np.float64], patients: NDArray[np.str_], seed: int
) -> Performance:
    """Of probabilities that were given without knowing the labels."""
    low, high = interval_of_auc(labels, probabilities, patients, seed)
    false_alarms, found, thresholds = roc_curve(labels, probabilities)
    best = int(np.argmax(found - false_alarms))
    return Performance(
        auc=float(roc_auc_score(labels, probabilities)),
        interval=(low, high),
        # A threshold of 0 or 1 would separate no classes.
        threshold=float(np.clip(thresholds[best], 0.01, 0.99)),
        sensitivity=float(found[best]),
        specificity=float(1 - false_alarms[best]),
    )
