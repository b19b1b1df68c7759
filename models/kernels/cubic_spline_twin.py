"""The same interpolation by scipy, in float64: slower, and equal within `TOLERANCE` of the image's range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Of the range of the image's values: what float32 leaves of sums over 64 neighbours.
TOLERANCE = 1e-5


def spline_coefficients(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """What an image's cubic B-spline is made of.

    Parameters
    ----------
    values : ndarray of float32, [z, y, x]
        In any unit.

    Returns
    -------
    ndarray of float32, [z, y, x]
        In the same unit.
    """
    filtered: NDArray[np.float32] = ndimage.spline_filter(values, 3, np.float64, mode="mirror").astype(np.float32)
    return filtered


def spline_sampled(
    coefficients: NDArray[np.float32],
    to_image: NDArray[np.float64],
    vectors: NDArray[np.float32],
    to_field: NDArray[np.float64],
    wanted: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """What an image shows at the displaced voxels of a grid.

    Parameters
    ----------
    coefficients : ndarray of float32, [z, y, x]
        The image's, in any unit.
    to_image : ndarray of float64, shape (3, 4)
        From x, y, z of the grid to x, y, z of the image, both as indices of voxels.
    vectors : ndarray of float32, [z, y, x, 3]
        Displacements along the image's x, y and z, whose unit is its voxel.
    to_field : ndarray of float64, shape (3, 4)
        From x, y, z of the grid to x, y, z of the vectors, both as indices of voxels.
    wanted : ndarray of bool, [z, y, x]
        The grid's voxels for which values are wanted.

    Returns
    -------
    ndarray of float32, [z, y, x]
        On the grid, in the coefficients' unit; the nearest voxel where a place is beyond the image, 0 where no value is
        wanted.
    """
    seen = np.zeros(wanted.shape, np.float32)
    for z in np.flatnonzero(wanted.any(axis=(1, 2))):
        y, x = np.nonzero(wanted[z])
        voxels = np.stack([x, y, np.full_like(x, z), np.ones_like(x)]).astype(np.float64)
        at = to_image @ voxels + _displaced(vectors, to_field @ voxels)
        beyond = ~_within(at, coefficients.shape)
        last = np.array(coefficients.shape[::-1])[:, None] - 1
        at[:, beyond] = np.clip(np.floor(at[:, beyond] + 0.5), 0, last)
        seen[z, y, x] = ndimage.map_coordinates(coefficients, at[::-1], order=3, mode="mirror", prefilter=False)
    return seen


def _displaced(vectors: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The displacement at places of the field, x, y, z by rows."""
    parts = [ndimage.map_coordinates(vectors[..., axis], places[::-1], order=1, mode="nearest") for axis in range(3)]
    found: NDArray[np.float64] = np.where(_within(places, vectors.shape[:3]), np.array(parts, np.float64), 0.0)
    return found


def _within(at: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """An image reaches half a voxel beyond its border voxels' centres."""
    ends = np.array(shape[::-1])[:, None] - 0.5
    inside: NDArray[np.bool_] = np.logical_and.reduce((at >= -0.5) & (at < ends), axis=0)
    return inside
