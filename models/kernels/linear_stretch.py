"""Values of a coarse grid between its voxels, linear along one axis; compiled, or by its twin."""

from __future__ import annotations

from ctypes import c_int64
from math import prod

import numpy as np
from numpy.ctypeslib import ndpointer
from numpy.typing import NDArray

from tilscope.models.kernels import linear_stretch_twin as twin
from tilscope.models.kernels.library import in_parts, kernel

Volume = NDArray[np.float32]

_Volume = ndpointer(np.float32, ndim=3, flags="C")
_Shape = ndpointer(np.int64, shape=(3,), flags="C")
_Places = ndpointer(np.int64, ndim=1, flags="C")
_Weights = ndpointer(np.float64, ndim=1, flags="C")

_stretch = kernel("linear_stretch", _Volume, _Shape, c_int64, _Places, _Weights, c_int64, c_int64, _Volume)


def stretched_along(axis: int, values: Volume, by: int, size: int, first: int = 0) -> Volume:
    """Finer along one axis.

    Parameters
    ----------
    axis : int
        0, 1 or 2.
    values : ndarray of float32, [z, y, x]
        In any unit.
    by : int
        How many fine voxels there are from one coarse voxel to the next, the first at the place of the first.
    size : int
        How many fine voxels are wanted; beyond the last coarse one they take its value.
    first : int, optional
        Which fine voxel is the first that is wanted.

    Returns
    -------
    ndarray of float32, [z, y, x]
        In the same unit, with `size` voxels along the axis.
    """
    if _stretch is None:
        return twin.stretched_along(axis, values, by, size, first)
    stretch, shape = _stretch, values.shape
    # In float32, as the places of a voxel are elsewhere.
    place = np.minimum(np.arange(first, first + size, dtype=np.float32) / by, shape[axis] - 1)
    below = place.astype(np.int64)
    weight = place - below
    around = np.array([prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])], np.int64)
    coarse = np.ascontiguousarray(values, np.float32)
    fine = np.empty((*shape[:axis], size, *shape[axis + 1 :]), np.float32)
    in_parts(
        int(around[0]), fine.size, lambda begin, end: stretch(coarse, around, size, below, weight, begin, end, fine)
    )
    return fine
