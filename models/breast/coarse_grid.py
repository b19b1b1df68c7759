"""What changes slowly is computed on every n-th voxel, and is linear between them."""

from __future__ import annotations

from scipy import ndimage

from tilscope.models.imaging.voxels import Volume
from tilscope.models.kernels.linear_stretch import stretched_along

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
        # Lines that no coarse voxel lies on are left out before the next axis.
        lines = tuple(part if other == axis else slice(None) for other in range(3))
        values = ndimage.uniform_filter1d(values, part.step, axis)[lines] if part.step > 1 else values
    return values


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
        if part.step > 1:
            values = stretched_along(axis, values, part.step, size)
    return values
