"""Groups of patients by k-means on scores of cells, as Han 2024: hot is the group with more cells, by the silhouette two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Phenotypes:
    """Groups are counted from 0, by rising mean of the scores over all cells: the last is the hottest."""

    group: NDArray[np.int64]
    """[sample]."""
    silhouette: float
    """Of these groups, over all samples."""
    silhouette_by_count: dict[int, float]
    """For other numbers of groups."""


def phenotypes(scores: NDArray[np.float64], count: int = 2, seed: int = 1, most: int = 6) -> Phenotypes:
    """Group samples by k-means.

    Parameters
    ----------
    scores
        [sample, cell]; more samples than groups.
    count
        Of groups; at least two.
    most
        The silhouette is told for two up to so many groups, as far as there are samples.
    """
    from sklearn.metrics import silhouette_score

    scaled = scaled_by_sample(scores)
    counts = sorted({count, *range(2, min(most, len(scores) - 1) + 1)})
    groups = {k: _grouped(scaled, k, seed) for k in counts}
    silhouettes = {k: float(silhouette_score(scaled, of)) for k, of in groups.items()}
    means = [scores[groups[count] == n].mean() for n in range(count)]
    place = np.argsort(np.argsort(means))
    return Phenotypes(place[groups[count]], silhouettes[count], silhouettes)


def scaled_by_sample(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each sample's cells [sample, cell] with mean 0 and SD 1: what is grouped is which cells prevail ("we scaled each sample").

    >>> scaled_by_sample(np.array([[1.0, 2.0, 3.0]])).tolist()
    [[-1.0, 0.0, 1.0]]
    """
    centred = scores - scores.mean(axis=1, keepdims=True)
    scaled: NDArray[np.float64] = centred / scores.std(axis=1, ddof=1, keepdims=True)
    return scaled


def _grouped(scaled: NDArray[np.float64], count: int, seed: int) -> NDArray[np.int64]:
    from sklearn.cluster import KMeans

    groups: NDArray[np.int64] = KMeans(count, n_init=10, random_state=seed).fit_predict(scaled)
    return groups
