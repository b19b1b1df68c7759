"""Arrays along the patient's own axes, whatever plane the scanner used.

Anatomy is defined by direction: a prone breast hangs forwards, left is left. Instead of asking every stage which way its
slices lie, a stage that needs anatomy turns its arrays so that z runs to the head, y to the back and x to the left
(the nearest of the 48 such turnings, without resampling), and turns its masks back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.voxels import Mask, Volume


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
        turned: Volume = sitk.GetArrayFromImage(self.turned(image))
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
        code = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(self.grid.GetDirection())
        image = sitk.DICOMOrient(turned, code)
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
        reference = self.turned(self.grid)
        image = sitk.GetImageFromArray(turned.astype(np.uint8))
        image.CopyInformation(reference)
        return self.back(image)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres per step along the turned array's axes: head, back, left."""
        x, y, z = self.turned(self.grid).GetSpacing()
        return z, y, x
