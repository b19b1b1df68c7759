"""What changes slowly is computed on every n-th voxel, and is linear between them."""

from __future__ import annotations

import numpy as np

from tilscope.models.imaging.voxels import Volume
from tilscope.models.kernels.linear_stretch import stretched_along

Spacing = tuple[float, float, float]
Thin = tuple[slice, slice, slice]
Box = tuple[slice, slice, slice]


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


def from_voxel_to_voxel(thin: Thin, box: Box, shape: tuple[int, ...]) -> Box:
    """A box that begins and ends at coarse voxels, or where the array does: the coarse grid of the box is part of the array's.

    Parameters
    ----------
    thin : tuple of slice
        Of `coarse_voxels`.
    box : tuple of slice
        The part of an array that is wanted at least.
    shape : tuple of int
        Of the array.

    Returns
    -------
    tuple of slice
        With one coarse voxel more on every side.
    """
    z, y, x = (
        slice(
            max(0, (s.start // part.step - 1) * part.step), min(n, (-(-(s.stop - 1) // part.step) + 1) * part.step + 1)
        )
        for part, s, n in zip(thin, box, shape, strict=True)
    )
    return z, y, x


def means_around(values: Volume, thin: Thin) -> Volume:
    """Means over blocks as large as a coarse voxel, around each voxel of a coarse grid.

    Parameters
    ----------
    values : ndarray of float32, [z, y, x] or along the patient's axes
        In any unit.
    thin : tuple of slice
        Of `coarse_voxels`, from any voxels on.

    Returns
    -------
    ndarray of float32, [z, y, x] or along the patient's axes
        In the same unit, on the coarse grid; beyond the array's ends it is mirrored.
    """
    for axis, part in enumerate(thin):
        if part.step > 1:
            values = _block_means(values, axis, part)
    return values


def _block_means(values: Volume, axis: int, part: slice) -> Volume:
    """Along one axis, and only for the coarse voxels."""
    size, step = values.shape[axis], part.step
    first = np.arange(*part.indices(size)) - step // 2
    total = np.zeros((*values.shape[:axis], len(first), *values.shape[axis + 1 :]))
    for place in range(step):
        wanted = first + place
        mirrored = np.where(wanted < 0, -1 - wanted, np.where(wanted >= size, 2 * size - 1 - wanted, wanted))
        total += values.take(mirrored, axis)
    total /= step
    means: Volume = total.astype(np.float32)
    return means


def stretched(coarse: Volume, thin: Thin, shape: tuple[int, ...], box: Box | None = None) -> Volume:
    """Values of a coarse grid on the whole one, linear between its voxels.

    Parameters
    ----------
    coarse : ndarray of float32, [z, y, x] or along the patient's axes
        In any unit.
    thin : tuple of slice
        Of `coarse_voxels`.
    shape : tuple of int
        Of the whole array.
    box : tuple of slice, optional
        The part of the whole array that is wanted, by its first voxels and ends; all of it if none is given.

    Returns
    -------
    ndarray of float32, [z, y, x] or along the patient's axes
        In the same unit, on the whole grid or in the box.
    """
    values = coarse
    for axis, (part, size) in enumerate(zip(thin, shape, strict=True)):
        first, end, _ = (slice(None) if box is None else box[axis]).indices(size)
        if part.step > 1:
            values = stretched_along(axis, values, part.step, end - first, first)
        else:
            values = values[(slice(None),) * axis + (slice(first, end),)]
    return values
