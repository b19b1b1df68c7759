"""How one phase lies against another inside the breasts: a smooth displacement field, found coarse to fine.

Both images are made comparable first: in a window of a centimetre every voxel is measured against its surroundings'
mean and standard deviation, which takes away what contrast and coil change slowly. Then the displacement that best
explains the difference is solved for at every point over a Gaussian neighbourhood (Lucas and Kanade 1981) and drawn
towards the average of its surroundings where the image shows little (after Horn and Schunck 1981, doi
10.1016/0004-3702(81)90024-2, and Bruhn 2005, doi 10.1023/B:VISI.0000045324.43199.43, who joined the two).

Only sums over voxels in a fixed order are used, no random samples: the same bits on any number of threads.
docs/registration.md compares it with the usual methods.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Volume, box_of, image_of, mask_of, part_of, values_of

#: Around the breast: what may come in from there when the patient moves, and room for the field to fade.
MARGIN_MM = 16.0

#: The breast's mask ends before the skin, but skin against air is its one strong edge where fat is suppressed: without
#: it nothing holds the field at the rim, and it strays there by millimetres.
SKIN_MM = 7.0

#: The surroundings that a voxel is compared with; wider than a vessel, narrower than the coil's shading.
WINDOW_MM = 10.0

#: Contrast below this part of the mean signal is noise, and is not blown up by the comparison.
LEAST_CONTRAST = 0.03

#: A difference of one standard deviation is believed half: vessels and lesions change by more than motion explains.
DOUBTED_DIFFERENCE = 1.0

#: The field is drawn to its own average over this distance ...
AVERAGE_MM = 12.0

#: ... as strongly as a neighbourhood with this part of the usual structure holds it.
STIFFNESS = 0.1

#: The shrunk images keep at least so many voxels along each axis.
FEWEST_VOXELS = 8

Field = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """One stage from coarse to fine."""

    grid_mm: float
    neighbourhood_mm: float
    iterations: int


#: Enough to decide whether she moved at all ...
COARSE = (Step(5.6, 30.0, 5), Step(5.6, 20.0, 4))
#: ... and the rest of the way.
FINE = (Step(2.8, 15.0, 3),)
FULL = (*COARSE, *FINE)


@dataclass(frozen=True, eq=False)
class Alignment:
    """Two phases around the breast, and the displacement between them so far: a coarse registration can be continued."""

    crop: sitk.Image
    """The box of the breast on the fixed phase's grid."""
    fixed: sitk.Image
    moving: sitk.Image
    inside: sitk.Image
    field: sitk.Image | None = None
    """Displacements in mm along the straight axes of `fixed`; None before the first step."""

    @classmethod
    def of(cls, fixed: sitk.Image, moving: sitk.Image, breast: sitk.Image) -> Alignment:
        """Cut to the breast and its surroundings, nothing found yet.

        Parameters
        ----------
        fixed : SimpleITK.Image
            The first phase after the injection: signal on the grid of the series.
        moving : SimpleITK.Image
            Another phase on the same grid.
        breast : SimpleITK.Image
            The breasts' mask on the same grid, 0 and 1; not empty.

        Returns
        -------
        Alignment
            Its three images have their first voxel at 0 and straight axes, in mm; `crop` remembers where they lie in
            the patient.
        """
        box = box_around(breast)
        one, other = (_along_its_own_axes(part_of(image, box)) for image in (fixed, moving))
        return cls(part_of(fixed, box), one, other, _along_its_own_axes(_with_skin(part_of(breast, box))))

    def after(self, steps: Iterable[Step]) -> Alignment:
        """The same two phases after these further steps."""
        field = self.field
        for grid_mm, same_grid in groupby(steps, key=lambda step: step.grid_mm):
            level = _Level.of(self.fixed, self.moving, self.inside, grid_mm)
            for step in same_grid:
                field = level.nowhere() if field is None else level.on_this_grid(field)
                for _ in range(step.iterations):
                    field = level.improved(field, step.neighbourhood_mm)
        return replace(self, field=field)

    @property
    def displacement(self) -> sitk.Image:
        """Leads from a point of the fixed phase to the same tissue in the moving one.

        Vectors are millimetres along the patient's axes; the grid is the last step's, cut to the breast's box.
        """
        if self.field is None:
            raise ValueError("no step has been taken")
        return _along_the_patients_axes(self.field, self.crop)


