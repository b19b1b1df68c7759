"""What is done to a study: the same content told otherwise, and the small differences that no reader or scanner can avoid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import SimpleITK as sitk
from sensitivity.cases import Case

from tilscope.models.signatures.spread import outline_changed
from tilscope.service.research.repeatability.perturbations import (
    SHIFT_MM,
    TURN_DEGREES,
    ImageChange,
    moved_image,
    moved_mask,
    shift,
    turn,
    with_images,
)


@dataclass(frozen=True)
class Change:
    words: str
    identical: bool
    """Whether the content is the same, so that no feature may change."""
    make: Callable[[Case], Case]
    of_outline: bool = False
    """Whether only the lesion's outline is another: the images need no new preparation."""


def _all_images(change: ImageChange) -> Callable[[Case], Case]:
    return lambda case: replace(case, series=with_images(case.series, change), lesion=change(case.lesion))


def _other_plane(image: sitk.Image) -> sitk.Image:
    code = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(image.GetDirection())
    axial = code[2] in "SI"
    return sitk.DICOMOrient(image, "PIR" if axial else "LPS")


def _elsewhere(image: sitk.Image) -> sitk.Image:
    moved = sitk.Image(image)
    moved.SetOrigin([place + step for place, step in zip(image.GetOrigin(), (13.37, -21.4, 8.09), strict=True)])
    return moved


def _halved(case: Case) -> Case:
    return replace(case, series=with_images(case.series, lambda image: image * 0.5))


def _moved_by(transform_of: Callable[[Case], sitk.Transform]) -> Callable[[Case], Case]:
    def make(case: Case) -> Case:
        transform = transform_of(case)
        series = with_images(case.series, lambda image: moved_image(image, transform))
        return replace(case, series=series, lesion=moved_mask(case.lesion, transform))

    return make


def _outline(voxels: int) -> Callable[[Case], Case]:
    return lambda case: replace(case, lesion=outline_changed(case.lesion, voxels))


CHANGES: dict[str, Change] = {
    "reversed": Change(
        "rows, columns and slices in reverse", True, _all_images(lambda image: sitk.Flip(image, [True] * 3))
    ),
    "plane": Change("another plane", True, _all_images(_other_plane)),
    "elsewhere": Change("another place in the scanner", True, _all_images(_elsewhere)),
    "halved": Change("half the signal", True, _halved),
    "shifted": Change(f"a patient {SHIFT_MM:g} mm away", False, _moved_by(lambda case: shift())),
    "turned": Change(f"a patient rolled by {TURN_DEGREES:g} degrees", False, _moved_by(lambda case: turn(case.lesion))),
    "wider": Change("an outline one voxel wider", False, _outline(1), of_outline=True),
    "narrower": Change("an outline one voxel narrower", False, _outline(-1), of_outline=True),
}
