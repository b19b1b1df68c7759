"""Masks as closed planar contours (PS3.3 C.8.8.6.3), from which a reader gets the same mask: a voxel belongs to it if its centre
lies inside.

A hole has no contour of its own there: it is joined to the contour around it by a channel without width, the keyhole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.dicom_io.manual_roi.contours import even_odd
from tilscope.models.imaging.voxels import Mask, mask_of
from tilscope.models.pictures.outline import outlines

Points = NDArray[np.float64]

#: A channel stays so far from the centres of pixels, in pixels.
_CLEAR = 0.05
#: So many of the shortest channels are tried.
_TRIED = 200


def contours_of_plane(plane: Mask) -> list[Points]:
    """The closed contours of a mask in a plane, the last point not repeated.

    Parameters
    ----------
    plane : ndarray of bool, [row, column]
        May be empty.

    Returns
    -------
    list of ndarray of float64, shape (n, 2)
        Points x, y as continuous indices: the centre of the first pixel is (0, 0). None crosses another.

    Examples
    --------
    >>> ring = np.ones((3, 3), bool)
    >>> ring[1, 1] = False
    >>> len(contours_of_plane(ring)), len(contours_of_plane(np.eye(2, dtype=bool)))
    (1, 2)
    """
    loops = [np.array(loop[:-1]) - 0.5 for loop in outlines(plane)]
    # `outlines` keeps the mask on the right hand, so that a hole runs the other way round.
    outer = [loop for loop in loops if _area(loop) > 0]
    holes_of: dict[int, list[Points]] = {}
    for hole in (loop for loop in loops if _area(loop) < 0):
        around = [index for index, loop in enumerate(outer) if _holds(loop, hole[0])]
        holes_of.setdefault(min(around, key=lambda index: _area(outer[index])), []).append(hole)
    return [_without_straight_ones(_with_keyholes(loop, holes_of.get(index, []))) for index, loop in enumerate(outer)]


def contours_in_patient(mask: sitk.Image) -> dict[int, list[Points]]:
    """The contours of every slice that has any.

    Parameters
    ----------
    mask : SimpleITK.Image
        0 and 1, on any grid.

    Returns
    -------
    dict of int to list of ndarray of float64, shape (n, 3)
        By slice from 0: points x, y, z in patient LPS, mm.
    """
    axes = np.array(mask.GetDirection()).reshape(3, 3) * np.array(mask.GetSpacing())
    origin = np.array(mask.GetOrigin())
    found = {}
    for k, plane in enumerate(mask_of(mask)):
        if plane.any():
            found[k] = [points @ axes[:, :2].T + axes[:, 2] * k + origin for points in contours_of_plane(plane)]
    return found


def _area(loop: Points) -> float:
    """Positive where the inside is on the right hand, as y runs down."""
    x, y = loop.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _holds(loop: Points, point: Points) -> bool:
    return bool(even_odd([loop], (float(point[0]), float(point[1])), 1.0, (1, 1))[0, 0])


def _without_straight_ones(loop: Points) -> Points:
    """Points straight between two others tell nothing."""
    before, after = loop - np.roll(loop, 1, axis=0), np.roll(loop, -1, axis=0) - loop
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    kept: Points = loop[(np.abs(turn) > 1e-9) | ((before * after).sum(axis=1) < 0)]
    return kept


def _with_keyholes(outer: Points, holes: Sequence[Points]) -> Points:
    """The nearest hole first."""
    left = list(holes)
    while left:
        ways = [_way(outer, hole) for hole in left]
        index = min(range(len(left)), key=lambda one: ways[one].length)
        way, hole = ways[index], left.pop(index)
        around = np.roll(hole, -way.there - 1, axis=0)
        start, end = way.start[np.newaxis], way.end[np.newaxis]
        outer = np.concatenate([outer[: way.here + 1], start, end, around, end, start, outer[way.here + 1 :]])
    return outer


@dataclass(frozen=True, eq=False)
class _Way:
    """A channel from a point on a contour, after its point `here`, to one on a hole, after its point `there`."""

    here: int
    there: int
    start: Points
    end: Points

    @property
    def length(self) -> float:
        return float(np.linalg.norm(self.end - self.start))

    @property
    def is_clear(self) -> bool:
        """Whether no pixel's centre lies on it: programs do not agree to which side such a one belongs."""
        low, high = np.floor(np.minimum(self.start, self.end)), np.ceil(np.maximum(self.start, self.end))
        x, y = np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(low, high, strict=True)))
        centres = np.stack([x.ravel(), y.ravel()], axis=-1)
        along = self.end - self.start
        share = np.clip((centres - self.start) @ along / max(float(along @ along), 1e-12), 0, 1)
        beside = np.linalg.norm(centres - self.start - share[:, np.newaxis] * along, axis=1)
        return bool(beside.min() > _CLEAR)


def _way(outer: Points, hole: Points) -> _Way:
    """The shortest channel that is clear, among many."""
    starts, ends = (loop + share * (np.roll(loop, -1, axis=0) - loop) for loop, share in ((outer, 0.3), (hole, 0.45)))
    apart = ((starts[:, np.newaxis] - ends[np.newaxis]) ** 2).sum(axis=2)
    nearest = np.argsort(apart, axis=None)[:_TRIED]
    ways = [
        _Way(int(here), int(there), starts[here], ends[there])
        for here, there in zip(*np.unravel_index(nearest, apart.shape), strict=True)
    ]
    return next((way for way in ways if way.is_clear), ways[0])
