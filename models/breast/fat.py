"""Whether fat is the dark tissue of the breast, as with fat suppression, or the bright one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.breast.coarse_grid import means_around
from tilscope.models.breast.fuzzy_clusters import cluster_centres
from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kernels.nearest_outside import depth_of

#: Means over about this distance decide it as well, with less noise.
STEP_MM = 3.0

#: What gains most is water: gland, lesion or vessel, of which even a breast of almost only fat has some.
MOST_GAINING_PERCENT = 95.0

#: What gains least is mostly fat, even in a dense breast.
LEAST_GAINING_PERCENT = 33.0

#: The two are compared with each other where they are near (standard deviation): the coil's shading makes more
#: difference between distant places than fat suppression does.
NEAR_MM = 15.0

#: In an image without contrast nothing can be decided (part of the signal).
TELLING_CONTRAST = 0.05

#: What lies so near to the breast's border is fat rather than gland.
RIM_MM = 7.0


def fat_is_dark(pre: Volume, early: Volume, breast: Mask, spacing: NDArray[np.float64]) -> bool:
    """Recognised by contrast, which fat hardly takes up; where nothing takes up any, by fat's lying outside.

    Parameters
    ----------
    pre : ndarray of float32
        The pre-contrast phase, in units of the signal; its axes in any order.
    early : ndarray of float32
        The early phase, along the same axes.
    breast : ndarray of bool
        The breasts, along the same axes.
    spacing : ndarray of float64, shape (3,)
        mm along the arrays' axes, in their order.

    Returns
    -------
    bool
        True for an empty breast.
    """
    if not breast.any():
        return True
    block = np.maximum(1, np.round(STEP_MM / spacing)).astype(int)
    z, y, x = (slice(int(n) // 2, None, int(n)) for n in block)
    thin = z, y, x
    steps = spacing * block
    region = breast[thin]
    before, after = (means_around(values, thin) for values in (pre, early))
    gain = after - before
    least, most = np.percentile(gain[region], [LEAST_GAINING_PERCENT, MOST_GAINING_PERCENT])
    fat, water = region & (gain <= least), region & (gain > most)
    if water.any():
        near = [NEAR_MM / step for step in steps]
        around = ndimage.gaussian_filter(np.where(fat, before, 0), near) / np.maximum(
            ndimage.gaussian_filter(fat.astype(np.float32), near), 1e-6
        )
        contrast = float(np.mean(before[water] - around[water]) / np.mean(before[water] + around[water]))
        if abs(contrast) > TELLING_CONTRAST:
            return contrast > 0
    return _bright_is_inside(before, region, steps)


def _bright_is_inside(signal: Volume, region: Mask, steps: NDArray[np.float64]) -> bool:
    inside = signal[region]
    bright = inside > cluster_centres(inside, 2).mean()
    framed = np.pad(region, 1)
    outside = depth_of(framed, steps)[1:-1, 1:-1, 1:-1][region]
    return bool(bright[outside <= RIM_MM].mean() < bright.mean())
