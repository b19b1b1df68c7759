"""What does not enhance: implants and cysts."""

from __future__ import annotations

import numpy as np

from tilscope.phantom.anatomy.breasts import Breast
from tilscope.phantom.anatomy.shapes import Coordinates, ellipsoid
from tilscope.phantom.grid import Vector, Volume
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import smooth_field


def implant_of(breast: Breast) -> tuple[Vector, Vector]:
    """Centre and radii of an implant between gland and muscle."""
    radii = (0.70 * breast.half_width, 0.24 * breast.projection, 0.70 * breast.half_height)
    return breast.point(0.0, 0.16, 0.0), radii


def cyst(spec: PhantomSpec, here: Coordinates, centre: Vector, radius: float) -> Volume:
    """Distance to a nearly round cyst.

    Parameters
    ----------
    spec : PhantomSpec
        Gives the seed.
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].
    centre : tuple of float
        Patient LPS, mm.
    radius : float
        mm.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        mm, negative inside.
    """
    wobble = smooth_field(spec.seed, "cyst walls", 6.0, *here)
    return np.asarray(ellipsoid(here, centre, (radius, radius, radius)) + 0.06 * radius * wobble, dtype=np.float32)
