"""Features of the grey level size zone matrix (Thibault 2009): how many zones of one grey level and size there are.

A zone's voxels hang together by faces, edges or corners.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilscope.models.features.texture.grey_levels import GreyLevels
from tilscope.models.features.texture.size_matrix import FORMULAS, Feature, SizeMatrix
from tilscope.models.kernels.texture import zones


def size_zones(region: GreyLevels) -> SizeMatrix:
    """The matrix of a region."""
    of_zones, sizes_of_zones = zones(region.levels)
    sizes, columns = np.unique(sizes_of_zones, return_inverse=True)
    counts = np.zeros((region.count, len(sizes)), np.int64)
    np.add.at(counts, (of_zones - 1, columns), 1)
    return SizeMatrix.of(counts[:, :, None], region.greys, sizes)


#: By pyradiomics' names and in its order.
FEATURES: Mapping[str, Feature] = {
    "GrayLevelNonUniformity": FORMULAS["level non-uniformity"],
    "GrayLevelNonUniformityNormalized": FORMULAS["level non-uniformity normalised"],
    "GrayLevelVariance": FORMULAS["level variance"],
    "HighGrayLevelZoneEmphasis": FORMULAS["high"],
    "LargeAreaEmphasis": FORMULAS["large"],
    "LargeAreaHighGrayLevelEmphasis": FORMULAS["large high"],
    "LargeAreaLowGrayLevelEmphasis": FORMULAS["large low"],
    "LowGrayLevelZoneEmphasis": FORMULAS["low"],
    "SizeZoneNonUniformity": FORMULAS["size non-uniformity"],
    "SizeZoneNonUniformityNormalized": FORMULAS["size non-uniformity normalised"],
    "SmallAreaEmphasis": FORMULAS["small"],
    "SmallAreaHighGrayLevelEmphasis": FORMULAS["small high"],
    "SmallAreaLowGrayLevelEmphasis": FORMULAS["small low"],
    "ZoneEntropy": FORMULAS["entropy"],
    "ZonePercentage": FORMULAS["things a voxel"],
    "ZoneVariance": FORMULAS["size variance"],
}
