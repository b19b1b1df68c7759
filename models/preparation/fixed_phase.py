"""The phase that all others are compared with: its part around the breasts, made comparable, once for all of them.

In a window of a centimetre every voxel is measured against its surroundings' mean and standard deviation, which takes
away what contrast and coil change slowly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.voxels import Volume, box_of, image_of, mask_of, part_of, values_of
from tilscope.models.kernels.gaussian import smoothed
from tilscope.models.kernels.nearest_outside import depth_of
from tilscope.models.preparation.made_once import MadeOnce

#: Around the breast: what may come in from there when the patient moves, and room for the field to fade.
MARGIN_MM = 16.0

#: The breast's mask ends before the skin, but skin against air is its one strong edge where fat is suppressed: without
#: it nothing holds the field at the rim, and it strays there by millimetres.
SKIN_MM = 7.0

#: The surroundings that a voxel is compared with; wider than a vessel, narrower than the coil's shading.
WINDOW_MM = 10.0

#: Contrast below this part of the mean signal is noise, and is not blown up by the comparison.
LEAST_CONTRAST = 0.03

#: The shrunk images keep at least so many voxels along each axis.
FEWEST_VOXELS = 8


@dataclass(frozen=True, eq=False)
class FixedLevel:
    """The fixed phase on one shrunk grid."""

    grid_mm: float
    shrink: tuple[int, ...]
    """Voxels that make one, along x, y and z."""
    image: sitk.Image
    """Signal; its grid has the first voxel of the images at 0 and straight axes."""
    inside: Volume
    """How much of each voxel is breast."""
    floor: float
    """The least contrast that counts, as signal."""
    amount: Volume
    """How much breast there is around each voxel."""

    @classmethod
    def of(cls, fixed: sitk.Image, breast: sitk.Image, grid_mm: float) -> FixedLevel:
        """Shrunk to about this size of a voxel.

        Parameters
        ----------
        fixed : SimpleITK.Image
            Signal on a straight grid.
        breast : SimpleITK.Image
            The breasts and their skin on the same grid, 0 and 1.
        grid_mm : float
            The voxels wanted; no finer than the image's own.

        Returns
        -------
        FixedLevel
            Its voxels are whole numbers of the image's.
        """
        shrink = tuple(
            max(1, min(round(grid_mm / step), size // FEWEST_VOXELS))
            for size, step in zip(fixed.GetSize(), fixed.GetSpacing(), strict=True)
        )
        small = shrunk(fixed, shrink, grid_mm)
        inside: Volume = sitk.GetArrayFromImage(sitk.BinShrink(breast, shrink))
        signal = float(values_of(small)[inside > 0.5].mean(dtype=np.float64)) if (inside > 0.5).any() else 1.0
        amount = smoothed(inside, small.GetSpacing(), WINDOW_MM) + np.float32(1e-3)
        return cls(grid_mm, shrink, small, inside, LEAST_CONTRAST * signal, amount)

    @cached_property
    def compared(self) -> Volume:
        """The phase itself as others are compared with it, in standard deviations: [z, y, x]."""
        return self.compared_by(values_of(self.image))

    def compared_by(self, values: Volume) -> Volume:
        """Each voxel against its surroundings in the breast.

        Parameters
        ----------
        values : ndarray of float32, [z, y, x]
            Signal on this grid.

        Returns
        -------
        ndarray of float32, [z, y, x]
            In units of the surroundings' standard deviation.
        """
        mean = self.smooth(values * self.inside, WINDOW_MM) / self.amount
        variance = self.smooth((values - mean) ** 2 * self.inside, WINDOW_MM) / self.amount
        deviation = np.sqrt(np.maximum(variance, 0) + np.float32(self.floor**2 + 1e-12))
        compared: Volume = ((values - mean) / deviation).astype(np.float32, copy=False)
        return compared

    def smooth(self, values: Volume, width_mm: float) -> Volume:
        """Smoothed by a Gaussian of this standard deviation.

        Parameters
        ----------
        values : ndarray of float32, [z, y, x]
            On this grid, in any unit.
        width_mm : float
            The Gaussian's standard deviation.

        Returns
        -------
        ndarray of float32, [z, y, x]
            In the same unit.
        """
        return smoothed(values, self.image.GetSpacing(), width_mm)


@dataclass(frozen=True, eq=False)
class FixedPhase:
    """The first phase after the injection around the breasts. Its first voxel is at 0 and its axes are straight, in mm."""

    box: tuple[slice, slice, slice]
    """Where it lies in the series, along z, y and x."""
    crop: sitk.Image
    """The box on the grid of the series."""
    image: sitk.Image
    inside: sitk.Image
    """The breasts and their skin."""
    level: MadeOnce[float, FixedLevel]
    """By the size of the voxels wanted, in mm."""

    @classmethod
    def of(cls, fixed: sitk.Image, breast: sitk.Image) -> FixedPhase:
        """Cut to the breast and its surroundings.

        Parameters
        ----------
        fixed : SimpleITK.Image
            The first phase after the injection: signal on the grid of the series.
        breast : SimpleITK.Image
            The breasts' mask on the same grid, 0 and 1; not empty.

        Returns
        -------
        FixedPhase
            `crop` remembers where its images lie in the patient.
        """
        box = box_around(breast)
        crop = part_of(fixed, box)
        image, inside = along_its_own_axes(crop), along_its_own_axes(_with_skin(part_of(breast, box)))
        return cls(box, crop, image, inside, MadeOnce(lambda grid_mm: FixedLevel.of(image, inside, grid_mm)))


def shrunk(image: sitk.Image, shrink: tuple[int, ...], grid_mm: float) -> sitk.Image:
    """An image on larger voxels.

    Parameters
    ----------
    image : SimpleITK.Image
        Signal on any grid.
    shrink : tuple of int
        Voxels that make one, along x, y and z.
    grid_mm : float
        How large they are meant to be.

    Returns
    -------
    SimpleITK.Image
        float32 signal on the shrunk grid. It is averaged, and filtered by a voxel's width: gradients are taken between
        neighbours.
    """
    small = sitk.BinShrink(image, shrink)
    return image_of(smoothed(values_of(small), small.GetSpacing(), grid_mm / 2), small)


def _with_skin(breast: sitk.Image) -> sitk.Image:
    return image_of(depth_of(~mask_of(breast), breast.GetSpacing()[::-1]) <= SKIN_MM, breast)


def box_around(breast: sitk.Image) -> tuple[slice, slice, slice]:
    """The part of the array that registration works in.

    Parameters
    ----------
    breast : SimpleITK.Image
        The breasts' mask on the grid of the series, 0 and 1; not empty.

    Returns
    -------
    tuple of slice
        Indices along z, y and x of that grid: the breasts and `MARGIN_MM` around them.
    """
    inside = mask_of(breast)
    box = box_of(inside)
    margins = [int(np.ceil(MARGIN_MM / step)) for step in reversed(breast.GetSpacing())]
    z, y, x = (
        slice(max(0, s.start - m), min(n, s.stop + m)) for s, m, n in zip(box, margins, inside.shape, strict=True)
    )
    return z, y, x


def along_its_own_axes(image: sitk.Image) -> sitk.Image:
    """The same voxels with the first at 0 and the axes straight: oblique grids need no further thought.

    Parameters
    ----------
    image : SimpleITK.Image
        Signal or a mask on any grid.

    Returns
    -------
    SimpleITK.Image
        float32 on a grid of the same spacing, in the same unit.
    """
    straight = sitk.Cast(image, sitk.sitkFloat32)
    straight.SetOrigin((0.0, 0.0, 0.0))
    straight.SetDirection(np.eye(3).ravel().tolist())
    return straight
