"""How far each voxel of a region lies from what is outside, and which voxel there is the nearest; compiled, or by its twin."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import c_int64

import numpy as np
from numpy.ctypeslib import ndpointer
from numpy.typing import NDArray

from tilscope.models.kernels import nearest_outside_twin as twin
from tilscope.models.kernels.library import in_parts, kernel

Mask = NDArray[np.bool_]
Distances = NDArray[np.float64]
Places = NDArray[np.int32]

_Inside = ndpointer(np.uint8, ndim=3, flags="C")
_Distances = ndpointer(np.float64, ndim=3, flags="C")
_Nearest = ndpointer(np.int32, ndim=4, flags="C")
_Heights = ndpointer(np.float64, ndim=1, flags="C")
_Room = ndpointer(np.int32, ndim=1, flags="C")
_Shape = ndpointer(np.int64, shape=(3,), flags="C")
_Steps = ndpointer(np.float64, shape=(3,), flags="C")

_along_z = kernel("nearest_along_z", _Inside, _Shape, c_int64, c_int64, _Nearest)
_in_slices = kernel("nearest_in_slices", _Shape, _Steps, _Heights, _Room, c_int64, c_int64, _Nearest, _Distances)


def nearest_outside(inside: Mask, spacing: Sequence[float] | NDArray[np.float64]) -> tuple[Distances, Places]:
    """The nearest voxel outside a region, for each voxel.

    Parameters
    ----------
    inside : ndarray of bool, [z, y, x]
        The region. Where the array ends it does not end.
    spacing : ndarray of float64, shape (3,), or sequence of float
        mm along z, y and x.

    Returns
    -------
    ndarray of float64, [z, y, x]
        mm to the middle of that voxel: 0 outside, infinite where nothing is outside.
    ndarray of int32, [3, z, y, x]
        Its place along z, y and x; of several as near the first along x, of those the first along y, then z. -1 where nothing is outside.
    """
    if _along_z is None or _in_slices is None:
        return twin.nearest_outside(inside, spacing)
    along_z, in_slices, shape = _along_z, _in_slices, np.array(inside.shape, np.int64)
    region, steps = np.ascontiguousarray(inside, bool).view(np.uint8), np.array(spacing, np.float64)
    nearest = np.empty((3, *inside.shape), np.int32)
    distances = np.empty(inside.shape)
    if inside.all():
        nearest.fill(-1)
        distances.fill(np.inf)
        return distances, nearest

    def part(first: int, end: int) -> None:
        longest = max(inside.shape)
        heights, room = np.empty(longest), np.empty(2 * longest, np.int32)
        in_slices(shape, steps, heights, room, first, end, nearest, distances)

    in_parts(inside.shape[1], inside.size, lambda first, end: along_z(region, shape, first, end, nearest))
    in_parts(inside.shape[0], inside.size, part)
    return np.sqrt(distances, out=distances), nearest


def depth_of(inside: Mask, spacing: Sequence[float] | NDArray[np.float64]) -> Distances:
    """How far each voxel of a region lies from the nearest one outside.

    Parameters
    ----------
    inside : ndarray of bool, [z, y, x]
        The region. Where the array ends it does not end.
    spacing : ndarray of float64, shape (3,), or sequence of float
        mm along z, y and x.

    Returns
    -------
    ndarray of float64, [z, y, x]
        mm; 0 outside, infinite where nothing is outside.
    """
    # What is nearest lies around the region: of a small one most of the array need not be looked at.
    box = _box_around(inside)
    if all(part.stop - part.start == size for part, size in zip(box, inside.shape, strict=True)):
        return nearest_outside(inside, spacing)[0]
    depth = np.zeros(inside.shape)
    depth[box] = nearest_outside(inside[box], spacing)[0]
    return depth


def _box_around(inside: Mask) -> tuple[slice, ...]:
    """The region and one voxel around it, within the array."""
    box = []
    for axis in range(3):
        met = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        first, last = (met[0], met[-1]) if met.size else (0, 0)
        box.append(slice(max(0, int(first) - 1), min(int(last) + 2, inside.shape[axis])))
    return tuple(box)
