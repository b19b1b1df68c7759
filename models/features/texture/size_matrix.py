"""What the matrices of runs, zones and dependences have in common: things of a grey level i and of a size j are counted.

The three families have the same formulas under names of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tilscope.models.features.texture.grey_levels import EPSILON

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SizeMatrix:
    """Counts by grey level and size; a feature has a value for each direction."""

    counts: Array
    """[level, size, direction]: whole numbers; a direction for runs is one of 13, zones and dependences have one."""
    greys: Array
    """[level]: whole numbers."""
    sizes: Array
    """[size]: whole numbers, those that occur."""

    @classmethod
    def of(cls, counts: NDArray[np.int64], greys: NDArray[np.int64], sizes: NDArray[np.int64]) -> SizeMatrix:
        """Without directions that hold nothing and without sizes that nothing has.

        Parameters
        ----------
        counts : ndarray of int64, [level, size, direction]
            Whole numbers.
        greys : ndarray of int64, [level]
            Whole numbers.
        sizes : ndarray of int64, [size]
            Whole numbers.

        Returns
        -------
        SizeMatrix
            Of what is left.
        """
        directions = counts.sum(axis=(0, 1)) > 0
        occurring = counts[:, :, directions].sum(axis=(0, 2)) > 0
        # Sizes follow each other most slowly in memory, as in pyradiomics' arrays: sums come to the same bits.
        left = np.ascontiguousarray(counts[:, :, directions][:, occurring].transpose(1, 0, 2), np.float64)
        return cls(left.transpose(1, 0, 2), greys.astype(np.float64), sizes[occurring].astype(np.float64))

    @property
    def i2(self) -> Array:
        """Squares of the greys, for arrays with the axes [level, size, direction]: whole numbers."""
        return (self.greys**2)[:, None, None]

    @property
    def j2(self) -> Array:
        """Squares of the sizes, for arrays with the axes [level, size, direction]: whole numbers."""
        return (self.sizes**2)[None, :, None]

    @cached_property
    def total(self) -> Array:
        """[direction]: whole numbers."""
        total: Array = self.counts.sum(axis=(0, 1))
        return total

    @cached_property
    def by_level(self) -> Array:
        """[level, direction]: whole numbers."""
        by_level: Array = self.counts.sum(axis=1)
        return by_level

    @cached_property
    def by_size(self) -> Array:
        """[size, direction]: whole numbers."""
        by_size: Array = self.counts.sum(axis=0)
        return by_size


Feature = Callable[[SizeMatrix], Array]


def _variance(counts: Array, total: Array, of: Array) -> Array:
    shares = counts / total
    mean = np.sum(shares * of, axis=0, keepdims=True)
    variance: Array = np.sum(shares * (of - mean) ** 2, axis=0)
    return variance


def _entropy(m: SizeMatrix) -> Array:
    p = m.counts / m.total
    entropy: Array = -np.sum(p * np.log2(p + EPSILON), axis=(0, 1))
    return entropy


#: Sums over the matrix and shares of it, by what they say of small and large things, of low and high greys.
FORMULAS: Mapping[str, Feature] = {
    "small": lambda m: np.sum(m.by_size / m.j2[0], axis=0) / m.total,
    "large": lambda m: np.sum(m.by_size * m.j2[0], axis=0) / m.total,
    "low": lambda m: np.sum(m.by_level / m.i2[:, 0], axis=0) / m.total,
    "high": lambda m: np.sum(m.by_level * m.i2[:, 0], axis=0) / m.total,
    "small low": lambda m: np.sum(m.counts / (m.i2 * m.j2), axis=(0, 1)) / m.total,
    "small high": lambda m: np.sum(m.counts * m.i2 / m.j2, axis=(0, 1)) / m.total,
    "large low": lambda m: np.sum(m.counts * m.j2 / m.i2, axis=(0, 1)) / m.total,
    "large high": lambda m: np.sum(m.counts * (m.i2 * m.j2), axis=(0, 1)) / m.total,
    "level non-uniformity": lambda m: np.sum(m.by_level**2, axis=0) / m.total,
    "level non-uniformity normalised": lambda m: np.sum(m.by_level**2, axis=0) / m.total**2,
    "level variance": lambda m: _variance(m.by_level, m.total, m.greys[:, None]),
    "size non-uniformity": lambda m: np.sum(m.by_size**2, axis=0) / m.total,
    "size non-uniformity normalised": lambda m: np.sum(m.by_size**2, axis=0) / m.total**2,
    "size variance": lambda m: _variance(m.by_size, m.total, m.sizes[:, None]),
    "entropy": _entropy,
    "things a voxel": lambda m: m.total / np.sum(m.by_size * m.sizes[:, None], axis=0),
}
