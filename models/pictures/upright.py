"""Volumes as a reading room shows them, whatever order and direction the scanner stored.

Axial: the patient's right on the viewer's left, front up (seen from the feet). Sagittal: front on the left, head up.
Coronal: the patient's right on the viewer's left, head up (seen from the front). Arrays are turned, never resampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import values_of

#: DICOM's letters for the ends of the patient's axes x, y, z (PS3.3 C.7.6.1.1.1): towards minus and plus.
_ENDS = (("R", "L"), ("A", "P"), ("F", "H"))

#: SimpleITK's letters for the plus ends, which call the head S.
_PLUS = "LPS"
_MINUS = "RAI"

#: By the axis that the slices follow: which patient axes run down and right on the screen, and in which sense.
_SCREEN = {2: ((1, 1), (0, 1)), 0: ((2, -1), (1, 1)), 1: ((2, -1), (0, 1))}
_PLANES = {2: "axial", 0: "sagittal", 1: "coronal"}

#: An edge names a second direction when it is more than this (the sine of 15 degrees) off the first.
_OBLIQUE = 0.26


@dataclass(frozen=True, eq=False)
class Upright:
    """The turning of one grid; slices run towards the patient's left, back or head."""

    grid: sitk.Image

    def _axes(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """For slices, rows and columns of the screen: (axis of the image from 0 = i, sense)."""
        code = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(self.grid.GetDirection())
        of_patient = {}
        for axis, letter in enumerate(code):
            sense = 1 if letter in _PLUS else -1
            of_patient[(_PLUS if sense == 1 else _MINUS).index(letter)] = (axis, sense)
        through = self._patient_axis()
        (down, down_sense), (right, right_sense) = _SCREEN[through]
        return (
            of_patient[through],
            (of_patient[down][0], of_patient[down][1] * down_sense),
            (of_patient[right][0], of_patient[right][1] * right_sense),
        )

    def _patient_axis(self) -> int:
        """The patient's axis that the slices follow."""
        code = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(self.grid.GetDirection())
        return (_PLUS if code[2] in _PLUS else _MINUS).index(code[2])

    @property
    def plane(self) -> str:
        return _PLANES[self._patient_axis()]

    def of(self, image: sitk.Image) -> NDArray[Any]:
        """The voxels of an image, turned; a view, not a copy.

        Parameters
        ----------
        image : SimpleITK.Image
            On the grid that is turned, in any unit.

        Returns
        -------
        ndarray, [slice, row, column]
            Of the image's own type and unit.
        """
        return self.turned(values_of(image))

    def turned(self, values: NDArray[Any]) -> NDArray[Any]:
        """An array on the grid, turned; a view, not a copy.

        Parameters
        ----------
        values : ndarray, [z, y, x]
            On the grid that is turned, in any unit.

        Returns
        -------
        ndarray, [slice, row, column]
            Of the same type and unit.
        """
        axes = self._axes()
        return values.transpose([2 - axis for axis, _ in axes])[tuple(slice(None, None, sense) for _, sense in axes)]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between slices, rows and columns."""
        step = self.grid.GetSpacing()
        through, down, right = (step[axis] for axis, _ in self._axes())
        return through, down, right

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Where the left, right, upper and lower edges lie in the patient."""
        direction = np.array(self.grid.GetDirection()).reshape(3, 3)
        _, down, right = (direction[:, axis] * sense for axis, sense in self._axes())
        return letters_of(-right), letters_of(right), letters_of(-down), letters_of(down)

    def number(self, index: int) -> int:
        """Of a slice, from 1, in the volume's own order."""
        (axis, sense), *_ = self._axes()
        return index + 1 if sense == 1 else int(self.grid.GetSize()[axis]) - index

    def point_mm(self, index: float, row: float, column: float) -> tuple[float, float, float]:
        """Where a place on the screen lies in the patient (LPS, mm).

        Parameters
        ----------
        index, row, column : float
            Of the turned volume, from 0 at the centre of the first voxel.

        Returns
        -------
        tuple of float
            x, y, z in the patient (LPS, mm).
        """
        place = [0.0, 0.0, 0.0]
        for at, (axis, sense) in zip((index, row, column), self._axes(), strict=True):
            place[axis] = at if sense == 1 else self.grid.GetSize()[axis] - 1 - at
        x, y, z = self.grid.TransformContinuousIndexToPhysicalPoint(place)
        return x, y, z

    def position(self, index: int) -> str:
        """Where a slice lies along its normal, with the patient's side: 'H 12.5 mm'."""
        axis = self._patient_axis()
        (image_axis, _), *_ = self._axes()
        normal = np.array(self.grid.GetDirection()).reshape(3, 3)[:, image_axis]
        normal = normal if normal[axis] > 0 else -normal
        corner = [0, 0, 0]
        corner[image_axis] = self.number(index) - 1
        place = float(normal @ np.array(self.grid.TransformIndexToPhysicalPoint(corner)))
        return f"{_ENDS[axis][place >= 0]} {abs(place):.1f} mm"


class AsAcquired(Upright):
    """Not turned at all: what lies on the images themselves."""

    def _axes(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        return (2, 1), (1, 1), (0, 1)


def letters_of(direction: NDArray[np.float64]) -> str:
    """DICOM's letters for a direction in the patient: 'A', or 'AR' where it lies well off the axis.

    Parameters
    ----------
    direction : ndarray of float64, [x y z]
        A unit vector in the patient (LPS).

    Returns
    -------
    str
        One letter or two.
    """
    order = np.argsort(-np.abs(direction), kind="stable")
    first, second = int(order[0]), int(order[1])
    letters = _ENDS[first][int(direction[first] > 0)]
    if abs(direction[second]) > _OBLIQUE:
        letters += _ENDS[second][int(direction[second] > 0)]
    return letters
