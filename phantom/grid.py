"""Voxel grids that lie along the patient's axes, in DICOM's patient space (LPS, millimetres; PS3.3 C.7.6.2.1.1).

The anatomy is a set of formulas in patient space, so one patient can be imaged on any of these grids: the axial or
sagittal dynamic series, the T2 series, the localizer's three planes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

Volume = NDArray[np.float32]
"""Indexed [slice, row, column], as numpy sees a SimpleITK image."""
Mask = NDArray[np.bool_]
Vector = tuple[float, float, float]


class SlicePlane(StrEnum):
    AXIAL = "axial"
    SAGITTAL = "sagittal"
    CORONAL = "coronal"

    @property
    def orientation(self) -> tuple[int, int, int, int, int, int]:
        """ImageOrientationPatient: along a row (to the next column), then along a column (to the next row).

        Axial rows run to the patient's left and columns to the back, so a prone breast points up on the screen;
        sagittal rows run to the back and columns to the feet, so it points to the screen's left.
        """
        return _ORIENTATIONS[self]


_ORIENTATIONS: dict[SlicePlane, tuple[int, int, int, int, int, int]] = {
    SlicePlane.AXIAL: (1, 0, 0, 0, 1, 0),
    SlicePlane.SAGITTAL: (0, 1, 0, 0, 0, -1),
    SlicePlane.CORONAL: (1, 0, 0, 0, 0, -1),
}


@dataclass(frozen=True)
class PhantomGrid:
    """A right-handed grid: columns, rows and slices, with slices counted along the slice normal."""

    plane: SlicePlane
    size: tuple[int, int, int]
    spacing: Vector
    origin: Vector
    """Centre of the first voxel: ImagePositionPatient of the first slice."""

    @classmethod
    def centred(cls, plane: SlicePlane, size: tuple[int, int, int], spacing: Vector, centre: Vector) -> PhantomGrid:
        directions = _directions(plane)
        origin = np.asarray(centre, dtype=float)
        for axis in range(3):
            origin = origin - directions[axis] * spacing[axis] * (size[axis] - 1) / 2
        # Micrometres suffice, and what DICOM's 16 characters can hold is then exactly what was computed.
        x, y, z = (round(float(v), 3) for v in origin)
        return cls(plane, size, spacing, (x, y, z))

    @property
    def voxel_cc(self) -> float:
        return self.spacing[0] * self.spacing[1] * self.spacing[2] / 1000

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the numpy volume."""
        return self.size[2], self.size[1], self.size[0]

    @property
    def normal(self) -> Vector:
        """Unit vector from one slice to the next."""
        x, y, z = _directions(self.plane)[2]
        return float(x), float(y), float(z)

    def position(self, slice_index: int) -> Vector:
        """ImagePositionPatient of a slice."""
        step = _directions(self.plane)[2] * self.spacing[2] * slice_index
        x, y, z = (round(o + float(s), 3) for o, s in zip(self.origin, step, strict=True))
        return x, y, z

    def at(self, index: Sequence[float]) -> Vector:
        """The patient's point (LPS, mm) at an index of column, row and slice, which may lie beside the grid."""
        steps = np.multiply(self.spacing, index) @ np.stack(_directions(self.plane))
        x, y, z = (round(o + float(s), 3) for o, s in zip(self.origin, steps, strict=True))
        return x, y, z

    def coordinates(self) -> tuple[Volume, Volume, Volume]:
        """Patient x, y and z of the voxel centres.

        Returns
        -------
        tuple of ndarray of float32
            mm, LPS; they broadcast to [slice, row, column].
        """
        directions = _directions(self.plane)
        found: dict[int, Volume] = {}
        for axis in range(3):
            along = int(np.argmax(np.abs(directions[axis])))
            steps = np.arange(self.size[axis]) * self.spacing[axis] * directions[axis][along]
            shape = [1, 1, 1]
            shape[2 - axis] = self.size[axis]
            found[along] = (self.origin[along] + steps).astype(np.float32).reshape(shape)
        return found[0], found[1], found[2]

    def indices(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Where points of the patient lie on the grid.

        Parameters
        ----------
        points : ndarray of float64, shape (n, 3)
            Patient LPS, mm.

        Returns
        -------
        tuple of ndarray of float64, shape (n,)
            Indices of column, row and slice, with fractions.
        """
        from_origin = points - np.array(self.origin)
        return tuple(
            from_origin @ direction / spacing
            for direction, spacing in zip(_directions(self.plane), self.spacing, strict=True)
        )

    def image(self, volume: NDArray[np.generic]) -> sitk.Image:
        """The volume with its geometry.

        Parameters
        ----------
        volume : ndarray, [slice, row, column]
            In any unit; a mask becomes 0 and 1, uint8.

        Returns
        -------
        SimpleITK.Image
            On this grid (patient LPS, mm).

        Raises
        ------
        ValueError
            The volume has another shape than the grid.
        """
        if volume.shape != self.shape:
            raise ValueError(f"a volume of shape {volume.shape} does not fit a grid of {self.shape}")
        image = sitk.GetImageFromArray(volume.astype(np.uint8) if volume.dtype == np.bool_ else volume)
        image.SetSpacing(self.spacing)
        image.SetOrigin(self.origin)
        # SimpleITK wants the matrix by rows; the axes' directions are its columns.
        image.SetDirection(np.stack(_directions(self.plane), axis=1).ravel().tolist())
        return image


def _directions(plane: SlicePlane) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    along_row = np.array(plane.orientation[:3], dtype=float)
    along_column = np.array(plane.orientation[3:], dtype=float)
    return along_row, along_column, np.cross(along_row, along_column)
