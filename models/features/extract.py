"""The features of a region by whoever computes them: TILscope itself, or pyradiomics, whose values are the same.

Which one is a setting (`PipelineSettings.extractor`). It is no part of the settings hash: what differs between the two is the
order of some sums, the tests hold every feature to one part in a thousand million.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tilscope.models.features.feature_request import DEFAULT_BIN_WIDTH
from tilscope.models.features.measured_region import MeasuredRegion
from tilscope.models.imaging.voxels import Mask
from tilscope.models.settings import Extractor


class FeaturesOfRegion(Protocol):
    """A region of which features can be had."""

    def features(self, family: str, names: Iterable[str]) -> dict[str, float]:
        """By pyradiomics' names of the class and of its features, in pyradiomics' units."""


def region_of(
    values: NDArray[np.floating],
    inside: Mask,
    spacing: Sequence[float],
    bin_width: float = DEFAULT_BIN_WIDTH,
    extractor: Extractor = "tilscope",
) -> FeaturesOfRegion:
    """The voxels `inside`, to be measured.

    Parameters
    ----------
    values : ndarray, [z, y, x]
        In any unit.
    inside : ndarray of bool, [z, y, x]
        Not empty.
    spacing : sequence of float
        x, y, z in mm.
    bin_width : float
        In the unit of the values.
    extractor : str
        'tilscope' or 'pyradiomics'.

    Returns
    -------
    FeaturesOfRegion
        Nothing of it is computed yet.
    """
    if extractor == "pyradiomics":
        # It is not there unless somebody installed it, and takes half a second to import.
        from tilscope.models.features.stock_region import StockRegion

        return StockRegion.of(values, inside, spacing, binWidth=bin_width)
    return MeasuredRegion.of(values, inside, spacing, bin_width)


def extract(
    values: NDArray[np.floating],
    inside: Mask,
    spacing: Sequence[float],
    wanted: Mapping[str, Sequence[str]],
    bin_width: float = DEFAULT_BIN_WIDTH,
    extractor: Extractor = "tilscope",
) -> dict[str, float]:
    """The wanted features of the voxels `inside`.

    Parameters
    ----------
    values : ndarray, [z, y, x]
        In any unit.
    inside : ndarray of bool, [z, y, x]
        Not empty.
    spacing : sequence of float
        x, y, z in mm.
    wanted : mapping of str to sequence of str
        Features by family: `{"glcm": ["Correlation"]}`.
    bin_width : float
        In the unit of the values.
    extractor : str
        'tilscope' or 'pyradiomics'.

    Returns
    -------
    dict of str to float
        By family and feature: `{"glcm_Correlation": ...}`, in pyradiomics' units.

    Examples
    --------
    >>> ball = np.ones((9, 9, 9), np.float32)
    >>> extract(ball, ball > 0, (1, 1, 1), {"shape": ["VoxelVolume"]})
    {'shape_VoxelVolume': 729.0}
    """
    region = region_of(values, inside, spacing, bin_width, extractor)
    return {
        f"{family}_{name}": value
        for family, names in wanted.items()
        for name, value in region.features(family, names).items()
    }
