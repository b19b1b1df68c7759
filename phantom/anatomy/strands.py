"""Things thinner than a voxel: vessels and spiculae as curved tubes whose volume is dealt out to the voxels.

Each tube is filled with points half a millimetre apart; each point gives its share of the tube's volume to the eight
voxels around it by their nearness. No volume is lost or gained, so a strand thinner than a voxel is a weak line, not a
string of beads, and looks alike on every grid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.phantom.grid import PhantomGrid, Volume

_SPACING_MM = 0.5
_GOLDEN_ANGLE = np.pi * (3 - 5**0.5)
Points = NDArray[np.float64]
"""One point a row: x, y, z."""


@dataclass(frozen=True, eq=False)
class Strand:
    points: Points
    radii: NDArray[np.float64]

    def at(self, fraction: float) -> Points:
        """The point after a fraction of its points.

        Parameters
        ----------
        fraction : float
            0 to 1.

        Returns
        -------
        ndarray of float64, shape (3,)
            Patient LPS, mm.
        """
        found: Points = self.points[round(fraction * (len(self.points) - 1))]
        return found


def winding(random: np.random.Generator, start: Points, end: Points, wander_mm: float) -> Points:
    """A way from start to end that bends a little, as vessels do.

    Parameters
    ----------
    random : numpy.random.Generator
        Draws the bends.
    start : ndarray of float64, shape (3,)
        Patient LPS, mm.
    end : ndarray of float64, shape (3,)
        Patient LPS, mm.
    wander_mm : float
        How far it strays from the straight way.

    Returns
    -------
    ndarray of float64, shape (n, 3)
        Patient LPS, mm, a point about every 2 mm.
    """
    length = float(np.linalg.norm(end - start))
    t = np.linspace(0, 1, max(int(length / 2), 3))[:, None]
    way = start + t * (end - start)
    for wave in (1, 2, 3):
        way = way + random.normal(0, wander_mm / wave, 3) * np.sin(np.pi * wave * t)
    return np.asarray(way)


def tapered(points: Points, first: float, last: float) -> Strand:
    """A strand whose radius goes evenly from one end's to the other's.

    Parameters
    ----------
    points : ndarray of float64, shape (n, 3)
        Patient LPS, mm.
    first : float
        Radius in mm.
    last : float
        Radius in mm.

    Returns
    -------
    Strand
        Through the same points.
    """
    return Strand(points, np.linspace(first, last, len(points)))


def deposit(strands: Iterable[Strand], grid: PhantomGrid) -> Volume:
    """How much of each voxel the strands fill.

    Parameters
    ----------
    strands : iterable of Strand
        In patient LPS, mm; those beside the grid are left out.
    grid : PhantomGrid
        The voxels wanted.

    Returns
    -------
    ndarray of float32, [slice, row, column]
        0 to 1.
    """
    filled = np.zeros(grid.shape, dtype=np.float32)
    clouds = [_cloud(strand) for strand in strands if _meets(strand, grid)]
    if not clouds:
        return filled
    points = np.concatenate([points for points, _ in clouds])
    cc = np.concatenate([volumes for _, volumes in clouds]) / np.prod(grid.spacing)
    low: list[NDArray[np.int64]] = []
    part: list[NDArray[np.float64]] = []
    for index in grid.indices(points):
        first = np.floor(index)
        low.append(first.astype(np.int64))
        part.append(index - first)
    flat = filled.ravel()
    columns, rows, slices = grid.size
    for corner in np.ndindex(2, 2, 2):
        i, j, k = (one + step for one, step in zip(low, corner, strict=True))
        nearness = cc.copy()
        for one, step in zip(part, corner, strict=True):
            nearness *= one if step else 1 - one
        here = (i >= 0) & (i < columns) & (j >= 0) & (j < rows) & (k >= 0) & (k < slices)
        np.add.at(flat, ((k * rows + j) * columns + i)[here], nearness[here].astype(np.float32))
    np.minimum(filled, 1, out=filled)
    return filled


def _meets(strand: Strand, grid: PhantomGrid) -> bool:
    """Whether a box round the strand reaches into the grid."""
    thickness = float(strand.radii.max())
    for index, spacing, count in zip(grid.indices(strand.points), grid.spacing, grid.size, strict=True):
        margin = thickness / spacing + 1
        if index.max() < -margin or index.min() > count - 1 + margin:
            return False
    return True


def _cloud(strand: Strand) -> tuple[Points, NDArray[np.float64]]:
    """Points that fill the tube evenly, and the volume (mm3) that each stands for."""
    lengths = np.linalg.norm(np.diff(strand.points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    count = max(int(along[-1] / _SPACING_MM), 1)
    step = along[-1] / count
    at = (np.arange(count) + 0.5) * step
    middle = np.stack([np.interp(at, along, strand.points[:, axis]) for axis in range(3)], axis=1)
    radii = np.interp(at, along, strand.radii)
    across = max(int(np.ceil((strand.radii.max() / _SPACING_MM) ** 2)), 1)
    volumes = np.repeat(np.pi * radii**2 * step / across, across)
    if across == 1:
        return middle, volumes
    tangent = np.gradient(middle, axis=0) if count > 1 else np.diff(strand.points[:2], axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    one = np.cross(tangent, np.where(np.abs(tangent[:, 2:]) < 0.8, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)))
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    other = np.cross(tangent, one)
    # A sunflower's seeds fill a disc evenly.
    turn, out = np.arange(across) * _GOLDEN_ANGLE, np.sqrt((np.arange(across) + 0.5) / across)
    aside = np.cos(turn)[:, None] * one[:, None] + np.sin(turn)[:, None] * other[:, None]
    points = middle[:, None] + (radii[:, None] * out)[:, :, None] * aside
    return points.reshape(-1, 3), volumes
