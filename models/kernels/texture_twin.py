"""The same counts by numpy and scipy: slower, and equal number by number; the sums of distances to the bit."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Levels = NDArray[np.int32]
Counts = NDArray[np.int64]
Direction = tuple[int, int, int]
Kind = TypeVar("Kind", bound=np.generic)

#: Every second neighbour of a voxel along z, y and x, in pyradiomics' order: the others are their opposites.
DIRECTIONS: tuple[Direction, ...] = (
    (1, 1, 1), (1, 1, 0), (1, 1, -1), (1, 0, 1), (1, 0, 0), (1, 0, -1), (1, -1, 1),
    (1, -1, 0), (1, -1, -1), (0, 1, 1), (0, 1, 0), (0, 1, -1), (0, 0, 1),
)  # fmt: skip
NEIGHBOURS = 2 * len(DIRECTIONS)


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
        Whole numbers; the directions are those of `DIRECTIONS`.
    """
    found = np.zeros((len(DIRECTIONS), count, count), np.int64)
    for matrix, direction in zip(found, DIRECTIONS, strict=True):
        other = _moved(levels, direction)
        both = (levels > 0) & (other > 0)
        np.add.at(matrix, (levels[both] - 1, other[both] - 1), 1)
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
    longest = max(levels.shape)
    found = np.zeros((len(DIRECTIONS), count, longest), np.int64)
    for matrix, direction in zip(found, DIRECTIONS, strict=True):
        back: Direction = (-direction[0], -direction[1], -direction[2])
        left = (levels > 0) & (_moved(levels, back) != levels)
        # Voxels at which a run began this many steps before, and which still belong to it.
        for length in range(longest):
            goes_on = left & (_moved(levels, direction) == levels)
            np.add.at(matrix, (levels[left & ~goes_on] - 1, length), 1)
            left = _moved(goes_on, back)
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
    found: list[tuple[int, int, int]] = []
    for level in range(1, int(levels.max(initial=0)) + 1):
        labels, _ = ndimage.label(levels == level, np.ones((3, 3, 3)))
        names, firsts, sizes = np.unique(labels, return_index=True, return_counts=True)
        found += [(int(f), level, int(s)) for n, f, s in zip(names, firsts, sizes, strict=True) if n]
    ordered = np.array(sorted(found), np.int64).reshape(-1, 3)
    return ordered[:, 1].astype(np.int32), ordered[:, 2]


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
    grey = np.append(0, greys)[levels]
    alike, there, total = (np.zeros(levels.shape, np.int64) for _ in range(3))
    for direction in DIRECTIONS:
        for sign in (1, -1):
            way: Direction = (sign * direction[0], sign * direction[1], sign * direction[2])
            other = _moved(levels, way)
            alike += other == levels
            there += other > 0
            total += _moved(grey, way)
    dependences, differences = np.zeros((len(greys), NEIGHBOURS + 1), np.int64), np.zeros(len(greys))
    inside, compared = levels > 0, (levels > 0) & (there > 0)
    np.add.at(dependences, (levels[inside] - 1, alike[inside]), 1)
    np.add.at(differences, levels[compared] - 1, np.abs(grey[compared] - total[compared] / there[compared]))
    return dependences, differences


def _moved(values: NDArray[Kind], direction: Direction) -> NDArray[Kind]:
    """At each voxel its neighbour's value in this direction; 0 beyond the array."""
    padded = np.pad(values, 1)
    z, y, x = (slice(1 + step, 1 + step + size) for step, size in zip(direction, values.shape, strict=True))
    return padded[z, y, x]
