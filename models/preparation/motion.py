"""Motion between the phases: estimated, taken out where there is any, and reported with its measure of trust.

Every phase is compared with the first one after the injection, whose grid all masks lie on. A coarse registration comes
first: a phase that lies still is passed on as it is, to the bit, since resampling would only blur it. So is a phase whose
displacement does not prove itself on fine detail (`models.preparation.agreement`). One that does is resampled inside the breasts'
box. Refused are a motion beyond what was ever measured to be mended, and a field that
folds the breast, which no tissue can do: such a phase is known to have moved, so subtracting it as it is would make
enhancement out of motion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.prepared_series import MotionOutcome, PhaseMotion
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.voxels import Volume, box_of, image_of, mask_of, part_of, values_of
from tilscope.models.kernels.nearest_outside import depth_of
from tilscope.models.kernels.side_by_side import side_by_side
from tilscope.models.preparation.agreement import FineDetail
from tilscope.models.preparation.displaced import moved_by
from tilscope.models.preparation.fixed_phase import FixedPhase
from tilscope.models.preparation.made_once import MadeOnce
from tilscope.models.preparation.registration import COARSE, FINE, Alignment, Field
from tilscope.models.refusals import Refused
from tilscope.models.settings import MotionSettings

#: At the rim of its box the field fades out over this distance, so that the phase has no seam.
FADE_MM = 8.0

#: Of a place on a grid, in voxels.
_ROUNDING = 1e-6


def without_motion(
    series: DceSeries, breast: sitk.Image, settings: MotionSettings
) -> tuple[DceSeries, tuple[PhaseMotion, ...]]:
    """The series with every phase on the first post-contrast phase, and the motion of each. The same series if she lay still.

    Parameters
    ----------
    series : DceSeries
        As acquired; all phases on one grid.
    breast : SimpleITK.Image
        The breasts' mask on that grid, 0 and 1; not empty.
    settings : MotionSettings
        What counts as still, and what is too far.

    Returns
    -------
    DceSeries
        On the same grid, at the same times.
    tuple of PhaseMotion
        Of every phase but the first one after the injection, in time order.

    Raises
    ------
    Refused
        A phase moved too far, or its displacement folds the breast.
    """
    reference = series.first_post
    fixed = _Reference.of(series.phases[reference].stored, breast)
    others = [index for index in range(len(series.phases)) if index != reference]

    def compared(index: int) -> tuple[PhaseMotion, Phase]:
        phase = series.phases[index]
        motion = _motion_of(fixed, phase.stored, index + 1, settings)
        if motion.field is None:
            return motion, phase
        return motion, Phase(moved_back(phase.stored, motion.field), phase.time_s)

    results = side_by_side(compared, others)
    phases = list(series.phases)
    for index, (_, phase) in zip(others, results, strict=True):
        phases[index] = phase
    motions = tuple(motion for motion, _ in results)
    moved = any(motion.registered for motion in motions)
    return (replace(series, phases=tuple(phases)) if moved else series), motions


@dataclass(frozen=True, eq=False)
class _Reference:
    """What every other phase is compared with."""

    phase: FixedPhase
    breast: sitk.Image
    detail: MadeOnce[None, FineDetail]
    """Needed only where something seems to have moved."""

    @classmethod
    def of(cls, fixed: sitk.Image, breast: sitk.Image) -> _Reference:
        return cls(FixedPhase.of(fixed, breast), breast, MadeOnce(lambda _: FineDetail.of(fixed, breast)))


def _motion_of(fixed: _Reference, moving: sitk.Image, number: int, settings: MotionSettings) -> PhaseMotion:
    alignment = Alignment.of(fixed.phase, moving).after(COARSE)
    coarse = motion_by(alignment.displacement, fixed.breast, number)
    refuse_too_large(coarse, settings)
    if coarse.rms_mm < settings.still_rms_mm:
        return replace(coarse, outcome=MotionOutcome.STILL, field=None)
    field = alignment.after(FINE).displacement
    motion = motion_by(field, fixed.breast, number)
    if not fixed.detail(None).evidence_for(field, moving).proven:
        return replace(motion, outcome=MotionOutcome.UNPROVEN, field=None)
    refuse_too_large(motion, settings)
    refuse_folding(motion)
    return motion


def motion_by(field: sitk.Image, breast: sitk.Image, number: int) -> PhaseMotion:
    """The motion of a phase that is registered by this field.

    Parameters
    ----------
    field : SimpleITK.Image
        Displacements from the first phase after the injection to this one: mm, patient LPS, on a grid around the
        breasts.
    breast : SimpleITK.Image
        The breasts' mask on the grid of the series, 0 and 1.
    number : int
        The phase's, from 1 in time order.

    Returns
    -------
    PhaseMotion
        Its figures are taken over the breasts.
    """
    inside = mask_of(sitk.Resample(breast, field, sitk.Transform(), sitk.sitkNearestNeighbor))
    length = np.linalg.norm(sitk.GetArrayFromImage(field), axis=-1)[inside]
    rms, p95 = float(np.sqrt(np.mean(length**2))), float(np.percentile(length, 95))
    return PhaseMotion(
        number, MotionOutcome.REGISTERED, rms, p95, float(values_of(jacobian(field))[inside].min()), field
    )


def refuse_too_large(motion: PhaseMotion, settings: MotionSettings) -> None:
    if motion.rms_mm > settings.largest_rms_mm:
        raise Refused("motion-too-large", phase=motion.number, rms=motion.rms_mm, limit=settings.largest_rms_mm)


def refuse_folding(motion: PhaseMotion) -> None:
    if motion.lowest_jacobian <= 0:
        raise Refused("motion-folds", phase=motion.number)


def moved_back(moving: sitk.Image, field: sitk.Image) -> sitk.Image:
    """The phase as it would lie had she not moved. Outside the field's box it stays as acquired.

    Cubic: linear interpolation averages neighbours, and a phase with less noise than the others has another texture.
    What a cubic spline overshoots below 0 is cut: signal is never negative.

    Parameters
    ----------
    moving : SimpleITK.Image
        The phase as acquired: signal on the grid of the series.
    field : SimpleITK.Image
        Displacements from the first phase after the injection to this one: mm, patient LPS, on a grid along the same
        axes.

    Returns
    -------
    SimpleITK.Image
        float32 signal on the grid of the series.
    """
    faded = sitk.GetImageFromArray(sitk.GetArrayFromImage(field) * _fading(field)[..., None], isVector=True)
    faded.CopyInformation(field)
    box = _voxels_in(field, moving)
    resampled = moved_by(moving, faded, part_of(moving, box))
    values = values_of(moving).astype(np.float32)
    values[box] = np.maximum(values_of(resampled), 0)
    return image_of(values, moving)


def _voxels_in(field: sitk.Image, image: sitk.Image) -> tuple[slice, slice, slice]:
    """The box of an image's array whose voxel centres lie on the field's grid; both have the same axes."""
    far = [n - 1 for n in field.GetSize()]
    first, last = (
        image.TransformPhysicalPointToContinuousIndex(field.TransformContinuousIndexToPhysicalPoint(corner))
        for corner in ([-0.5] * 3, [n + 0.5 for n in far])
    )
    x, y, z = (
        slice(max(0, int(np.ceil(low - _ROUNDING))), min(n, int(np.floor(high + _ROUNDING)) + 1))
        for low, high, n in zip(first, last, image.GetSize(), strict=True)
    )
    return z, y, x


def _fading(field: sitk.Image) -> Volume:
    """1 in the middle of the box, 0 on its rim."""
    padded = np.pad(np.ones(field.GetSize()[::-1], bool), 1)
    from_rim = depth_of(padded, field.GetSpacing()[::-1])[1:-1, 1:-1, 1:-1]
    fading: Volume = np.clip((from_rim - min(field.GetSpacing())) / FADE_MM, 0, 1)
    return fading


def jacobian(field: sitk.Image) -> sitk.Image:
    """The local volume ratio: how much larger tissue is in the moved phase.

    Parameters
    ----------
    field : SimpleITK.Image
        Displacements in mm, patient LPS, on a grid along any axes.

    Returns
    -------
    SimpleITK.Image
        float32 ratios on the field's grid: 1 where volume is kept, above 1 where tissue is larger in the moved phase, 0 or less where it
        folds.
    """
    direction = np.array(field.GetDirection()).reshape(3, 3)
    # Along the grid's own axes; the determinant does not change when both sides are turned.
    along: Field = np.einsum("ji,...j->...i", direction, sitk.GetArrayFromImage(field))
    x_step, y_step, z_step = field.GetSpacing()
    slopes: list[Field] = list(np.gradient(along, z_step, y_step, x_step, axis=(0, 1, 2)))
    matrix = np.stack(slopes[::-1], axis=-1) + np.eye(3)
    return image_of(np.linalg.det(matrix).astype(np.float32), field)


def jacobian_range(field: sitk.Image, region: sitk.Image) -> tuple[float, float, float]:
    """Least, mean and greatest volume ratio in a region on any grid, as in a tumour that registration may shrink.

    Parameters
    ----------
    field : SimpleITK.Image
        Displacements in mm, patient LPS; volume is kept beyond its grid.
    region : SimpleITK.Image
        A mask of the same patient space, 0 and 1; not empty.

    Returns
    -------
    tuple of float
        Ratios, over the region's voxels.
    """
    inside = mask_of(region)
    box = box_of(inside)
    around = sitk.Resample(jacobian(field), part_of(region, box), sitk.Transform(), sitk.sitkLinear, 1.0)
    ratios = values_of(around)[inside[box]]
    return float(ratios.min()), float(ratios.mean(dtype=np.float64)), float(ratios.max())
