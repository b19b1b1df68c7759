"""What is done to a study: the same content told otherwise, and the small differences that no reader or scanner can avoid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from sensitivity.cases import Case

from tilscope.models.imaging.series import Phase
from tilscope.models.imaging.voxels import box_of, mask_of
from tilscope.models.signatures.spread import outline_changed

SHIFT_MM, TURN_DEGREES = 1.0, 5.0

ImageChange = Callable[[sitk.Image], sitk.Image]


@dataclass(frozen=True)
class Change:
    words: str
    identical: bool
    """Whether the content is the same, so that no feature may change."""
    make: Callable[[Case], Case]
    of_outline: bool = False
    """Whether only the lesion's outline is another: the images need no new preparation."""


def _all_images(change: ImageChange) -> Callable[[Case], Case]:
    return lambda case: _with_images(replace(case, lesion=change(case.lesion)), change)


def _with_images(case: Case, change: ImageChange) -> Case:
    phases = tuple(Phase(change(phase.image), phase.time_s) for phase in case.series.phases)
    return replace(case, series=replace(case.series, phases=phases))


def _other_plane(image: sitk.Image) -> sitk.Image:
    code = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())
    axial = code[2] in "SI"
    return sitk.DICOMOrient(image, "PIR" if axial else "LPS")


def _elsewhere(image: sitk.Image) -> sitk.Image:
    moved = sitk.Image(image)
    moved.SetOrigin([place + step for place, step in zip(image.GetOrigin(), (13.37, -21.4, 8.09), strict=True)])
    return moved


def _moved_by(transform_of: Callable[[Case], sitk.Transform]) -> Callable[[Case], Case]:
    def make(case: Case) -> Case:
        transform = transform_of(case)
        # A linear interpolation would smooth the noise away, and texture with it.
        images = _with_images(case, lambda image: _resampled(image, transform))
        moved = sitk.Resample(
            sitk.Cast(case.lesion, sitk.sitkFloat32), case.lesion, transform, sitk.sitkLinear, 0.0, sitk.sitkFloat32
        )
        return replace(images, lesion=sitk.Cast(moved >= 0.5 - 1e-5, sitk.sitkUInt8))

    return make


def _resampled(image: sitk.Image, transform: sitk.Transform) -> sitk.Image:
    smooth = sitk.Resample(image, image, transform, sitk.sitkBSpline, 0.0, sitk.sitkFloat32, True)
    return sitk.Clamp(smooth, sitk.sitkFloat32, 0.0, 1e9)


def _shift(case: Case) -> sitk.Transform:
    return sitk.TranslationTransform(3, [SHIFT_MM / np.sqrt(3)] * 3)


def _turn(case: Case) -> sitk.Transform:
    """About the patient's head-foot axis through the middle of the lesion: the patient has rolled a little."""
    box = box_of(mask_of(case.lesion))
    middle = [(part.start + part.stop - 1) / 2 for part in box[::-1]]
    turn = sitk.Euler3DTransform()
    turn.SetCenter(case.lesion.TransformContinuousIndexToPhysicalPoint(middle))
    turn.SetRotation(0.0, 0.0, float(np.radians(TURN_DEGREES)))
    return turn


def _outline(voxels: int) -> Callable[[Case], Case]:
    return lambda case: replace(case, lesion=outline_changed(case.lesion, voxels))


CHANGES: dict[str, Change] = {
    "reversed": Change(
        "rows, columns and slices in reverse", True, _all_images(lambda image: sitk.Flip(image, [True] * 3))
    ),
    "plane": Change("another plane", True, _all_images(_other_plane)),
    "elsewhere": Change("another place in the scanner", True, _all_images(_elsewhere)),
    "halved": Change("half the signal", True, lambda case: _with_images(case, lambda image: image * 0.5)),
    "shifted": Change(f"a patient {SHIFT_MM:g} mm away", False, _moved_by(_shift)),
    "turned": Change(f"a patient rolled by {TURN_DEGREES:g} degrees", False, _moved_by(_turn)),
    "wider": Change("an outline one voxel wider", False, _outline(1), of_outline=True),
    "narrower": Change("an outline one voxel narrower", False, _outline(-1), of_outline=True),
}
