"""The features of a region, by family: what several are read from is made once, however many ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.features import first_order
from tilscope.models.features.feature_request import DEFAULT_BIN_WIDTH
from tilscope.models.features.first_order import Intensities
from tilscope.models.features.shape import shape_features
from tilscope.models.features.shape.shape_features import Solid
from tilscope.models.features.texture import glcm, gldm, glrlm, glszm, ngtdm
from tilscope.models.features.texture.glcm import Cooccurrence
from tilscope.models.features.texture.grey_levels import GreyLevels
from tilscope.models.features.texture.neighbourhoods import Neighbourhoods
from tilscope.models.features.texture.ngtdm import ToneDifferences
from tilscope.models.features.texture.size_matrix import SizeMatrix
from tilscope.models.imaging.voxels import Mask


@dataclass(frozen=True, eq=False)
class MeasuredRegion:
    """The intensities of a region in its tight box, and every matrix of them from when it is first asked for."""

    values: NDArray[np.float64]
    """[z, y, x]: in any unit."""
    inside: Mask
    """[z, y, x]"""
    spacing: Sequence[float]
    """x, y, z in mm."""
    bin_width: float = DEFAULT_BIN_WIDTH

    @classmethod
    def of(
        cls,
        values: NDArray[np.floating],
        inside: Mask,
        spacing: Sequence[float],
        bin_width: float = DEFAULT_BIN_WIDTH,
    ) -> MeasuredRegion:
        """The region, cut out of a larger array.

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

        Returns
        -------
        MeasuredRegion
            Nothing of it is computed yet.
        """
        (box,) = ndimage.find_objects(inside.astype(np.uint8))
        return cls(values[box].astype(np.float64), inside[box], spacing, bin_width)

    @cached_property
    def solid(self) -> Solid:
        return Solid(self.inside, self.spacing)

    @cached_property
    def grey_levels(self) -> GreyLevels:
        return GreyLevels.of(self.values, self.inside, self.bin_width)

    @cached_property
    def intensities(self) -> Intensities:
        voxel_mm3 = prod(float(side) for side in self.spacing)
        return Intensities(self.values[self.inside], self.grey_levels, voxel_mm3)

    @cached_property
    def cooccurrence(self) -> Cooccurrence:
        return Cooccurrence.of(self.grey_levels)

    @cached_property
    def runs(self) -> SizeMatrix:
        return glrlm.run_lengths(self.grey_levels)

    @cached_property
    def zones(self) -> SizeMatrix:
        return glszm.size_zones(self.grey_levels)

    @cached_property
    def neighbourhoods(self) -> Neighbourhoods:
        return Neighbourhoods.of(self.grey_levels)

    @cached_property
    def dependences(self) -> SizeMatrix:
        return gldm.dependences(self.neighbourhoods)

    @cached_property
    def tones(self) -> ToneDifferences:
        return ToneDifferences.of(self.neighbourhoods)

    def features(self, family: str, names: Iterable[str]) -> dict[str, float]:
        """By pyradiomics' names of the class and of its features, in pyradiomics' units."""
        return {name: _FAMILIES[family][1](self, name) for name in names}


def feature_names(family: str) -> tuple[str, ...]:
    """Every feature of a family, in pyradiomics' order.

    >>> len(feature_names("shape")), len(feature_names("glcm"))
    (14, 24)
    """
    return tuple(_FAMILIES[family][0])


def _of_directions(by_direction: NDArray[np.float64]) -> float:
    """The mean of the directions in which a feature has a value; no number where there is none."""
    known = by_direction[~np.isnan(by_direction)]
    return float(np.mean(known)) if known.size else float("nan")


_FAMILIES: Mapping[str, tuple[Mapping[str, object], Callable[[MeasuredRegion, str], float]]] = {
    "shape": (shape_features.FEATURES, lambda r, name: shape_features.FEATURES[name](r.solid)),
    "firstorder": (first_order.FEATURES, lambda r, name: first_order.FEATURES[name](r.intensities)),
    "glcm": (glcm.FEATURES, lambda r, name: _of_directions(glcm.FEATURES[name](r.cooccurrence))),
    "gldm": (gldm.FEATURES, lambda r, name: _of_directions(gldm.FEATURES[name](r.dependences))),
    "glrlm": (glrlm.FEATURES, lambda r, name: _of_directions(glrlm.FEATURES[name](r.runs))),
    "glszm": (glszm.FEATURES, lambda r, name: _of_directions(glszm.FEATURES[name](r.zones))),
    "ngtdm": (ngtdm.FEATURES, lambda r, name: ngtdm.FEATURES[name](r.tones)),
}
