"""What each grey level has around it: one look at the 26 neighbours of every voxel serves two matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.models.features.texture.grey_levels import GreyLevels
from tilscope.models.kernels.texture import neighbours


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """Of the voxels of each level."""

    region: GreyLevels
    alike: NDArray[np.int64]
    """[level, number]: whole numbers, how many voxels have so many neighbours of their own level."""
    differences: NDArray[np.float64]
    """[level]: in units of bins, the sum of its voxels' distances from the mean grey around them."""

    @classmethod
    def of(cls, region: GreyLevels) -> Neighbourhoods:
        return cls(region, *neighbours(region.levels, region.greys))
