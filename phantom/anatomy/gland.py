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
    if spec.body.fibres:
        return _streaked(spec, name, cone, amount, here)
    return np.asarray(np.maximum(np.clip(0.5 + 3.0 * amount, 0, 1), ligaments), dtype=np.float32)


def _streaked(spec: PhantomSpec, name: str, cone: Volume, amount: Volume, here: Coordinates) -> Volume:
    """Gland as real images show it: lobules with sharp borders that fat parts, thin sheets of fibrous tissue in the fat,
    both running towards the nipple."""
    x, y, z = here
    # A lattice that is stretched from front to back.
    coarse = smooth_field(spec.seed, f"coarse fibres {name}", 10.0, x, y * np.float32(0.35), z)
    fine = smooth_field(spec.seed, f"fine fibres {name}", 5.0, x, y * np.float32(0.45), z)
    sheets = np.maximum(np.clip(1.3 - np.abs(coarse) / 0.12, 0, 1), np.clip(1.1 - np.abs(fine) / 0.14, 0, 0.7))
    fibres = spec.body.fibres * sheets * np.clip(cone + 0.9, 0, 1)
    parted = amount - spec.body.fibres * (0.22 + 0.22 * coarse + 0.20 * fine)
    found: Volume = np.maximum(np.clip(0.5 + 6.0 * parted, 0, 1), fibres)
    return found.astype(np.float32)


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
    if spec.body.patches:
        lobules = 1 / (1 + np.exp(-5.0 * (_patchiness(spec.seed, here) - 0.1)))
        patches += np.float32(spec.body.patches) * (lobules - patches)
    return patches


def vivid(spec: PhantomSpec, here: Coordinates) -> Volume:
    """The part of the active gland that enhances more than the rest.

    Parameters
    ----------
    spec : PhantomSpec
        Gives the seed, and how patchy the gland is.
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].

    Returns
    -------
    ndarray of float32, [slice, row, column]
        0 to 1.
    """
    part: Volume = np.float32(spec.body.patches) * np.clip(1.6 * (_patchiness(spec.seed, here) - 0.6), 0, 1)
    return part


def _patchiness(seed: int, here: Coordinates) -> Volume:
    """Large patches that are alike in both breasts, as hormones make them, and small ones that are not."""
    x, y, z = here
    both = smooth_field(seed, "patchy gland", 20.0, np.abs(x), y, z)
    patchiness: Volume = 0.8 * both + 0.5 * smooth_field(seed, "fine patches of gland", 8.0, *here)
    return patchiness
