"""Cubic B-spline interpolation of a volume seen through a displacement field; compiled, or by its twin."""

from __future__ import annotations

from ctypes import c_int64
from dataclasses import dataclass

import numpy as np
from numpy.ctypeslib import ndpointer
from numpy.typing import NDArray

from tilscope.models.kernels import cubic_spline_twin as twin
from tilscope.models.kernels.library import in_parts, kernel

Volume = NDArray[np.float32]
Vectors = NDArray[np.float32]
Matrix = NDArray[np.float64]

_Floats = ndpointer(np.float32, flags="C")
_Shape = ndpointer(np.int64, shape=(3,), flags="C")
_Matrix = ndpointer(np.float64, shape=(3, 4), flags="C")
_Mask = ndpointer(np.bool_, ndim=3, flags="C")

_filter_slices = kernel("spline_filter_slices", _Floats, _Shape, c_int64, c_int64)
_filter_across = kernel("spline_filter_across", _Floats, _Shape, c_int64, c_int64)
_sample = kernel(
    "spline_sample", _Floats, _Shape, _Floats, _Shape, _Matrix, _Matrix, _Mask, _Shape, _Floats, c_int64, c_int64, _Floats,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Displacement:
    """Vectors on a grid of their own, in voxels of the image that is looked at."""

    vectors: Vectors
    """[z, y, x, 3]: along the image's x, y and z."""
    to_field: Matrix
    """Three rows of four: from x, y, z of the grid on which values are wanted to those of the vectors."""


def spline_coefficients(values: NDArray[np.generic]) -> Volume:
    """What an image's cubic B-spline is made of.

    Parameters
    ----------
    values : ndarray of any number, [z, y, x]
        In any unit; beyond its border it goes on as its mirror image.

    Returns
    -------
    ndarray of float32, [z, y, x]
        In the same unit.
    """
    coefficients: Volume = np.array(values, np.float32, order="C")
    if _filter_slices is None or _filter_across is None:
        return twin.spline_coefficients(coefficients)
    slices, across, shape = _filter_slices, _filter_across, _shape_of(coefficients)
    in_parts(coefficients.shape[0], coefficients.size, lambda first, end: slices(coefficients, shape, first, end))
    in_parts(coefficients.shape[1], coefficients.size, lambda first, end: across(coefficients, shape, first, end))
    return coefficients


def spline_sampled(
    coefficients: Volume, to_image: Matrix, displacement: Displacement, wanted: NDArray[np.bool_]
) -> Volume:
    """What an image shows at the displaced voxels of a grid.

    Parameters
    ----------
    coefficients : ndarray of float32, [z, y, x]
        The image's, in any unit.
    to_image : ndarray of float64, shape (3, 4)
        From x, y, z of the grid to x, y, z of the image, both as indices of voxels.
    displacement : Displacement
        Added to that place; linear between its vectors, 0 beyond its grid.
    wanted : ndarray of bool, [z, y, x]
        The grid's voxels for which values are wanted.

    Returns
    -------
    ndarray of float32, [z, y, x]
        On the grid, in the coefficients' unit; the nearest voxel where a place is beyond the image, 0 where no value is
        wanted.
    """
    if _sample is None:
        return twin.spline_sampled(coefficients, to_image, displacement.vectors, displacement.to_field, wanted)
    sample, seen = _sample, np.empty(wanted.shape, np.float32)
    vectors = np.ascontiguousarray(displacement.vectors, np.float32)
    shapes = [_shape_of(array) for array in (coefficients, vectors, wanted)]
    matrices = [np.ascontiguousarray(matrix, np.float64) for matrix in (to_image, displacement.to_field)]
    image, inside = np.ascontiguousarray(coefficients, np.float32), np.ascontiguousarray(wanted)

    def part(first: int, end: int) -> None:
        room = np.empty(3 * vectors.shape[2], np.float32)
        sample(image, shapes[0], vectors, shapes[1], *matrices, inside, shapes[2], room, first, end, seen)

    in_parts(wanted.shape[0], wanted.size, part)
    return seen


def _shape_of(array: NDArray[np.generic]) -> NDArray[np.int64]:
    return np.array(array.shape[:3], np.int64)
