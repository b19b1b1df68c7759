"""Fibroglandular tissue: the glands against the fat, by fuzzy c-means on the pre-contrast signal (as Wu 2018, Methods)."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from tilscope.models.breast.fat import fat_is_dark
from tilscope.models.breast.fuzzy_clusters import cluster_centres
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.voxels import Mask, Volume, image_of, mask_of, values_of

#: The border between fat and gland settles within so many steps.
REFINEMENTS = 3

#: A tissue of which less than this part of the breast is pure shows nothing about its signal.
LEAST_PURE = 0.005


def find_fgt(prepared: PreparedSeries) -> sitk.Image:
    """Fibroglandular tissue inside the breast, lesions not yet taken out.

    Two clusters; which of them is gland cannot be decided by brightness, since fat is the darker one with fat suppression and
    the brighter one without: `models.breast.fat` decides which.

    Parameters
    ----------
    prepared : PreparedSeries
        The clusters are those of its even pre-contrast phase.

    Returns
    -------
    SimpleITK.Image
        uint8, 0 and 1, on the grid of the series.
    """
    breast = mask_of(prepared.breast)
    # A little smoothing within the slice's plane keeps speckle from being called gland.
    smooth = sitk.SmoothingRecursiveGaussian(prepared.corrected.pre, _sigma_mm(prepared.corrected.pre))
    signal = values_of(smooth)[breast]
    bright = signal > _border(values_of(smooth), breast)
    pre, early = values_of(prepared.series.pre), values_of(prepared.series.early)
    dark = fat_is_dark(pre, early, breast, np.array(prepared.breast.GetSpacing()[::-1]))
    gland = bright if dark else ~bright
    found: Mask = np.zeros(breast.shape, bool)
    found[breast] = gland
    return image_of(found, prepared.breast)


def _border(signal: Volume, breast: Mask) -> float:
    """Half-way between pure fat and pure gland: there a voxel of the border holds as much of one as of the other.

    The clusters' own centres lie nearer to each other where glands are sparse, since much of a thin strand is border.
    Pure is what lies inside a cluster, not at its surface.
    """
    border = float(cluster_centres(signal[breast], 2).mean())
    for _ in range(REFINEMENTS):
        bright = (signal > border) & breast
        pure = [signal[ndimage.binary_erosion(part)] for part in (bright, breast & ~bright)]
        if min(len(part) for part in pure) < LEAST_PURE * breast.sum():
            return border
        border = float(np.mean([np.median(part) for part in pure]))
    return border


def _sigma_mm(grid: sitk.Image) -> float:
    return float(min(grid.GetSpacing()))
