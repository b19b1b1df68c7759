"""The same by scipy's distance transform: slower, and equal to the last bit but where two places are as near."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Of a distance.
TOLERANCE = 1e-12


def nearest_outside(
    inside: NDArray[np.bool_], spacing: Sequence[float] | NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """The nearest voxel outside a region, for each voxel.

    Parameters
    ----------
    inside : ndarray of bool, [z, y, x]
        The region. Where the array ends it does not end.
    spacing : ndarray of float64, shape (3,), or sequence of float
        mm along z, y and x.

    Returns
    -------
    ndarray of float64, [z, y, x]
        mm to the middle of that voxel: 0 outside, infinite where nothing is outside.
    ndarray of int32, [3, z, y, x]
        Its place along z, y and x; -1 where nothing is outside.
    """
    if inside.all():
        return np.full(inside.shape, np.inf), np.full((3, *inside.shape), -1, np.int32)
    distances, nearest = ndimage.distance_transform_edt(inside, sampling=spacing, return_indices=True)
    return distances, nearest
