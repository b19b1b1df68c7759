"""How well scores tell two classes apart: the area under the ROC curve with DeLong's interval and test, and Youden's cut-off.

DeLong, DeLong and Clarke-Pearson, Biometrics 1988, by the ranks of Sun and Xu, IEEE Signal Processing Letters 2014: exact,
ties count half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tilscope.service.research.statistics.estimate import LEVEL, Estimate

Floats = NDArray[np.float64]
#: True or 1 where the class is present.
Labels = NDArray[Any]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """[cut-off], from the strictest to the laxest: a study whose score is the cut-off or more is called positive."""

    cut_offs: Floats
    """The first is infinite: nothing is called positive."""
    sensitivity: Floats
    specificity: Floats


@dataclass(frozen=True)
class AucTest:
    """Of one AUC against another on the same studies, or on others."""

    difference: Estimate
    z: float
    p: float
    """Two-sided."""


def auc(labels: Labels, scores: Floats) -> float:
    """The part of all pairs of a positive and a negative that are in order; NaN where a class is empty.

    >>> auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    return float(_placements(labels, scores)[0].mean()) if _both(labels) else float("nan")


def auc_with_interval(labels: Labels, scores: Floats, level: float = LEVEL) -> Estimate:
    """DeLong's interval, cut at 0 and 1 as pROC does; without an interval where a class has fewer than two."""
    value = auc(labels, scores)
    reach = float(stats.norm.ppf(0.5 + level / 2)) * np.sqrt(_variance(labels, scores))
    return Estimate(value, _within_bounds(value - reach), _within_bounds(value + reach))


def auc_covariance(labels: Labels, scores: Floats) -> Floats:
    """DeLong's covariance of the AUCs of several scores of the same studies.

    Parameters
    ----------
    labels : array
        [study], true or 1 where the class is present.
    scores : array
        [score, study].

    Returns
    -------
    array
        [score, score].
    """
    of_positive, of_negative = zip(*(_placements(labels, one) for one in scores), strict=True)
    return _covariance(of_positive) + _covariance(of_negative)


def paired_test(labels: Labels, one: Floats, other: Floats, level: float = LEVEL) -> AucTest:
    """Whether two scores of the same studies have the same AUC."""
    covariance = auc_covariance(labels, np.stack([one, other])) if _enough(labels) else np.full((2, 2), np.nan)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return _test(auc(labels, one) - auc(labels, other), float(variance), level)


def unpaired_test(one: tuple[Labels, Floats], other: tuple[Labels, Floats], level: float = LEVEL) -> AucTest:
    """Whether scores of different studies have the same AUC, as in two subgroups; Student's t by Satterthwaite's degrees."""
    variances = np.array([_variance(*one), _variance(*other)])
    degrees = variances.sum() ** 2 / (variances**2 / [len(one[0]) - 1, len(other[0]) - 1]).sum()
    return _test(auc(*one) - auc(*other), float(variances.sum()), level, float(degrees))


def roc_curve(labels: Labels, scores: Floats) -> RocCurve:
    """One point for every value that occurs, ties as one step."""
    positive = np.asarray(labels).astype(bool)
    values = np.unique(scores)[::-1]
    # Of sorted scores, those that are a value or more are those after its first place.
    caught = [np.searchsorted(np.sort(scores[of]), values, side="left") for of in (positive, ~positive)]
    found = 1 - caught[0] / positive.sum()
    false_alarms = 1 - caught[1] / (~positive).sum()
    return RocCurve(
        np.concatenate([[np.inf], values]), np.concatenate([[0.0], found]), 1 - np.concatenate([[0.0], false_alarms])
    )


def youden(labels: Labels, scores: Floats) -> float:
    """The cut-off of greatest sensitivity plus specificity; of equals the strictest. A score that reaches it is positive."""
    curve = roc_curve(labels, scores)
    # Rounded, so that sums that are equal are so whatever the order of the steps.
    best = int(np.argmax(np.round(curve.sensitivity + curve.specificity, 12)[1:]))
    return float(curve.cut_offs[1:][best])


def _placements(labels: Labels, scores: Floats) -> tuple[Floats, Floats]:
    """Of each positive the part of negatives below it, and of each negative the part of positives above it."""
    positive = np.asarray(labels).astype(bool)
    high, low = np.asarray(scores, float)[positive], np.asarray(scores, float)[~positive]
    together = stats.rankdata(np.concatenate([high, low]))
    of_positive = (together[: len(high)] - stats.rankdata(high)) / max(len(low), 1)
    of_negative = 1 - (together[len(high) :] - stats.rankdata(low)) / max(len(high), 1)
    return of_positive, of_negative


def _covariance(placements: tuple[Floats, ...]) -> Floats:
    return np.atleast_2d(np.cov(np.stack(placements))) / len(placements[0])


def _variance(labels: Labels, scores: Floats) -> float:
    return float(auc_covariance(labels, np.asarray(scores)[None])[0, 0]) if _enough(labels) else float("nan")


def _test(difference: float, variance: float, level: float, degrees: float = np.inf) -> AucTest:
    """Without a variance there is nothing to test: equal scores are equal."""
    spread = float(np.sqrt(max(variance, 0.0))) if np.isfinite(variance) else float("nan")
    z = difference / spread if spread > 0 else (0.0 if difference == 0 else float("nan"))
    reach = float(stats.t.ppf(0.5 + level / 2, degrees)) * spread
    p = float(2 * stats.t.sf(abs(z), degrees)) if z else 1.0
    return AucTest(Estimate(difference, difference - reach, difference + reach), z, p)


def _within_bounds(value: float) -> float:
    return float(np.clip(value, 0.0, 1.0))


def _both(labels: Labels) -> bool:
    return 0 < int(np.asarray(labels).astype(bool).sum()) < len(labels)


def _enough(labels: Labels) -> bool:
    return 2 <= int(np.asarray(labels).astype(bool).sum()) <= len(labels) - 2
