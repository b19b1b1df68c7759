"""A phase seen through a displacement field, by cubic interpolation: linear would average neighbours."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Mask, image_of, values_of
from tilscope.models.kernels.cubic_spline import Displacement, Matrix, spline_coefficients, spline_sampled

#: What an image holds so many voxels away changes its spline by less than float32 can tell.
MARGIN_VOXELS = 16

#: What rounding makes of a step along another grid's other axes, in its voxels.
SAME_AXES = 1e-9


def moved_by(
    image: sitk.Image, field: sitk.Image, grid: sitk.Image | None = None, wanted: Mask | None = None
) -> sitk.Image:
    """What lies at p + u(p), for every voxel p of the image or of a part of it.

    Parameters
    ----------
    image : SimpleITK.Image
        Signal on any grid.
    field : SimpleITK.Image
        Displacements in mm, patient LPS, on any grid; 0 beyond it.
    grid : SimpleITK.Image, optional
        Where values are wanted, its own are not read; the image's own grid if none is given.
    wanted : ndarray of bool, [z, y, x], optional
        The voxels of that grid for which values are wanted; all if none are given.

    Returns
    -------
    SimpleITK.Image
        float32 signal on that grid, 0 where no value is wanted; what would come from beyond the image is its nearest value.
    """
    grid = grid or image
    vectors = sitk.GetArrayViewFromImage(field) @ np.linalg.inv(_steps(image)).T.astype(np.float64)
    to_image = _between(grid, image)
    box = _needed(to_image, grid, vectors, image)
    to_image[:, 3] -= [along.start for along in reversed(box)]
    displacement = Displacement(vectors.astype(np.float32), _between(grid, field))
    if wanted is None:
        wanted = np.ones(grid.GetSize()[::-1], bool)
    coefficients = spline_coefficients(values_of(image)[box])
    return image_of(spline_sampled(coefficients, to_image, displacement, wanted), grid)


def _steps(grid: sitk.Image) -> Matrix:
    """The way from a voxel to the next along x, y and z, in columns: mm, patient LPS."""
    steps: Matrix = np.array(grid.GetDirection()).reshape(3, 3) * np.array(grid.GetSpacing())
    return steps


def _between(grid: sitk.Image, other: sitk.Image) -> Matrix:
    """From indices of one grid to indices of another: three rows of four."""
    back = np.linalg.inv(_steps(other))
    steps, offset = back @ _steps(grid), back @ np.subtract(grid.GetOrigin(), other.GetOrigin())
    # Axes that are the same but for rounding are the same: the kernel is faster there.
    steps[np.abs(steps) < SAME_AXES] = 0.0
    return np.column_stack([steps, offset])


def _needed(
    to_image: Matrix, grid: sitk.Image, vectors: NDArray[np.float64], image: sitk.Image
) -> tuple[slice, slice, slice]:
    """The part of an image that values on the grid come from, however the vectors lead there."""
    last = np.array(grid.GetSize()) - 1
    # Along each axis the ends add up from those along the grid's axes.
    ways = to_image[:, :3] * last
    least = to_image[:, 3] + np.minimum(ways, 0).sum(axis=1) + np.minimum(vectors.min(axis=(0, 1, 2)), 0)
    most = to_image[:, 3] + np.maximum(ways, 0).sum(axis=1) + np.maximum(vectors.max(axis=(0, 1, 2)), 0)
    size = np.array(image.GetSize())
    first = np.clip(np.floor(least) - MARGIN_VOXELS, 0, size - 1).astype(int)
    end = np.clip(np.ceil(most) + MARGIN_VOXELS + 1, first + 1, size).astype(int)
    x, y, z = (slice(int(a), int(b)) for a, b in zip(first, end, strict=True))
    return z, y, x
