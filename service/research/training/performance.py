"""How well probabilities tell two classes apart, with an interval from patients drawn anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

_DRAWS = 2000


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
    low, high = _interval(labels, probabilities, patients, seed)
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


def _interval(
    labels: NDArray[np.int_], probabilities: NDArray[np.float64], patients: NDArray[np.str_], seed: int
) -> tuple[float, float]:
    """The AUC is the part of all pairs of a positive and a negative study that are in order; ties count half."""
    positive, negative = probabilities[labels == 1][:, None], probabilities[labels == 0]
    in_order = (positive > negative) + 0.5 * (positive == negative)
    times = times_resampled(labels, patients, seed)
    of_positive, of_negative = times[:, labels == 1], times[:, labels == 0]
    pairs = of_positive.sum(axis=1) * of_negative.sum(axis=1)
    resampled = (of_positive @ in_order * of_negative).sum(axis=1) / pairs
    low, high = np.percentile(resampled, [2.5, 97.5])
    return float(low), float(high)


def times_resampled(labels: NDArray[np.int_], patients: NDArray[np.str_], seed: int) -> NDArray[np.int_]:
    """[draw, study]. A patient is resampled with all her studies; those with studies of both classes are a class of their own."""
    random = np.random.default_rng(seed)
    names, whose = np.unique(patients, return_inverse=True)
    positive = np.bincount(whose, labels == 1) > 0
    negative = np.bincount(whose, labels == 0) > 0
    times = np.zeros((_DRAWS, len(names)), int)
    for members in (positive & ~negative, negative & ~positive, positive & negative):
        if n := int(members.sum()):
            times[:, members] = random.multinomial(n, np.full(n, 1 / n), _DRAWS)
    return times[:, whose]
