"""Whether fat is the dark tissue of the breast, as with fat suppression, or the bright one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from models.fuzzy_clusters import cluster_centres
from models.voxels import Mask, Volume

#: A thinned-out grid of about this step answers the question as well.
STEP_MM = 3.0

#: Gain of gland over that of fat that is no chance; below it the place decides.
TELLING_GAIN = 0.05

#: What lies so near to the breast's border is fat rather than gland.
RIM_MM = 7.0


def fat_is_dark(pre: Volume, early: Volume, breast: Mask, spacing: NDArray[np.float64]) -> bool:
    """Told by contrast, which gland takes up and fat hardly does; where gland takes up none, by fat's lying outside.

    Gains are compared by medians, so that vessels in fat do not count, and relative to each tissue's own signal, so that
    a change of the receiver's gain between the phases cannot turn the answer.
    """
    thin = tuple(slice(None, None, max(1, round(STEP_MM / step))) for step in spacing)
    region = breast[thin]
    before, after = pre[thin][region], early[thin][region]
    if before.size == 0:
        return True
    bright = before > cluster_centres(before, 2).mean()
    if bright.all() or not bright.any():
        return True
    difference = _gain(before, after, bright) - _gain(before, after, ~bright)
    if abs(difference) > TELLING_GAIN:
        return difference > 0
    steps = [step * (part.step or 1) for step, part in zip(spacing, thin, strict=True)]
    framed = np.pad(region, 1)
    outside = ndimage.distance_transform_edt(framed, sampling=steps)[1:-1, 1:-1, 1:-1][region]
    rim = outside <= RIM_MM
    return bool(bright[rim].mean() < bright.mean())


def _gain(before: NDArray[np.floating], after: NDArray[np.floating], where: Mask) -> float:
    usual = float(np.median(before[where]))
    return float(np.median(after[where])) / usual if usual > 0 else 1.0
