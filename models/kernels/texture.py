"""Counts of grey levels beside each other, which texture matrices are made of; compiled, or by their twins.

A volume of levels holds 0 outside the region and numbers the grey levels that occur in it from 1 on.
"""

from __future__ import annotations

from ctypes import c_int64

import numpy as np
from numpy.ctypeslib import ndpointer
from numpy.typing import NDArray

from tilscope.models.kernels import texture_twin as twin
from tilscope.models.kernels.library import in_parts, kernel
from tilscope.models.kernels.texture_twin import DIRECTIONS, NEIGHBOURS

Levels = NDArray[np.int32]
Counts = NDArray[np.int64]

_Levels = ndpointer(np.int32, ndim=3, flags="C")
_Level = ndpointer(np.int32, ndim=1, flags="C")
_Counts = ndpointer(np.int64, flags="C")
_Doubles = ndpointer(np.float64, flags="C")
_Shape = ndpointer(np.int64, shape=(3,), flags="C")

_pairs = kernel("texture_pairs", _Levels, _Shape, c_int64, c_int64, c_int64, _Counts)
_runs = kernel("texture_runs", _Levels, _Shape, c_int64, c_int64, c_int64, c_int64, _Counts)
_zones = kernel("texture_zones", _Levels, _Shape, _Counts, _Level, _Counts, _Counts)
_neighbours = kernel("texture_neighbours", _Levels, _Shape, _Counts, _Counts, _Doubles)


def pairs(levels: Levels, count: int) -> Counts:
    """How often a voxel of one level has a neighbour of another, in 13 directions.

    Parameters
    ----------
    levels : ndarray of int32, [z, y, x]
        Labels: 0 outside the region, else 1 to `count`.
    count : int
        How many levels there are.

    Returns
    -------
    ndarray of int64, [direction, level, neighbour]
        Whole numbers; the directions are those of `texture_twin.DIRECTIONS`.
    """
    if _pairs is None:
        return twin.pairs(levels, count)
    count_pairs, inside, shape = _pairs, *_bordered(levels)
    found = np.zeros((len(DIRECTIONS), count, count), np.int64)
    in_parts(len(DIRECTIONS), inside.size, lambda first, end: count_pairs(inside, shape, count, first, end, found))
    return found


def runs(levels: Levels, count: int) -> Counts:
    """How many runs of one level and length there are, in 13 directions.

    Parameters
    ----------
    levels : ndarray of int32, [z, y, x]
        Labels: 0 outside the region, else 1 to `count`.
    count : int
        How many levels there are.

    Returns
    -------
    ndarray of int64, [direction, level, length]
        Whole numbers; lengths from 1 on, up to that of the array's longest side.
    """
    if _runs is None:
        return twin.runs(levels, count)
    count_runs, inside, shape = _runs, *_bordered(levels)
    longest = max(levels.shape)
    found = np.zeros((len(DIRECTIONS), count, longest), np.int64)
    in_parts(
        len(DIRECTIONS), inside.size, lambda first, end: count_runs(inside, shape, count, longest, first, end, found)
    )
    return found


def zones(levels: Levels) -> tuple[Levels, Counts]:
    """Every zone of one level, whose voxels hang together by faces, edges or corners.

    Parameters
    ----------
    levels : ndarray of int32, [z, y, x]
        Labels: 0 outside the region, else from 1 on.

    Returns
    -------
    ndarray of int32, [zone]
        Labels: the level of each, in the order of their first voxels.
    ndarray of int64, [zone]
        Whole numbers, of voxels.
    """
    if _zones is None:
        return twin.zones(levels)
    left, shape = _bordered(levels)
    voxels = int(np.count_nonzero(left))
    of_zones, sizes, number = np.empty(voxels, np.int32), np.empty(voxels, np.int64), np.zeros(1, np.int64)
    _zones(left, shape, np.empty(voxels, np.int64), of_zones, sizes, number)
    return of_zones[: number[0]], sizes[: number[0]]


def neighbours(levels: Levels, greys: Counts) -> tuple[Counts, NDArray[np.float64]]:
    """How like its 26 neighbours a voxel is; those outside the region do not count.

    Parameters
    ----------
    levels : ndarray of int32, [z, y, x]
        Labels: 0 outside the region, else 1 to the number of greys.
    greys : ndarray of int64, [level]
        The grey of each level: whole numbers.

    Returns
    -------
    ndarray of int64, [level, number]
        Whole numbers: how many voxels of a level have so many neighbours of their own level, from 0 to 26.
    ndarray of float64, [level]
        In units of greys: the distances of a level's voxels from the means of their neighbours, summed in the voxels' order.
    """
    if _neighbours is None:
        return twin.neighbours(levels, greys)
    inside, shape = _bordered(levels)
    alike, differences = np.zeros((len(greys), NEIGHBOURS + 1), np.int64), np.zeros(len(greys))
    _neighbours(inside, shape, np.ascontiguousarray(greys, np.int64), alike, differences)
    return alike, differences


def _bordered(levels: Levels) -> tuple[Levels, Counts]:
    """With a voxel on every side that is outside, so that no kernel needs to look where the array ends; and the shape."""
    bordered = np.pad(np.asarray(levels, np.int32), 1)
    return bordered, np.array(bordered.shape, np.int64)
