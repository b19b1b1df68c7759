"""Whether a probability means what it says: intercept and slope, Hosmer-Lemeshow, Brier, the curve; and what deciding by it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from tilscope.service.research.statistics.chi_square import ChiSquareTest
from tilscope.service.research.statistics.cut_offs import proportion
from tilscope.service.research.statistics.estimate import Estimate
from tilscope.service.research.statistics.logistic import fit_logistic

Floats = NDArray[np.float64]
#: A probability of 0 or 1 has no logit.
_CLOSEST = 1e-6
GROUPS = 10


@dataclass(frozen=True, eq=False)
class CalibrationGroups:
    """[group], from the lowest probabilities to the highest."""

    predicted: Floats
    """Mean of the probabilities."""
    observed: tuple[Estimate, ...]
    """Part of positives, with Wilson's interval."""
    studies: NDArray[np.int_]
    positives: NDArray[np.int_]
    expected: Floats
    """Sum of the probabilities."""


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """[threshold]: net benefit, in true positives a study (Vickers and Elkin 2006)."""

    thresholds: Floats
    model: Floats
    everybody: Floats
    """Of calling everybody positive; nobody is 0."""


def intercept_in_the_large(labels: NDArray[Any], chances: Floats) -> Estimate:
    """0 where as many are positive as were expected; above it, more."""
    return fit_logistic(np.empty((len(labels), 0)), labels, _logit(chances)).estimate(0)


def slope(labels: NDArray[Any], chances: Floats) -> Estimate:
    """1 where the probabilities spread as they should; below it, they are too extreme, as of a model that was overfitted."""
    return fit_logistic(_logit(chances)[:, None], labels).estimate(1)


def intercept_beside_slope(labels: NDArray[Any], chances: Floats) -> Estimate:
    """The other coefficient of the regression that gives the slope, as val.prob prints it."""
    return fit_logistic(_logit(chances)[:, None], labels).estimate(0)


def brier(labels: NDArray[Any], chances: Floats) -> float:
    """Mean squared difference of probability and outcome.

    >>> brier(np.array([1, 0]), np.array([0.5, 0.5]))
    0.25
    """
    return float(((np.asarray(chances) - np.asarray(labels, float)) ** 2).mean())


def calibration_groups(labels: NDArray[Any], chances: Floats, groups: int = GROUPS) -> CalibrationGroups:
    """Groups of about equal size by quantiles of the probability; fewer where many are equal."""
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, groups + 1)))
    # As R's cut with its lowest included: a value at an edge belongs below it.
    which = np.clip(np.searchsorted(edges, chances, side="left") - 1, 0, max(len(edges) - 2, 0))
    there = np.bincount(which) > 0
    studies = np.bincount(which)[there]
    positives = np.bincount(which, np.asarray(labels, float))[there].astype(int)
    expected = np.bincount(which, chances)[there].astype(float)
    observed = tuple(proportion(int(of), int(among)) for of, among in zip(positives, studies, strict=True))
    return CalibrationGroups(expected / studies, observed, studies, positives, expected)


def hosmer_lemeshow(labels: NDArray[Any], chances: Floats, groups: int = GROUPS, fitted: bool = False) -> ChiSquareTest:
    """Whether the groups hold as many positives as expected.

    A model that was fitted on the very studies has two degrees fewer than groups; on studies that it has not seen, as many.
    """
    of = calibration_groups(labels, chances, groups)
    negatives, unexpected = of.studies - of.positives, of.studies - of.expected
    difference = of.positives - of.expected
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.nansum(difference**2 / of.expected + (negatives - unexpected) ** 2 / unexpected)
    degrees = len(of.studies) - (2 if fitted else 0)
    return (
        ChiSquareTest.of(float(statistic), degrees)
        if degrees > 0
        else ChiSquareTest(float("nan"), degrees, float("nan"))
    )


def smooth_curve(labels: NDArray[Any], chances: Floats, points: int = 60) -> tuple[Floats, Floats]:
    """Observed part over predicted probability, smoothed by a local line with tricube weights over two thirds of the studies."""
    chances, labels = np.asarray(chances, float), np.asarray(labels, float)
    low, high = np.quantile(chances, [0.01, 0.99])
    places = np.linspace(low, high, points)
    reach = max(int(np.ceil(len(chances) * 2 / 3)), 3)
    return places, np.clip([_local_line(chances, labels, place, reach) for place in places], 0.0, 1.0)


def decision_curve(labels: NDArray[Any], chances: Floats, thresholds: Floats) -> DecisionCurve:
    """A false positive weighs the odds of the threshold."""
    positive = np.asarray(labels).astype(bool)
    called = np.asarray(chances) >= thresholds[:, None]
    odds = thresholds / (1 - thresholds)
    model = (called & positive).mean(axis=1) - odds * (called & ~positive).mean(axis=1)
    return DecisionCurve(thresholds, model, positive.mean() - odds * (~positive).mean())


def _local_line(x: Floats, y: Floats, place: float, reach: int) -> float:
    distance = np.abs(x - place)
    furthest = np.partition(distance, reach - 1)[reach - 1]
    weights = np.clip(1 - (distance / max(furthest * 1.000001, 1e-12)) ** 3, 0, None) ** 3
    mean_x, mean_y = np.average(x, weights=weights), np.average(y, weights=weights)
    spread = (weights * (x - mean_x) ** 2).sum()
    inclination = (weights * (x - mean_x) * (y - mean_y)).sum() / spread if spread > 0 else 0.0
    return float(mean_y + inclination * (place - mean_x))


def _logit(chances: Floats) -> Floats:
    logits: Floats = logit(np.clip(chances, _CLOSEST, 1 - _CLOSEST))
    return logits
