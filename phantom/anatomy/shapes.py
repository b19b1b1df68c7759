"""Bodies as distances, and how much of a voxel a body fills."""

from __future__ import annotations

import numpy as np

from tilscope.phantom.grid import Vector, Volume

Coordinates = tuple[Volume, Volume, Volume]
Box = tuple[slice, slice, slice]


def around(here: Coordinates, centre: Vector, reach: Vector) -> tuple[Box, Coordinates] | None:
    """The part of the volume within reach of a point, its slices and its coordinates; None where it holds no voxel.

    Parameters
    ----------
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].
    centre : tuple of float
        Patient LPS, mm.
    reach : tuple of float
        mm along x, y and z.

    Returns
    -------
    tuple of slice and tuple of ndarray of float32, or None
        Indices of slices, rows and columns, and the part's x, y and z that broadcast to [slice, row, column].
    """
    box = [slice(0, 1)] * 3
    near: list[Volume] = []
    for line, middle, far in zip(here, centre, reach, strict=True):
        hit = np.flatnonzero(np.abs(line.ravel() - middle) < far)
        if len(hit) == 0:
            return None
        first, last = int(hit[0]), int(hit[-1]) + 1
        if line.size > 1:
            axis = int(np.argmax(line.shape))
            box[axis] = slice(first, last)
            line = np.take(line, np.arange(first, last), axis=axis)
        near.append(line)
    return (box[0], box[1], box[2]), (near[0], near[1], near[2])


def inside(distance: Volume, width: float) -> Volume:
    """The part of a voxel of this width that lies inside a border at this distance.

    Parameters
    ----------
    distance : ndarray of float32, of any shape
        mm, negative inside.
    width : float
        mm.

    Returns
    -------
    ndarray of float32, of the same shape
        0 to 1.
    """
    part: Volume = np.clip(0.5 - distance / np.float32(width), 0, 1)
    return part.astype(np.float32, copy=False)


def smooth_union(one: Volume, other: Volume, roundness: float) -> Volume:
    """Distance to the union of two bodies, with the groove between them filled as skin fills it.

    Parameters
    ----------
    one : ndarray of float32, of any shape
        Distance in mm, negative inside.
    other : ndarray of float32, of the same shape
        Distance in mm, negative inside.
    roundness : float
        How wide the groove is, mm.

    Returns
    -------
    ndarray of float32, of the same shape
        Distance in mm, negative inside.
    """
    merged: Volume = -np.float32(roundness) * np.logaddexp(-one / np.float32(roundness), -other / np.float32(roundness))
    return merged


def ellipsoid(here: Coordinates, centre: Vector, radii: Vector) -> Volume:
    """Distance to an ellipsoid along the patient's axes.

    Parameters
    ----------
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].
    centre : tuple of float
        Patient LPS, mm.
    radii : tuple of float
        mm along x, y and z.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        mm, negative inside; exact at the border, to the first order elsewhere.
    """
    scaled = [(line - np.float32(c)) / np.float32(r) for line, c, r in zip(here, centre, radii, strict=True)]
    level = np.sqrt(sum(s**2 for s in scaled))
    slope = np.sqrt(sum((s / np.float32(r)) ** 2 for s, r in zip(scaled, radii, strict=True)))
    distance = (level - 1) * level / np.maximum(slope, np.float32(1e-4))
    # In the very middle the first order fails; the smallest radius is then the truth.
    return np.where(level < 0.05, np.float32(-min(radii)), distance).astype(np.float32, copy=False)


def capsule(here: Coordinates, start: Vector, end: Vector, radius: float) -> Volume:
    """Distance to a tube with round ends.

    Parameters
    ----------
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].
    start : tuple of float
        Patient LPS, mm.
    end : tuple of float
        Patient LPS, mm.
    radius : float
        mm.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        mm, negative inside.
    """
    from_start = [line - np.float32(s) for line, s in zip(here, start, strict=True)]
    axis = np.subtract(end, start).astype(np.float32)
    along = np.clip(sum(d * a for d, a in zip(from_start, axis, strict=True)) / np.float32(axis @ axis), 0, 1)
    away = sum((d - along * a) ** 2 for d, a in zip(from_start, axis, strict=True))
    distance: Volume = np.sqrt(away) - np.float32(radius)
    return distance
