"""A diffuse tumour: the part of a breast's gland that it has taken, growing from a place in it along the lobules."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from tilscope.phantom.anatomy.breasts import MUSCLE_DEPTH, Breast, torso_distance
from tilscope.phantom.anatomy.gland import gland
from tilscope.phantom.anatomy.shapes import Coordinates
from tilscope.phantom.body_traits import DiffuseTumour
from tilscope.phantom.grid import PhantomGrid, SlicePlane, Volume
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator, smooth_field

#: The border is measured on a grid of this spacing, whatever the images' is: one patient is the same on all of them.
_STEP_MM = 4.0
#: Width of the tumour's border, in units of its level.
_BORDER = 0.12


def taken(spec: PhantomSpec, tumour: DiffuseTumour, breast: Breast, here: Coordinates) -> Volume:
    """The part of each voxel's gland that the tumour has taken.

    Parameters
    ----------
    spec : PhantomSpec
        Gives the seed and the gland.
    tumour : DiffuseTumour
        How much of the gland it has.
    breast : Breast
        The one it lies in.
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].

    Returns
    -------
    ndarray of float32, [slice, row, column]
        0 to 1.
    """
    above = _level(spec, breast, here) - np.float32(_border(spec, tumour, breast))
    part: Volume = np.clip(0.5 + above / np.float32(_BORDER), 0, 1)
    return part


@lru_cache(maxsize=16)
def _border(spec: PhantomSpec, tumour: DiffuseTumour, breast: Breast) -> float:
    """The level above which its share of the breast's gland lies."""
    size = [int(2 * reach / _STEP_MM) for reach in breast.reach]
    grid = PhantomGrid.centred(SlicePlane.AXIAL, (size[0], size[1], size[2]), (_STEP_MM,) * 3, breast.middle)
    here = grid.coordinates()
    in_breast = (breast.distance(here) < -spec.body.thickest_skin_mm) & (torso_distance(here) > -MUSCLE_DEPTH)
    glandular = in_breast & (gland(spec, breast, here) > 0.5)
    if not glandular.any():
        return float("inf")
    return float(np.quantile(_level(spec, breast, here)[glandular], 1 - tumour.gland_share))


def _level(spec: PhantomSpec, breast: Breast, here: Coordinates) -> Volume:
    """High where the tumour began, falling away from there unevenly."""
    random = generator(spec.seed, f"diffuse tumour {breast.side.word}")
    centre = breast.point(*random.uniform((-0.3, 0.3, -0.3), (0.3, 0.6, 0.3)))
    away = sum(
        ((line - np.float32(c)) / np.float32(breast.half_width)) ** 2 for line, c in zip(here, centre, strict=True)
    )
    uneven = smooth_field(spec.seed, f"diffuse tumour {breast.side.word}", 14.0, *here)
    return np.asarray(0.30 * uneven - np.sqrt(away), dtype=np.float32)
