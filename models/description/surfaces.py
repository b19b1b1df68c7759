"""The surface of a mask as points in the patient, half-way between a voxel inside and its neighbour outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Mask

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Surface:
    """Where a region ends, on every face between a voxel of it and one outside. Where the images end it does not end."""

    points: Points
    """Patient LPS in mm, [n, 3]: the middle of each face."""
    inside: NDArray[np.intp]
    """Index [z, y, x] of the voxel behind each face, [n, 3]."""
    axis: NDArray[np.int8]
    """Which axis of the array the face looks along: 0, 1 or 2."""
    rises: NDArray[np.bool_]
    """Whether it looks towards higher indices."""


def surface_of(region: Mask, grid: sitk.Image, first: tuple[int, int, int] = (0, 0, 0)) -> Surface:
    """The faces of a region.

    Parameters
    ----------
    region : ndarray of bool, [z, y, x]
        On the grid, or a box of it.
    grid : SimpleITK.Image
        Gives the grid; its values are not read.
    first : tuple of int
        Where the box begins on the grid, [z, y, x].

    Returns
    -------
    Surface
        In no particular order; empty for an empty region.
    """
    found: list[tuple[NDArray[np.intp], int, bool]] = []
    for axis in range(3):
        lower = np.take(region, range(region.shape[axis] - 1), axis)
        upper = np.take(region, range(1, region.shape[axis]), axis)
        step = np.eye(3, dtype=np.intp)[axis]
        found.append((np.argwhere(lower & ~upper), axis, True))
        found.append((np.argwhere(upper & ~lower) + step, axis, False))
    inside = np.concatenate([places for places, _, _ in found]) + np.array(first, np.intp)
    axes = np.concatenate([np.full(len(places), axis, np.int8) for places, axis, _ in found])
    rises = np.concatenate([np.full(len(places), up, bool) for places, _, up in found])
    middle = inside + np.eye(3)[axes] * np.where(rises, 0.5, -0.5)[:, None]
    return Surface(in_the_patient(middle, grid), inside, axes, rises)


def in_the_patient(indices: NDArray[np.floating] | NDArray[np.integer], grid: sitk.Image) -> Points:
    """Places of a grid's array in the patient.

    Parameters
    ----------
    indices : ndarray, [n, 3]
        Index along z, y and x, with or without fractions.
    grid : SimpleITK.Image
        Gives the grid; its values are not read.

    Returns
    -------
    ndarray of float64, [n, 3]
        Patient LPS in mm.
    """
    turn = np.array(grid.GetDirection()).reshape(3, 3) * np.array(grid.GetSpacing())
    points: Points = np.asarray(indices, float)[:, ::-1] @ turn.T + np.array(grid.GetOrigin())
    return points
