"""A number of each patient divided into classes: at the cohort's median, at quantiles, or at values given beforehand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def quantile_borders(values: NDArray[np.float64], quantiles: Sequence[float]) -> list[float]:
    """The values at these quantiles of the samples that have one; NaN is none.

    >>> quantile_borders(np.array([1.0, 2.0, 3.0, np.nan]), [0.5])
    [2.0]
    """
    return [float(border) for border in np.nanquantile(values, quantiles)]


def divided(values: NDArray[np.float64], borders: Sequence[float]) -> NDArray[np.int64]:
    """The class of each value: how many borders lie below it. A value on a border is in the lower class; NaN has class -1.

    >>> divided(np.array([1.0, 2.0, 2.5, np.nan]), [2.0]).tolist()
    [0, 0, 1, -1]
    """
    classes = np.searchsorted(np.asarray(borders), values, side="left")
    return np.where(np.isnan(values), -1, classes)
