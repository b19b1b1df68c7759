"""Intensities in bins of one width: what every matrix, and the histogram of first order, is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Mask

#: Added to a probability whose logarithm is taken and to a product of two that is divided by, in every family.
EPSILON = float(np.spacing(1.0))


@dataclass(frozen=True, eq=False)
class GreyLevels:
    """The grey levels of a region, made once for all families."""

    levels: NDArray[np.int32]
    """[z, y, x]: whole numbers, 0 outside the region, else 1 for the lowest grey level that occurs, 2 for the next."""
    greys: NDArray[np.int64]
    """[level]: whole numbers, the bins of the levels, counted from 1 on with those that are empty."""
    voxels: NDArray[np.int64]
    """[level]: whole numbers, how many voxels each has."""

    @classmethod
    def of(cls, values: NDArray[np.float64], inside: Mask, bin_width: float) -> GreyLevels:
        """Bins that begin at multiples of their width, each with its lower border and without its upper one.

        Parameters
        ----------
        values : ndarray of float64, [z, y, x]
            In any unit.
        inside : ndarray of bool, [z, y, x]
            The region, which is not empty.
        bin_width : float
            In the unit of the values.

        Returns
        -------
        GreyLevels
            Of an array of the same shape.
        """
        of_region = values[inside]
        lowest = of_region.min()
        # Summed up as pyradiomics has them: where a width is no binary fraction, a border decides by its last bit.
        borders = np.arange(lowest - lowest % bin_width, of_region.max() + 2 * bin_width, bin_width)
        bins = np.searchsorted(borders, of_region, side="right")
        voxels = np.bincount(bins)
        greys = np.flatnonzero(voxels)
        numbers = np.zeros(len(voxels), np.int32)
        numbers[greys] = np.arange(1, len(greys) + 1)
        levels = np.zeros(inside.shape, np.int32)
        levels[inside] = numbers[bins]
        return cls(levels, greys, voxels[greys])

    @property
    def count(self) -> int:
        return len(self.greys)
