"""What of many tests may be called a finding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def benjamini_hochberg(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The false discovery rate at which each would just be found (Benjamini and Hochberg 1995), in the same shape.

    A test that could not be made (NaN) counts for nothing and stays NaN.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan])).round(3).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    p = np.asarray(p, float)
    made = np.flatnonzero(np.isfinite(p.ravel()))
    rates = np.full(p.size, np.nan)
    order = made[np.argsort(p.ravel()[made])[::-1]]
    ranks = np.arange(len(order), 0, -1)
    rates[order] = np.minimum(np.minimum.accumulate(p.ravel()[order] * len(order) / ranks), 1.0)
    return rates.reshape(p.shape)
