"""The same by numpy: slower, and equal to the last bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stretched_along(axis: int, values: NDArray[np.float32], by: int, size: int, first: int = 0) -> NDArray[np.float32]:
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
    place = np.minimum(np.arange(first, first + size, dtype=np.float32) / by, values.shape[axis] - 1)
    low = place.astype(int)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    shape = [1, 1, 1]
    shape[axis] = size
    weight = (place - low).reshape(shape)
    between: NDArray[np.float32] = (
        np.take(values, low, axis) * (1 - weight) + np.take(values, high, axis) * weight
    ).astype(np.float32)
    return between
