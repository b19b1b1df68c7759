"""The regions of the papers, on the grid of a domain. Distances are in millimetres, whatever the voxels.

What lies outside the breast's mask is air, skin or chest wall and belongs to no region around a tumour; neither do other
lesions, nor what is beyond the images. Vessels are cut out where the paper cuts them out: of rings, and not of the stroma.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from tilscope.models.features.domain import Domain
from tilscope.models.features.feature_request import NoValue, Region
from tilscope.models.imaging.voxels import Mask, Volume

#: A region of fewer voxels has no texture: most matrices would hold a handful of pairs.
FEWEST_VOXELS = 16
#: Width of the ring that is measured by itself, and drawn.
RING_MM = 5.0
#: Of Han's ring, inwards and outwards.
NARROW_MM = 2.0


@dataclass(frozen=True, eq=False)
class FeatureRegions:
    """Made once for a domain, each when it is asked for."""

    domain: Domain

    @cached_property
    def tumour(self) -> Mask:
        """The index lesion on the domain's grid, [z, y, x]."""
        return self.domain.mask(self.domain.around.lesion.mask)

    @cached_property
    def outside_mm(self) -> Volume:
        """Distance to the tumour in mm, [z, y, x] on the domain's grid; 0 inside."""
        return self._distance(~self.tumour)

    @cached_property
    def inside_mm(self) -> Volume:
        """Distance to what is not tumour in mm, [z, y, x] on the domain's grid; 0 outside."""
        return self._distance(self.tumour)

    @cached_property
    def tissue(self) -> Mask:
        """The breast without lesions, [z, y, x] on the domain's grid."""
        around = self.domain.around
        allowed = self.domain.mask(around.regions.breast) & ~self.tumour
        for lesion in around.regions.lesions[1:]:
            allowed &= ~self.domain.mask(lesion.mask)
        return allowed

    @cached_property
    def vessels(self) -> Mask:
        """[z, y, x] on the domain's grid."""
        return self.domain.mask(self.domain.around.vessels)

    def vessel_share(self, reach_mm: float) -> float:
        """How much of the tissue around the tumour is vessel.

        Parameters
        ----------
        reach_mm : float
            As far as this outside the tumour.

        Returns
        -------
        float
            0 to 1; 0 where there is no tissue.
        """
        near = self.tissue & (self.outside_mm <= reach_mm)
        return float((near & self.vessels).sum() / near.sum()) if near.any() else 0.0

    def of(self, region: Region) -> Mask | NoValue:
        """The region's voxels, or why there are too few.

        Parameters
        ----------
        region : Region
            The one wanted.

        Returns
        -------
        ndarray of bool, [z, y, x], or NoValue
            On the domain's grid.
        """
        made = _MADE[region](self)
        if made.sum() < FEWEST_VOXELS:
            return NoValue(f"the {region} holds {int(made.sum())} voxels, at least {FEWEST_VOXELS} are needed")
        return made

    def _distance(self, inside: Mask) -> Volume:
        if inside.all():
            return np.full(inside.shape, np.inf, np.float32)
        distance: Volume = ndimage.distance_transform_edt(inside, sampling=self.domain.spacing[::-1])
        return distance


_MADE: dict[Region, Callable[[FeatureRegions], Mask]] = {
    Region.TUMOUR: lambda r: r.tumour,
    Region.RING_5: lambda r: r.tissue & ~r.vessels & (r.outside_mm <= RING_MM),
    Region.RING_2_2: lambda r: np.where(
        r.tumour, r.inside_mm <= NARROW_MM, r.tissue & ~r.vessels & (r.outside_mm <= NARROW_MM)
    ),
    Region.STROMA_20: lambda r: r.tissue & (r.outside_mm <= 20.0),
}
