"""Arrays along the patient's own axes, whatever plane the scanner used.

Anatomy is defined by direction: a prone breast hangs forwards, left is left. Instead of asking every stage which way its
slices lie, a stage that needs anatomy turns its arrays so that z runs to the head, y to the back and x to the left
(the nearest of the 48 such turnings, without resampling), and turns its masks back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.voxels import Mask, Volume, image_of, values_of

#: What each axis of a turned array runs to, and from.
HEAD_BACK_LEFT = ("SI", "PA", "LR")


@dataclass(frozen=True, eq=False)
class PatientAxes:
    """The turning between one image grid and arrays indexed [head-wards, back-wards, left-wards]."""

    grid: sitk.Image
    """Any image on the grid; only its geometry is used."""

    def array(self, image: sitk.Image) -> Volume:
        """The voxels of an image on the grid, turned.

        Parameters
        ----------
        image : SimpleITK.Image
            On this grid, in any unit.

        Returns
        -------
        ndarray, [head, back, left]
            A copy, of the image's own type and unit.
        """
        turned: Volume = np.array(values_of(image).transpose(self._order)[self._direction], order="C")
        return turned

    def turned(self, image: sitk.Image) -> sitk.Image:
        """An image whose array runs to the head, to the back and to the left.

        Parameters
        ----------
        image : SimpleITK.Image
            On this grid, in any unit.

        Returns
        -------
        SimpleITK.Image
            The same voxels and unit in the same places of the patient, in another order.
        """
        return sitk.DICOMOrient(image, "LPS")

    def back(self, turned: sitk.Image) -> sitk.Image:
        """A turned image in the order of the grid.

        Parameters
        ----------
        turned : SimpleITK.Image
            On this grid as `turned` makes it, in any unit.

        Returns
        -------
        SimpleITK.Image
            The same voxels and unit, with the grid's geometry to the last bit.
        """
        image = sitk.DICOMOrient(turned, self._code)
        # Turning back re-computes the origin in floats: the grid's own geometry is the right one to the last bit.
        image.CopyInformation(self.grid)
        return image

    def mask(self, turned: Mask) -> sitk.Image:
        """A turned mask as an image (0 and 1) on the grid.

        Parameters
        ----------
        turned : ndarray of bool, [head, back, left]
            True inside.

        Returns
        -------
        SimpleITK.Image
            uint8, 0 and 1, with the grid's geometry to the last bit.
        """
        return image_of(turned[self._direction].transpose(np.argsort(self._order)), self.grid)

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres per step along the turned array's axes: head, back, left."""
        steps = self.grid.GetSpacing()[::-1]
        head, back, left = (steps[axis] for axis in self._order)
        return head, back, left

    @cached_property
    def _code(self) -> str:
        """What the grid's x, y and z run to, as 'LPS'."""
        code: str = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(self.grid.GetDirection())
        return code

    @cached_property
    def _order(self) -> tuple[int, ...]:
        """Which axis of the grid's arrays runs along each of the patient's, either way."""
        stored = self._code[::-1]
        return tuple(next(n for n in range(3) if stored[n] in both_ways) for both_ways in HEAD_BACK_LEFT)

    @cached_property
    def _direction(self) -> tuple[slice, ...]:
        """Forwards or backwards along each of the patient's axes."""
        runs_to = [self._code[::-1][axis] for axis in self._order]
        return tuple(
            slice(None, None, 1 if to == wanted[0] else -1) for to, wanted in zip(runs_to, HEAD_BACK_LEFT, strict=True)
        )
