"""Fibroglandular tissue: a cone behind the nipple, torn into lobules by fat; Cooper's ligaments run through it."""

from __future__ import annotations

import numpy as np

from tilscope.phantom.anatomy.breasts import Breast
from tilscope.phantom.anatomy.shapes import Coordinates
from tilscope.phantom.grid import Volume
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import smooth_field


def gland(spec: PhantomSpec, breast: Breast, here: Coordinates) -> Volume:
    """How much of each voxel is gland, before skin, muscle and findings take their share.

    Parameters
    ----------
    spec : PhantomSpec
        Seed and density.
    breast : Breast
        The one it lies in.
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].

    Returns
    -------
    ndarray of float32, [slice, row, column]
        0 to 1.
    """
    x, y, z = here
    forward = (breast.base_y - y) / breast.projection
    across = (x - breast.centre_x - breast.sign * (10.0 * forward + 5.0)) / breast.half_width
    up = (z - breast.centre_z + 6.0 * forward - 4.0) / breast.half_height
    # Widest a third of the way forward, narrowing towards the nipple.
    reach = 0.88 - 0.50 * np.clip(forward - 0.35, 0, 1)
    cone = 1 - np.sqrt((across**2 + up**2) / reach**2 + ((forward - 0.50) / 0.52) ** 2)
    name = breast.side.word
    lobules = smooth_field(spec.seed, f"lobules {name}", 17.0, *here)
    fine = smooth_field(spec.seed, f"fine lobules {name}", 8.0, *here)
    strands = smooth_field(spec.seed, f"strands {name}", 5.0, *here)
    amount = cone + 0.20 * lobules + 0.18 * fine + 0.08 * strands + 0.75 * (spec.density - 0.85)
    # A ligament is where a field crosses zero: thin curved sheets.
    sheets = smooth_field(spec.seed, f"ligaments {name}", 15.0, *here)
    ligaments = np.clip(1 - np.abs(sheets) / 0.10, 0, 1) * np.clip(cone + 0.45, 0, 0.35)
    return np.asarray(np.maximum(np.clip(0.5 + 3.0 * amount, 0, 1), ligaments), dtype=np.float32)


def active(spec: PhantomSpec, here: Coordinates) -> Volume:
    """The part of the gland that takes up contrast: patches.

    Parameters
    ----------
    spec : PhantomSpec
        Gives the seed.
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].

    Returns
    -------
    ndarray of float32, [slice, row, column]
        0 to 1.
    """
    patches: Volume = 1 / (1 + np.exp(-3.0 * (smooth_field(spec.seed, "active gland", 14.0, *here) - 0.2)))
    return patches
