"""Suppressed fat that flares up beneath the skin, near the coil's elements or where suppression fails.

A coil's sensitivity falls inwards, and so does the flare: fat is nowhere brighter than the fat before it. Gland is: before
it lies fat. So in each patch of the skin, fat's signal is followed inwards as the lowest that was met on the way. Where
no fat is met within two centimetres, as before a dense breast's gland, the patch says nothing and takes its neighbours'.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tilscope.models.breast.depth import STEP_MM, Depth, filled
from tilscope.models.breast.water import Tissues
from tilscope.models.imaging.voxels import Volume

#: Less than this, on the way from fat to gland, sparse glands show as well.
LEAST_FLARE = 0.1

#: Flare is over by this depth: what is still bright there is gland.
FLARE_MM = 20.0

#: ... bright being more than this part of the way from fat to gland.
STILL_BRIGHT = 0.3

#: Patches of which fewer voxels are seen at a depth show nothing there.
FEWEST_VOXELS = 3.0


def flaring_fat(water: Volume, depth: Depth, around: Tissues) -> Tissues:
    """Fat and water with the flare in both: what shines on fat shines on gland.

    Parameters
    ----------
    water : ndarray of float32, [z, y, x] or along the patient's axes
        The part of each voxel that is water, a ratio, by fat and water away from the skin; of images with suppressed fat.
    depth : Depth
        In the breast, without its skin: on the same voxels.
    around : Tissues
        Fat and water away from the skin, on the same voxels.

    Returns
    -------
    Tissues
        In the same unit.
    """
    means, counts = depth.profiles(water[depth.thin])
    seen = counts >= FEWEST_VOXELS
    lowest = np.minimum.accumulate(np.where(seen, means, np.inf), axis=3)
    bottom = lowest[..., int(FLARE_MM / STEP_MM)]
    known = seen.any(axis=3) & np.isfinite(bottom) & (bottom < STILL_BRIGHT)
    of_patch = np.where(known[..., None] & np.isfinite(lowest), lowest, np.nan)[..., : int(FLARE_MM / STEP_MM)]
    flare = depth.fine(np.clip(depth.at_each_voxel(filled(of_patch, 0.0)) - LEAST_FLARE, 0, None))
    rise = 1 + flare * (around.water - around.fat) / np.maximum(around.fat, 1e-6)
    fat, water = ((one * rise).astype(np.float32) for one in (around.fat, around.water))
    return replace(around, fat=fat, water=water)
