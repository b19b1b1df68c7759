"""What changes slowly is computed on every n-th voxel, and is linear between them."""

from __future__ import annotations

import numpy as np

from tilscope.models.imaging.voxels import Volume

Spacing = tuple[float, float, float]
Thin = tuple[slice, slice, slice]


def coarse_voxels(spacing: Spacing, about_mm: float) -> tuple[Thin, Spacing]:
    """What picks a coarse grid out of an array.

    Parameters
    ----------
    spacing : tuple of float
        mm along the array's axes.
    about_mm : float
        The coarse voxel that is wanted; axes that are coarser already stay.

    Returns
    -------
    tuple
        An index for the array, and the mm between the voxels that it picks.
    """
    a, b, c = (max(1, int(about_mm / step + 0.5)) for step in spacing)
    thin = (slice(None, None, a), slice(None, None, b), slice(None, None, c))
    return thin, (a * spacing[0], b * spacing[1], c * spacing[2])


def stretched(coarse: Volume, thin: Thin, shape: tuple[int, ...]) -> Volume:
    """Values of a coarse grid on the whole one, linear between its voxels.

    Parameters
    ----------
    coarse : ndarray of float32, [z, y, x] or along the patient's axes
        In any unit.
    thin : tuple of slice
        Of `coarse_voxels`.
    shape : tuple of int
        Of the whole array.

    Returns
    -------
    ndarray of float32, [z, y, x] or along the patient's axes
        In the same unit, on the whole grid.
    """
    values = coarse
    for axis, (part, size) in enumerate(zip(thin, shape, strict=True)):
        values = _along(values, axis, part.step, size)
    return values


def _along(values: Volume, axis: int, by: int, size: int) -> Volume:
    if by == 1:
        return values
    place = np.minimum(np.arange(size, dtype=np.float32) / by, values.shape[axis] - 1)
    low = place.astype(int)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    shape = [1, 1, 1]
    shape[axis] = size
    weight = (place - low).reshape(shape)
    between: Volume = (np.take(values, low, axis) * (1 - weight) + np.take(values, high, axis) * weight).astype(
        np.float32
    )
    return between
