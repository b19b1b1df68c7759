"""How a feature goes over the phases of a dynamic series: Su 2022's time domain."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tilscope.models.features.feature_request import NoValue

#: Values that differ by less than this part of the greatest are the same but for rounding.
SAME = 1e-12


def mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def variance(values: Sequence[float]) -> float:
    return _moment(values, 2)


def skewness(values: Sequence[float]) -> float:
    """The third central moment over the cube of the standard deviation, biased.

    >>> round(skewness([0, 0, 0, 1]), 4)
    1.1547
    """
    return float(_moment(values, 3) / _moment(values, 2) ** 1.5)


def unbiased(skewness: float, values: int) -> float:
    """The same skewness by the estimator that has no bias in samples of a normal distribution; of three values at least.

    >>> round(unbiased(1.0, 4), 3)
    1.732
    """
    return float(skewness * np.sqrt(values * (values - 1)) / (values - 2))


def kurtosis(values: Sequence[float]) -> float:
    """Biased, 3 for a normal distribution: as pyradiomics has it."""
    return float(_moment(values, 4) / _moment(values, 2) ** 2)


STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Mean": mean,
    "Variance": variance,
    "Skewness": skewness,
    "Kurtosis": kurtosis,
}


def over_phases(statistic: str, values: Sequence[float | NoValue]) -> float | NoValue:
    """One of `STATISTICS` of a feature's values in the phases; none where one of them has no value."""
    numbers: list[float] = []
    for value in values:
        if isinstance(value, NoValue):
            return value
        numbers.append(value)
    if statistic in ("Skewness", "Kurtosis") and np.ptp(numbers) <= SAME * np.abs(numbers).max():
        return NoValue("the feature is the same in every phase")
    return STATISTICS[statistic](numbers)


def _moment(values: Sequence[float], order: int) -> float:
    return float(np.mean((np.asarray(values) - np.mean(values)) ** order))
