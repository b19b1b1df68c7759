"""Fuzzy c-means of one signal: what breast, gland and lesion segmentation share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Voxels per histogram of the signal: the clusters are fitted to the histogram, not to millions of voxels.
BINS = 512
FUZZINESS = 2.0
MOST_ITERATIONS = 200
TOLERANCE = 1e-4


def cluster_centres(signal: NDArray[np.floating], clusters: int) -> NDArray[np.float64]:
    """Fuzzy c-means (Bezdek 1981) of one signal, in rising order; the membership exponent is 2.

    Starts from evenly spaced percentiles, so that equal signals give equal centres.

    Parameters
    ----------
    signal : ndarray, shape (n,)
        In any unit; at least one value.
    clusters : int
        How many.

    Returns
    -------
    ndarray of float64, shape (clusters,)
        In the signal's unit.

    Examples
    --------
    >>> cluster_centres(np.array([1.0, 1.0, 1.0, 9.0, 9.0]), 2).round(1).tolist()
    [1.0, 9.0]
    """
    low, high = np.percentile(signal, [0.1, 99.9])
    counts, edges = np.histogram(np.clip(signal, low, high), bins=BINS)
    values = (edges[1:] + edges[:-1]) / 2
    centres = np.percentile(signal, 100 * (np.arange(clusters) + 0.5) / clusters)
    for _ in range(MOST_ITERATIONS):
        distance = np.maximum(np.abs(values[None, :] - centres[:, None]), 1e-9)
        membership = distance ** (-2 / (FUZZINESS - 1))
        membership /= membership.sum(axis=0)
        weight = counts * membership**FUZZINESS
        moved = (weight * values).sum(axis=1) / weight.sum(axis=1)
        done = np.abs(moved - centres).max() < TOLERANCE * (high - low)
        centres = moved
        if done:
            break
    return np.sort(centres)