def find_displacement(
    fixed: sitk.Image, moving: sitk.Image, breast: sitk.Image, steps: tuple[Step, ...] = FULL
) -> sitk.Image:
    """The displacement image of two phases after all these steps.

    Parameters
    ----------
    fixed : SimpleITK.Image
        The first phase after the injection: signal on the grid of the series.
    moving : SimpleITK.Image
        Another phase on the same grid.
    breast : SimpleITK.Image
        The breasts' mask on the same grid, 0 and 1; not empty.
    steps : tuple of Step
        From coarse to fine.

    Returns
    -------
    SimpleITK.Image
        Three float64 components a voxel: x, y and z in mm, patient LPS, from a point of the fixed phase to the same
        tissue in the moving one. The grid covers the breast's box with the last step's voxels.
    """
    return Alignment.of(fixed, moving, breast).after(steps).displacement


_STILL = sitk.Transform(3, sitk.sitkIdentity)


@dataclass(frozen=True, eq=False)
class _Level:
    """Both images on one shrunk grid."""

    fixed: sitk.Image
    moving: sitk.Image
    inside: Volume
    """How much of each voxel is breast."""
    floor: float
    """The least contrast that counts, as signal."""

    @cached_property
    def _amount(self) -> Volume:
        """How much breast there is around each voxel."""
        return self._smooth(self.inside, WINDOW_MM) + 1e-3

    @cached_property
    def _fixed_compared(self) -> Volume:
        return self._compared(self.fixed)

    @classmethod
    def of(cls, fixed: sitk.Image, moving: sitk.Image, breast: sitk.Image, grid_mm: float) -> _Level:
        shrink = [
            max(1, min(round(grid_mm / step), size // FEWEST_VOXELS))
            for size, step in zip(fixed.GetSize(), fixed.GetSpacing(), strict=True)
        ]
        # A filter of a voxel's width after averaging: gradients are taken between neighbours.
        small, other = (
            sitk.SmoothingRecursiveGaussian(sitk.BinShrink(image, shrink), grid_mm / 2) for image in (fixed, moving)
        )
        inside = sitk.GetArrayFromImage(sitk.BinShrink(breast, shrink))
        signal = float(values_of(small)[inside > 0.5].mean(dtype=np.float64)) if (inside > 0.5).any() else 1.0
        return cls(small, other, inside, LEAST_CONTRAST * signal)

    def nowhere(self) -> sitk.Image:
        """No displacement at all."""
        field = sitk.Image(self.fixed.GetSize(), sitk.sitkVectorFloat64, 3)
        field.CopyInformation(self.fixed)
        return field

    def on_this_grid(self, field: sitk.Image) -> sitk.Image:
        """What an earlier level has found."""
        return sitk.Resample(field, self.fixed, _STILL, sitk.sitkLinear, 0.0, field.GetPixelID(), True)

    def improved(self, field: sitk.Image, neighbourhood_mm: float) -> sitk.Image:
        """One Gauss-Newton step at every point at once."""
        transform = sitk.DisplacementFieldTransform(sitk.Image(field))
        seen = sitk.Resample(self.moving, self.fixed, transform, sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
        one, other = self._fixed_compared, self._compared(seen)
        gradient = _gradient(np.float32(0.5) * (one + other), self.fixed)
        difference = one - other
        weight = self.inside / (1 + (difference / DOUBTED_DIFFERENCE) ** 2)

        def around(values: Volume) -> Volume:
            return self._smooth(values * weight, neighbourhood_mm)

        structure = {(i, j): around(gradient[i] * gradient[j]) for i in range(3) for j in range(i, 3)}
        present = sitk.GetArrayFromImage(field)
        average_image = sitk.SmoothingRecursiveGaussian(field, AVERAGE_MM)
        average = sitk.GetArrayFromImage(average_image)
        away = present - average
        wanted = [
            around(gradient[i] * difference) + sum(structure[min(i, j), max(i, j)] * away[..., j] for j in range(3))
            for i in range(3)
        ]
        trace = structure[0, 0] + structure[1, 1] + structure[2, 2]
        usual = float(trace[self.inside > 0.5].mean(dtype=np.float64)) / 3
        for i in range(3):
            # Never 0, so that a breast without any structure is found not to have moved.
            structure[i, i] = structure[i, i] + (STIFFNESS * usual + 1e-6)
        improved = sitk.GetImageFromArray(average + _solved(structure, wanted), isVector=True)
        improved.CopyInformation(self.fixed)
        return improved

    def _compared(self, image: sitk.Image) -> Volume:
        """Each voxel against its surroundings in the breast, in standard deviations."""
        values = values_of(image)
        mean = self._smooth(values * self.inside, WINDOW_MM) / self._amount
        variance = self._smooth((values - mean) ** 2 * self.inside, WINDOW_MM) / self._amount
        deviation = np.sqrt(np.maximum(variance, 0) + np.float32(self.floor**2 + 1e-12))
        compared: Volume = ((values - mean) / deviation).astype(np.float32, copy=False)
        return compared

    def _smooth(self, values: Volume, width_mm: float) -> Volume:
        image = image_of(values.astype(np.float32, copy=False), self.fixed)
        return values_of(sitk.SmoothingRecursiveGaussian(image, width_mm))


def _gradient(values: Volume, grid: sitk.Image) -> list[Volume]:
    """Along the grid's x, y and z axes, per millimetre."""
    along = np.gradient(values, *reversed(grid.GetSpacing()))
    return list(reversed(along))


def _solved(matrix: dict[tuple[int, int], Volume], right: list[Volume]) -> Field:
    """The solution of a symmetric 3 x 3 system at every point, by Cramer's rule."""
    a, b, c, d, e, f = (matrix[k].astype(np.float64) for k in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    inverse = (
        (d * f - e * e, c * e - b * f, b * e - c * d),
        (c * e - b * f, a * f - c * c, b * c - a * e),
        (b * e - c * d, b * c - a * e, a * d - b * b),
    )
    determinant = a * inverse[0][0] + b * inverse[0][1] + c * inverse[0][2]
    return np.stack([sum(m * r for m, r in zip(row, right, strict=True)) / determinant for row in inverse], axis=-1)


def moved_by(image: sitk.Image, field: sitk.Image, grid: sitk.Image | None = None) -> sitk.Image:
    """What lies at p + u(p), for every voxel p of the image or of a part of it.

    Cubic: linear interpolation averages neighbours.

    Parameters
    ----------
    image : SimpleITK.Image
        Signal on any grid.
    field : SimpleITK.Image
        Displacements in mm, patient LPS, on any grid; 0 beyond it.
    grid : SimpleITK.Image, optional
        Where values are wanted, its own are not read; the image's own grid if none is given.

    Returns
    -------
    SimpleITK.Image
        float32 signal on that grid; what would come from beyond the image is its nearest value.
    """
    transform = sitk.DisplacementFieldTransform(sitk.Image(field))
    return sitk.Resample(image, grid or image, transform, sitk.sitkBSpline, 0.0, sitk.sitkFloat32, True)


def _with_skin(breast: sitk.Image) -> sitk.Image:
    return sitk.SignedMaurerDistanceMap(breast, squaredDistance=False, useImageSpacing=True) <= SKIN_MM


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


def _along_its_own_axes(image: sitk.Image) -> sitk.Image:
    """The same voxels with the first at 0 and the axes straight: oblique grids need no further thought."""
    straight = sitk.Cast(image, sitk.sitkFloat32)
    straight.SetOrigin((0.0, 0.0, 0.0))
    straight.SetDirection(np.eye(3).ravel().tolist())
    return straight


def _along_the_patients_axes(field: sitk.Image, crop: sitk.Image) -> sitk.Image:
    """A straight field back in the patient, its vectors turned with it."""
    direction = np.array(crop.GetDirection()).reshape(3, 3)
    turned = sitk.GetImageFromArray(np.einsum("ij,...j->...i", direction, sitk.GetArrayFromImage(field)), isVector=True)
    turned.SetSpacing(field.GetSpacing())
    turned.SetOrigin((np.array(crop.GetOrigin()) + direction @ np.array(field.GetOrigin())).tolist())
    turned.SetDirection(crop.GetDirection())
    return turned
