"""First-order features: what the intensities of a region are, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tilscope.models.features.texture.grey_levels import EPSILON, GreyLevels

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Intensities:
    """The values of a region, and what several features read from them."""

    values: Array
    """[voxel]: in any unit, in the order of the voxels."""
    grey_levels: GreyLevels
    voxel_mm3: float

    @cached_property
    def p(self) -> Array:
        """[level]: 0 to 1, the share of the voxels in each bin that holds any."""
        return self.grey_levels.voxels / float(self.grey_levels.voxels.sum())

    @cached_property
    def mean(self) -> float:
        return float(np.mean(self.values))

    @cached_property
    def percentiles(self) -> Mapping[int, float]:
        found = np.percentile(self.values, (10, 25, 75, 90))
        return dict(zip((10, 25, 75, 90), map(float, found), strict=True))

    @cached_property
    def energy(self) -> float:
        return float(np.sum(self.values**2))

    def moment(self, order: int) -> float:
        """The central moment of this order."""
        return float(np.mean(np.power(self.values - self.mean, order)))


def _mean_absolute_deviation(values: Array) -> float:
    return float(np.mean(np.abs(values - np.mean(values))))


def _robust(x: Intensities) -> Array:
    """From the 10th to the 90th percentile."""
    return x.values[(x.values - x.percentiles[10] >= 0) & (x.values - x.percentiles[90] <= 0)]


def _standardised(x: Intensities, order: int) -> float:
    """0 where all values are one."""
    variance = x.moment(2)
    return x.moment(order) / variance ** (order / 2) if variance else 0.0


Feature = Callable[[Intensities], float]

#: By pyradiomics' names and in its order. Kurtosis is 3 for a Gaussian.
FEATURES: Mapping[str, Feature] = {
    "10Percentile": lambda x: x.percentiles[10],
    "90Percentile": lambda x: x.percentiles[90],
    "Energy": lambda x: x.energy,
    "Entropy": lambda x: float(-np.sum(x.p * np.log2(x.p + EPSILON))),
    "InterquartileRange": lambda x: x.percentiles[75] - x.percentiles[25],
    "Kurtosis": lambda x: _standardised(x, 4),
    "Maximum": lambda x: float(x.values.max()),
    "MeanAbsoluteDeviation": lambda x: _mean_absolute_deviation(x.values),
    "Mean": lambda x: x.mean,
    "Median": lambda x: float(np.median(x.values)),
    "Minimum": lambda x: float(x.values.min()),
    "Range": lambda x: float(x.values.max() - x.values.min()),
    "RobustMeanAbsoluteDeviation": lambda x: _mean_absolute_deviation(_robust(x)),
    "RootMeanSquared": lambda x: float(np.sqrt(x.energy / len(x.values))),
    "Skewness": lambda x: _standardised(x, 3),
    "TotalEnergy": lambda x: x.energy * x.voxel_mm3,
    "Uniformity": lambda x: float(np.sum(x.p**2)),
    "Variance": lambda x: float(np.std(x.values) ** 2),
}
