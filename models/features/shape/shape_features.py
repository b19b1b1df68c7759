"""Shape features: volume, surface and diameters of the mesh, and the axes of the ellipsoid that the voxels spread like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan, pi, prod, sqrt

import numpy as np
from numpy.typing import NDArray

from tilscope.models.features.shape.mesh import FROM_ORIGIN, Mesh
from tilscope.models.imaging.voxels import Mask


@dataclass(frozen=True, eq=False)
class Solid:
    """A region, its mesh and its axes."""

    inside: Mask
    """[z, y, x]"""
    spacing: Sequence[float]
    """x, y, z in mm."""

    @cached_property
    def mesh(self) -> Mesh:
        return Mesh.of(self.inside, self.spacing)

    @cached_property
    def variances_mm2(self) -> NDArray[np.float64]:
        """Of the voxels' centres along the three principal axes, [axis] from the shortest to the longest: in units of mm2."""
        sides = np.array([float(side) for side in self.spacing])[::-1]
        places = (np.argwhere(self.inside) + FROM_ORIGIN) * sides
        centred = (places - places.mean(axis=0)) / np.sqrt(len(places))
        # Not as a symmetric matrix: of a flat region rounding leaves a thickness, and as pyradiomics has it only so.
        variances: NDArray[np.float64] = np.sort(np.linalg.eigvals(centred.T.copy() @ centred).real)
        return np.maximum(variances, 0.0)

    def axis_mm(self, number: int) -> float:
        """Four deviations, which is the axis of an ellipsoid that is filled evenly but for its ends."""
        return 4 * sqrt(float(self.variances_mm2[number]))

    def ratio(self, shorter: int) -> float:
        """Of an axis to the longest; no number for a single voxel."""
        longest = float(self.variances_mm2[2])
        return sqrt(float(self.variances_mm2[shorter]) / longest) if longest else nan


Feature = Callable[[Solid], float]

#: By pyradiomics' names and in its order.
FEATURES: Mapping[str, Feature] = {
    "Elongation": lambda s: s.ratio(1),
    "Flatness": lambda s: s.ratio(0),
    "LeastAxisLength": lambda s: s.axis_mm(0),
    "MajorAxisLength": lambda s: s.axis_mm(2),
    "Maximum2DDiameterColumn": lambda s: s.mesh.diameter_in_planes_mm(1),
    "Maximum2DDiameterRow": lambda s: s.mesh.diameter_in_planes_mm(2),
    "Maximum2DDiameterSlice": lambda s: s.mesh.diameter_in_planes_mm(0),
    "Maximum3DDiameter": lambda s: s.mesh.diameter_mm,
    "MeshVolume": lambda s: s.mesh.volume_mm3,
    "MinorAxisLength": lambda s: s.axis_mm(1),
    "Sphericity": lambda s: (36 * pi * s.mesh.volume_mm3**2) ** (1 / 3) / s.mesh.area_mm2,
    "SurfaceArea": lambda s: s.mesh.area_mm2,
    "SurfaceVolumeRatio": lambda s: s.mesh.area_mm2 / s.mesh.volume_mm3 if s.mesh.volume_mm3 else nan,
    "VoxelVolume": lambda s: float(np.count_nonzero(s.inside)) * prod(float(side) for side in s.spacing),
}
