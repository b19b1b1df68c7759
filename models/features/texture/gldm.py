"""Features of the grey level dependence matrix (Sun and Wee 1983, doi 10.1016/0734-189X(83)90032-4).

How many voxels of a grey level depend on so many voxels: on themselves, and on each neighbour of the same level.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tilscope.models.features.texture.neighbourhoods import Neighbourhoods
from tilscope.models.features.texture.size_matrix import FORMULAS, Feature, SizeMatrix


def dependences(around: Neighbourhoods) -> SizeMatrix:
    """The matrix of a region."""
    return SizeMatrix.of(around.alike[:, :, None], around.region.greys, np.arange(1, around.alike.shape[1] + 1))


#: By pyradiomics' names and in its order.
FEATURES: Mapping[str, Feature] = {
    "DependenceEntropy": FORMULAS["entropy"],
    "DependenceNonUniformity": FORMULAS["size non-uniformity"],
    "DependenceNonUniformityNormalized": FORMULAS["size non-uniformity normalised"],
    "DependenceVariance": FORMULAS["size variance"],
    "GrayLevelNonUniformity": FORMULAS["level non-uniformity"],
    "GrayLevelVariance": FORMULAS["level variance"],
    "HighGrayLevelEmphasis": FORMULAS["high"],
    "LargeDependenceEmphasis": FORMULAS["large"],
    "LargeDependenceHighGrayLevelEmphasis": FORMULAS["large high"],
    "LargeDependenceLowGrayLevelEmphasis": FORMULAS["large low"],
    "LowGrayLevelEmphasis": FORMULAS["low"],
    "SmallDependenceEmphasis": FORMULAS["small"],
    "SmallDependenceHighGrayLevelEmphasis": FORMULAS["small high"],
    "SmallDependenceLowGrayLevelEmphasis": FORMULAS["small low"],
}
