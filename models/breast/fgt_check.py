"""Whether what was found as fibroglandular tissue looks like it: away from the breast's border, in few pieces, and stable.

Skin, muscle and flaring fat lie along the border; noise and failed suppression come in crumbs; where fat and gland hardly
differ, a little more or less of a threshold changes everything. What fails by far is withheld, and with it all that is
measured on the glands or divided by their signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.breast.coarse_grid import Box, Thin
from tilscope.models.breast.depth import box_for_depth, coarse_depth_mm
from tilscope.models.breast.fgt import SMOOTHING_MM
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.voxels import Mask, Volume, box_of, mask_of, values_of, voxel_cc
from tilscope.models.kernels.gaussian import smoothed

#: So near to the breast's border lies skin or muscle, as a rule.
RIM_MM = 3.0

#: A smaller piece is a crumb: a ball of 6 mm.
CRUMB_CC = 0.1

#: Where the border between fat and gland is drawn for comparison, as parts of the way from fat to gland.
LOWER, HIGHER = 0.4, 0.6

#: Beyond these the glands are withheld. The skin, muscle and fold that an earlier version took for gland had 0.2 to 0.5 of
#: their volume at the rim.
MOST_AT_THE_RIM = 0.25
MOST_IN_CRUMBS = 0.4
#: Sparse glands are mostly surface: thin strands that the eye follows change by a third.
LARGEST_CHANGE = 0.45

#: Less tissue than this shows nothing.
FEWEST_VOXELS = 20


@dataclass(frozen=True)
class FgtCheck:
    """What the glands look like; every part is 0 where there are none."""

    at_the_rim: float
    """Part of the glands within `RIM_MM` of the breast's border, but for the edge of the images."""
    pieces: int
    """Connected pieces larger than a crumb."""
    in_crumbs: float
    """Part of the glands in pieces smaller than `CRUMB_CC`."""
    change: float
    """Part by which the volume changes when the border between fat and gland is moved by a tenth of their difference."""

    @property
    def doubt(self) -> str:
        """Why the glands are withheld, as a sentence; '' where they are not."""
        if self.at_the_rim > MOST_AT_THE_RIM:
            return (
                f"{100 * self.at_the_rim:.0f} % of what was found as fibroglandular tissue lies within {RIM_MM:g} mm of the "
                "breast's border, where skin and muscle are: it is withheld"
            )
        if self.in_crumbs > MOST_IN_CRUMBS:
            return (
                f"{100 * self.in_crumbs:.0f} % of what was found as fibroglandular tissue lies in crumbs of less than "
                f"{CRUMB_CC:g} cm3, as noise and uneven suppression make them: it is withheld"
            )
        if self.change > LARGEST_CHANGE:
            return (
                f"fat and gland hardly differ: the volume of fibroglandular tissue changes by {100 * self.change:.0f} % with a "
                "slightly different border between them: it is withheld"
            )
        return ""


_CHECKED: WeakKeyDictionary[Regions, FgtCheck] = WeakKeyDictionary()


def check_fgt(prepared: PreparedSeries, regions: Regions) -> FgtCheck:
    """Look at the glands of a study; asked again about the same regions it answers at once.

    Parameters
    ----------
    prepared : PreparedSeries
        Its even pre-contrast phase shows fat and gland.
    regions : Regions
        On the same grid.

    Returns
    -------
    FgtCheck
        Parts from 0 to 1, and the number of pieces.
    """
    known = _CHECKED.get(regions)
    if known is None:
        known = _CHECKED[regions] = _checked(prepared, regions)
    return known


def _checked(prepared: PreparedSeries, regions: Regions) -> FgtCheck:
    if not mask_of(regions.breast).any():
        return FgtCheck(0.0, 0, 0.0, 0.0)
    here = _Breast.of(prepared, regions.breast)
    gland, breast = mask_of(regions.fgt)[here.box], mask_of(regions.breast)[here.box]
    for lesion in regions.lesions:
        breast &= ~mask_of(lesion.mask)[here.box] | gland
    if gland.sum() < FEWEST_VOXELS:
        return FgtCheck(0.0, 0, 0.0, 0.0)
    labels, _ = ndimage.label(gland)
    sizes = np.bincount(labels.ravel())[1:] * voxel_cc(regions.fgt)
    large = sizes >= CRUMB_CC
    return FgtCheck(
        here.part_at_the_rim(gland),
        int(large.sum()),
        float(sizes[~large].sum() / sizes.sum()),
        _change(here.smooth, gland, breast),
    )


@dataclass(frozen=True, eq=False)
class _Breast:
    """What is the same for all glands that are looked at in one breast, in its box."""

    breast: sitk.Image
    box: Box
    thin: Thin
    depth_mm: Volume
    """On the coarse voxels that `thin` picks."""
    smooth: Volume
    """The even pre-contrast phase."""

    @classmethod
    def of(cls, prepared: PreparedSeries, breast: sitk.Image) -> _Breast:
        """Asked again about the same breast it answers at once: signatures look at glands with and without a lesion's rim."""
        known = _SEEN.get(prepared)
        if known is None or known.breast is not breast:
            z, y, x = breast.GetSpacing()[::-1]
            inside = mask_of(breast)
            box = box_for_depth(box_of(inside), (z, y, x), inside.shape)
            thin, depth = coarse_depth_mm(inside[box], (z, y, x))
            known = _SEEN[prepared] = cls(breast, box, thin, depth, _smooth(prepared)[box].copy())
        return known

    def part_at_the_rim(self, gland: Mask) -> float:
        coarse = gland[self.thin]
        return float((self.depth_mm[coarse] <= RIM_MM).mean()) if coarse.any() else 0.0


_SEEN: WeakKeyDictionary[PreparedSeries, _Breast] = WeakKeyDictionary()


def _smooth(prepared: PreparedSeries) -> Volume:
    even = prepared.corrected.pre
    return smoothed(values_of(even), even.GetSpacing(), SMOOTHING_MM)


def _change(signal: Volume, gland: Mask, breast: Mask) -> float:
    """Half the difference of the volumes with a lower and a higher border, over the volume found."""
    near = ndimage.binary_dilation(gland)
    pure_gland, pure_fat = signal[ndimage.binary_erosion(gland)], signal[breast & ~near]
    if min(pure_gland.size, pure_fat.size) < FEWEST_VOXELS:
        return 0.0
    fat = float(np.median(pure_fat))
    part = (signal - fat) / ((float(np.median(pure_gland)) - fat) or 1e-6)
    lower = int((part[near & breast] > LOWER).sum())
    higher = int((part[gland] > HIGHER).sum())
    return max(0, lower - higher) / 2 / int(gland.sum())
