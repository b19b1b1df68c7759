"""Features of the grey level run length matrix (Galloway 1975, doi 10.1016/S0146-664X(75)80008-6).

How many runs of one grey level and length there are in each of 13 directions: a feature is the mean of the directions' values.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tilscope.models.features.texture.grey_levels import GreyLevels
from tilscope.models.features.texture.size_matrix import FORMULAS, Feature, SizeMatrix
from tilscope.models.kernels.texture import runs
from tilscope.models.kernels.texture_twin import DIRECTIONS, Direction


def run_lengths(region: GreyLevels) -> SizeMatrix:
    """The matrix of a region.

    A direction in which no line through the region holds two voxels of it says nothing, and is left out.
    """
    found = runs(region.levels, region.count)
    for of_direction, direction in zip(found, DIRECTIONS, strict=True):
        if not of_direction[:, 1:].any() and not _shares_a_line(region.levels, direction):
            of_direction[:] = 0
    lengths = np.arange(1, found.shape[2] + 1)
    return SizeMatrix.of(found.transpose(1, 2, 0), region.greys, lengths)


def _shares_a_line(levels: NDArray[np.int32], direction: Direction) -> bool:
    """Whether any two voxels lie behind each other, with or without others between them."""
    places = np.argwhere(levels)
    axis = next(axis for axis, step in enumerate(direction) if step)
    # Moved along the direction until they lie in one plane.
    starts = places - places[:, axis, None] * np.array(direction)
    return len(np.unique(starts, axis=0)) < len(places)


#: By pyradiomics' names and in its order.
FEATURES: Mapping[str, Feature] = {
    "GrayLevelNonUniformity": FORMULAS["level non-uniformity"],
    "GrayLevelNonUniformityNormalized": FORMULAS["level non-uniformity normalised"],
    "GrayLevelVariance": FORMULAS["level variance"],
    "HighGrayLevelRunEmphasis": FORMULAS["high"],
    "LongRunEmphasis": FORMULAS["large"],
    "LongRunHighGrayLevelEmphasis": FORMULAS["large high"],
    "LongRunLowGrayLevelEmphasis": FORMULAS["large low"],
    "LowGrayLevelRunEmphasis": FORMULAS["low"],
    "RunEntropy": FORMULAS["entropy"],
    "RunLengthNonUniformity": FORMULAS["size non-uniformity"],
    "RunLengthNonUniformityNormalized": FORMULAS["size non-uniformity normalised"],
    "RunPercentage": FORMULAS["things a voxel"],
    "RunVariance": FORMULAS["size variance"],
    "ShortRunEmphasis": FORMULAS["small"],
    "ShortRunHighGrayLevelEmphasis": FORMULAS["small high"],
    "ShortRunLowGrayLevelEmphasis": FORMULAS["small low"],
}
