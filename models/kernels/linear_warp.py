"""Linear interpolation of a volume at the displaced places of its own voxels; compiled, or by its twin."""

from __future__ import annotations

from ctypes import c_int64

import numpy as np
from numpy.ctypeslib import ndpointer
from numpy.typing import NDArray

from tilscope.models.kernels import linear_warp_twin as twin
from tilscope.models.kernels.library import in_parts, kernel

Volume = NDArray[np.float32]

_Volume = ndpointer(np.float32, ndim=3, flags="C")
_Vectors = ndpointer(np.float32, ndim=4, flags="C")
_Shape = ndpointer(np.int64, shape=(3,), flags="C")

_warp = kernel("linear_warp", _Volume, _Shape, _Vectors, c_int64, c_int64, _Volume)


def warped(values: Volume, vectors: NDArray[np.float32]) -> Volume:
    """What lies at the displaced place of each voxel.

    Parameters
    ----------
    values : ndarray of float32, [z, y, x]
        In any unit.
    vectors : ndarray of float32, [z, y, x, 3]
        Displacements along x, y and z, whose unit is the voxel.

    Returns
    -------
    ndarray of float32, [z, y, x]
        In the same unit; what would come from beyond the image is its nearest voxel.
    """
    if vectors.shape != (*values.shape, 3):
        raise ValueError(f"vectors of shape {vectors.shape} for {values.shape} voxels")
    if _warp is None:
        return twin.warped(values, vectors)
    warp, seen, shape = _warp, np.empty(values.shape, np.float32), np.array(values.shape, np.int64)
    image, shift = np.ascontiguousarray(values, np.float32), np.ascontiguousarray(vectors, np.float32)
    in_parts(values.shape[0], values.size, lambda first, end: warp(image, shape, shift, first, end, seen))
    return seen
