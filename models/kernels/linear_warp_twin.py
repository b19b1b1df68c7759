"""The same interpolation by scipy, in float64: slower, and equal within `TOLERANCE` of the image's range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Of the range of the image's values.
TOLERANCE = 1e-6


def warped(values: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
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
    at = np.indices(values.shape) + np.moveaxis(vectors[..., ::-1], -1, 0).astype(np.float64)
    size = np.array(values.shape)[:, None, None, None]
    beyond = ~np.logical_and.reduce((at >= -0.5) & (at < size - 0.5), axis=0)
    at = np.where(beyond, np.clip(np.floor(at + 0.5), 0, size - 1), at)
    seen: NDArray[np.float32] = ndimage.map_coordinates(values, at, np.float32, order=1, mode="nearest")
    return seen
