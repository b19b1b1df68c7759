"""What is true of a phantom, in the form in which findings are compared with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import Mask, mask_of
from tilscope.phantom.study import PhantomStudy


@dataclass(frozen=True, eq=False)
class TrueLesion:
    mask: Mask
    diameter_mm: float
    volume_cc: float
    kind: str
    side: Laterality


def true_lesions(study: PhantomStudy) -> list[TrueLesion]:
    """The index lesion first; or the diffuse tumour, as large as a ball of its volume."""
    if (tumour := study.truth.diffuse) is not None:
        spec, diameter_mm = tumour.spec, 10 * (6 * tumour.cc / math.pi) ** (1 / 3)
        return [TrueLesion(mask_of(tumour.mask), round(diameter_mm, 1), tumour.cc, f"diffuse, {spec.curve}", spec.side)]
    return [
        TrueLesion(mask_of(one.mask), one.spec.diameter_mm, one.cc, f"{one.spec.kind}, {one.spec.curve}", one.spec.side)
        for one in study.truth.lesions
    ]


def true_breast(study: PhantomStudy) -> Mask:
    """The breast as a segmentation means it: without its skin."""
    return mask_of(study.truth.breast) & ~mask_of(study.truth.distractors["skin"])


def distractors_of(study: PhantomStudy) -> dict[str, Mask]:
    """What enhances and is no lesion, by name."""
    return {name: mask_of(mask) for name, mask in study.truth.distractors.items()}
