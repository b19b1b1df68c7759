"""Differential expression by the moderated t statistic (Smyth 2004): each gene's variance is drawn towards that of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import digamma, polygamma

#: Of a gene's variance beside the median: one below is taken for that much, as its logarithm must exist.
_LEAST_VARIANCE = 1e-5


@dataclass(frozen=True, eq=False)
class ModeratedT:
    """One value a gene, and what the genes had in common."""

    log_fold_change: NDArray[np.float64]
    t: NDArray[np.float64]
    p: NDArray[np.float64]
    """Two-sided."""
    prior_variance: float
    prior_degrees: float
    """Infinite where the genes' variances differ no more than by chance."""


def moderated_t(values: NDArray[np.float64], design: NDArray[np.float64], coefficient: int) -> ModeratedT:
    """Test one coefficient of a linear model of every gene.

    Parameters
    ----------
    values
        [gene, sample], on a log scale.
    design
        [sample, coefficient], of full rank and with more samples than coefficients.
    coefficient
        Which one is tested: a column of the design.
    """
    fitted = np.linalg.lstsq(design, values.T, rcond=None)[0]
    degrees = design.shape[0] - design.shape[1]
    variance = ((values.T - design @ fitted) ** 2).sum(axis=0) / degrees
    prior_variance, prior_degrees = _prior(variance, degrees)
    if np.isinf(prior_degrees):
        posterior = np.full_like(variance, prior_variance)
    else:
        posterior = (prior_degrees * prior_variance + degrees * variance) / (prior_degrees + degrees)
    unscaled = np.sqrt(np.linalg.inv(design.T @ design)[coefficient, coefficient])
    t = fitted[coefficient] / (np.sqrt(posterior) * unscaled)
    total_degrees = min(degrees + prior_degrees, degrees * len(variance))
    return ModeratedT(fitted[coefficient], t, 2 * stats.t.sf(np.abs(t), total_degrees), prior_variance, prior_degrees)


def _prior(variance: NDArray[np.float64], degrees: int) -> tuple[float, float]:
    """The scaled F distribution that the genes' variances follow, by the moments of their logarithms."""
    positive = np.maximum(variance, _LEAST_VARIANCE * np.median(variance))
    logs = np.log(positive) - digamma(degrees / 2) + np.log(degrees / 2)
    beyond_chance = logs.var(ddof=1) - polygamma(1, degrees / 2)
    if beyond_chance <= 0:
        return float(positive.mean()), np.inf
    prior_degrees = 2 * _inverse_trigamma(float(beyond_chance))
    location = logs.mean() + digamma(prior_degrees / 2) - np.log(prior_degrees / 2)
    return float(np.exp(location)), prior_degrees


def _inverse_trigamma(value: float) -> float:
    """
    >>> round(_inverse_trigamma(float(polygamma(1, 3.7))), 9)
    3.7
    """
    if value > 1e7:
        return float(1 / np.sqrt(value))
    if value < 1e-6:
        return 1 / value
    at = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(polygamma(1, at))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, at))
        at += step
        if -step / at < 1e-8:
            break
    return at
