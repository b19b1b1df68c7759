"""How one phase lies against another inside the breasts: a smooth displacement field, found coarse to fine.

Both images are made comparable first (`models.preparation.fixed_phase`). Then the displacement that best explains
the difference is solved for at every point over a Gaussian neighbourhood (Lucas and Kanade 1981) and drawn
towards the average of its surroundings where the image shows little (after Horn and Schunck 1981, doi
10.1016/0004-3702(81)90024-2, and Bruhn 2005, doi 10.1023/B:VISI.0000045324.43199.43, who joined the two).

Only sums over voxels in a fixed order are used, no random samples: the same bits on any number of threads.
docs/registration.md compares it with the usual methods.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.voxels import Volume, part_of, values_of
from tilscope.models.kernels.linear_warp import warped
from tilscope.models.preparation.fixed_phase import FixedLevel, FixedPhase, along_its_own_axes, shrunk

#: A difference of one standard deviation is believed half: vessels and lesions change by more than motion explains.
DOUBTED_DIFFERENCE = 1.0

#: The field is drawn to its own average over this distance ...
AVERAGE_MM = 12.0

#: ... as strongly as a neighbourhood with this part of the usual structure holds it.
STIFFNESS = 0.1

Field = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """One stage from coarse to fine."""

    grid_mm: float
    neighbourhood_mm: float
    iterations: int


#: Enough to decide whether she moved at all ...
COARSE = (Step(5.6, 30.0, 5), Step(5.6, 20.0, 4))
#: ... and the rest of the way. More steps over the narrow neighbourhood would follow the motion closer, and would shrink tumours,
#: whose contrast changes.
FINE = (Step(2.8, 20.0, 3), Step(2.8, 15.0, 2))
FULL = (*COARSE, *FINE)


@dataclass(frozen=True, eq=False)
class Alignment:
    """Two phases around the breast, and the displacement between them so far: a coarse registration can be continued."""

    fixed: FixedPhase
    moving: sitk.Image
    """On the grid of `fixed.image`."""
    field: sitk.Image | None = None
    """Displacements in mm along the straight axes of `fixed.image`; None before the first step."""

    @classmethod
    def of(cls, fixed: FixedPhase, moving: sitk.Image) -> Alignment:
        """Nothing found yet.

        Parameters
        ----------
        fixed : FixedPhase
            The first phase after the injection.
        moving : SimpleITK.Image
            Another phase: signal on the grid of the series.

        Returns
        -------
        Alignment
            Its images have their first voxel at 0 and straight axes, in mm.
        """
        return cls(fixed, along_its_own_axes(part_of(moving, fixed.box)))

    def after(self, steps: Iterable[Step]) -> Alignment:
        """The same two phases after these further steps."""
        field = self.field
        for grid_mm, same_grid in groupby(steps, key=lambda step: step.grid_mm):
            pair = _Pair.of(self.fixed.level(grid_mm), self.moving)
            for step in same_grid:
                field = pair.nowhere() if field is None else pair.on_this_grid(field)
                for _ in range(step.iterations):
                    field = pair.improved(field, step.neighbourhood_mm)
        return replace(self, field=field)

    @property
    def displacement(self) -> sitk.Image:
        """Leads from a point of the fixed phase to the same tissue in the moving one.

        Vectors are millimetres along the patient's axes; the grid is the last step's, cut to the breast's box.
        """
        if self.field is None:
            raise ValueError("no step has been taken")
        return _along_the_patients_axes(self.field, self.fixed.crop)


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
    return Alignment.of(FixedPhase.of(fixed, breast), moving).after(steps).displacement


_STILL = sitk.Transform(3, sitk.sitkIdentity)


@dataclass(frozen=True, eq=False)
class _Pair:
    """Both images on one shrunk grid."""

    level: FixedLevel
    moving: sitk.Image

    @classmethod
    def of(cls, level: FixedLevel, moving: sitk.Image) -> _Pair:
        return cls(level, shrunk(moving, level.shrink, level.grid_mm))

    def nowhere(self) -> sitk.Image:
        """No displacement at all."""
        field = sitk.Image(self.level.image.GetSize(), sitk.sitkVectorFloat64, 3)
        field.CopyInformation(self.level.image)
        return field

    def on_this_grid(self, field: sitk.Image) -> sitk.Image:
        """What an earlier level has found."""
        return sitk.Resample(field, self.level.image, _STILL, sitk.sitkLinear, 0.0, field.GetPixelID(), True)

    def improved(self, field: sitk.Image, neighbourhood_mm: float) -> sitk.Image:
        """One Gauss-Newton step at every point at once."""
        level = self.level
        present = sitk.GetArrayFromImage(field)
        seen = warped(values_of(self.moving), (present / self.moving.GetSpacing()).astype(np.float32))
        one, other = level.compared, level.compared_by(seen)
        gradient = _gradient(np.float32(0.5) * (one + other), level.image)
        difference = one - other
        weight = level.inside / (1 + (difference / DOUBTED_DIFFERENCE) ** 2)

        def around(values: Volume) -> Volume:
            return level.smooth(values * weight, neighbourhood_mm)

        structure = {(i, j): around(gradient[i] * gradient[j]) for i in range(3) for j in range(i, 3)}
        average = np.stack([level.smooth(present[..., i].astype(np.float32), AVERAGE_MM) for i in range(3)], axis=-1)
        away = present - average
        wanted = [
            around(gradient[i] * difference) + sum(structure[min(i, j), max(i, j)] * away[..., j] for j in range(3))
            for i in range(3)
        ]
        trace = structure[0, 0] + structure[1, 1] + structure[2, 2]
        usual = float(trace[level.inside > 0.5].mean(dtype=np.float64)) / 3
        for i in range(3):
            # Never 0, so that a breast without any structure is found not to have moved.
            structure[i, i] = structure[i, i] + (STIFFNESS * usual + 1e-6)
        improved = sitk.GetImageFromArray(average + _solved(structure, wanted), isVector=True)
        improved.CopyInformation(level.image)
        return improved


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


def _along_the_patients_axes(field: sitk.Image, crop: sitk.Image) -> sitk.Image:
    """A straight field back in the patient, its vectors turned with it."""
    direction = np.array(crop.GetDirection()).reshape(3, 3)
    turned = sitk.GetImageFromArray(np.einsum("ij,...j->...i", direction, sitk.GetArrayFromImage(field)), isVector=True)
    turned.SetSpacing(field.GetSpacing())
    turned.SetOrigin((np.array(crop.GetOrigin()) + direction @ np.array(field.GetOrigin())).tolist())
    turned.SetDirection(crop.GetDirection())
    return turned
