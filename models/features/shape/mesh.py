"""The mesh around a region: how large it is, and how far its vertices are from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from tilscope.models.features.shape.faces import CORNERS, faces
from tilscope.models.imaging.voxels import Mask

Array = NDArray[np.float64]

#: How many voxels before its first one a region is measured from, as `stock_region` gives it to pyradiomics: it matters where a
#: mesh has slits, and to the last bits.
FROM_ORIGIN = 2


@dataclass(frozen=True, eq=False)
class Mesh:
    """Around voxels that lie anywhere in the array."""

    inside: Mask
    """[z, y, x], up to the tight box of the region."""
    sides_mm: Array
    """[z, y, x]: in mm, of a voxel."""

    @classmethod
    def of(cls, inside: Mask, spacing: Sequence[float]) -> Mesh:
        """The mesh of a region.

        Parameters
        ----------
        inside : ndarray of bool, [z, y, x]
            The region, which touches every side of the array.
        spacing : sequence of float
            x, y, z in mm.

        Returns
        -------
        Mesh
            In the units of the spacing.
        """
        return cls(inside, np.array([float(side) for side in spacing])[::-1])

    @cached_property
    def _bordered(self) -> Mask:
        return np.pad(self.inside, 1)

    @cached_property
    def patterns(self) -> NDArray[np.int64]:
        """[z, y, x]: whole numbers, of the cube that begins at each voxel of the array with one more voxel before it."""
        size = [side - 1 for side in self._bordered.shape]
        found = np.zeros(size, np.int64)
        for number, corner in enumerate(CORNERS):
            z, y, x = (slice(start, start + side) for start, side in zip(corner, size, strict=True))
            found += self._bordered[z, y, x].astype(np.int64) << number
        return found

    @cached_property
    def area_mm2(self) -> float:
        return float(np.bincount(self.patterns.ravel(), minlength=256) @ faces().areas(self.sides_mm))

    @cached_property
    def volume_mm3(self) -> float:
        """The cones from one point to all triangles, those that face it taken off; slits can leave nothing of a few voxels."""
        patterns, (cones, steps) = self.patterns, faces().cones()
        volume = float(np.bincount(patterns.ravel(), minlength=256) @ cones)
        for axis, side in enumerate(patterns.shape):
            place = np.arange(side) + FROM_ORIGIN - 1
            along = np.moveaxis(steps[patterns, axis], axis, -1).sum(axis=(0, 1))
            volume += float(along @ place)
        return volume / 6 * float(np.prod(self.sides_mm))

    @cached_property
    def vertices(self) -> Array:
        """[vertex, axis]: in mm along z, y and x, halfway between a voxel inside and one outside."""
        found = []
        for axis in range(3):
            places = np.argwhere(np.diff(self._bordered, axis=axis)).astype(np.float64)
            places[:, axis] += 0.5
            found.append(places)
        return np.concatenate(found) * self.sides_mm

    @cached_property
    def diameter_mm(self) -> float:
        """The longest distance between two vertices: of the mesh's hull, since none is longer within it."""
        return float(pdist(self.vertices[ConvexHull(self.vertices).vertices]).max())

    def diameter_in_planes_mm(self, axis: int) -> float:
        """The longest distance between two vertices in one plane across an axis: 0 for z, 1 for y, 2 for x."""
        row, along = (other for other in range(3) if other != axis)
        points = self.vertices[np.lexsort((self.vertices[:, along], self.vertices[:, row], self.vertices[:, axis]))]
        changes = np.diff(points[:, [axis, row]], axis=0).any(axis=1)
        # Of each row its first and its last: between them there is nothing farther off.
        points = points[np.append(True, changes) | np.append(changes, True)]
        planes = np.split(points, np.flatnonzero(np.diff(points[:, axis])) + 1)
        return max(float(pdist(plane).max(initial=0.0)) for plane in planes)
