"""One study, changed as scanners and archives change studies: the index lesion must stay the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import SimpleITK as sitk
from validation.figures_of_a_case import SETTINGS, series_of

from tilscope.models.imaging.series import Phase
from tilscope.models.imaging.voxels import image_of, mask_of, values_of, voxel_cc
from tilscope.models.lesions.classical import segment
from tilscope.models.preparation.prepare import prepare
from tilscope.models.refusals import Refused
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import make_study

CROP_MM, COARSER, NOISE_PERCENT = 10.0, 1.25, 3.0

#: Some whole voxels and a part of one, along the patient's axes.
MOVE_VOXELS = (6.4, -3.7, 2.5)


def figures_of_stability() -> dict[str, Any]:
    """The index lesion's volume and side after every change."""
    series = series_of(make_study(PhantomSpec(seed=1)))
    changes: dict[str, Callable[[sitk.Image, int], sitk.Image]] = {
        "as it is": lambda image, phase: image,
        "rows, columns and slices in reverse": lambda image, phase: sitk.Flip(image, (True, True, True)),
        f"the patient moved in the field of view by {', '.join(f'{n:+g}' for n in MOVE_VOXELS)} voxels": _moved,
        f"{CROP_MM:g} mm of the field of view cut off on all six sides": _cropped,
        f"resampled to voxels {COARSER:g} times as large": _coarser,
        f"noise of {NOISE_PERCENT:g} % of the brightest percentile added": _noisy,
    }
    found: dict[str, Any] = {}
    for name, change in changes.items():
        phases = tuple(Phase(change(phase.image, n), phase.time_s) for n, phase in enumerate(series.phases))
        try:
            lesion = segment(prepare(replace(series, phases=phases), SETTINGS), SETTINGS).index_lesion
        except Refused as reason:
            found[name] = {"refused": reason.code}
            continue
        cc = float(mask_of(lesion.mask).sum()) * voxel_cc(lesion.mask)
        found[name] = {"cc": round(cc, 3), "side": lesion.laterality.value}
    return found


def _moved(image: sitk.Image, phase: int) -> sitk.Image:
    # A resampling's transform leads from the new place to the old one.
    towards = [-n * step for n, step in zip(MOVE_VOXELS, image.GetSpacing(), strict=True)]
    move = sitk.TranslationTransform(3, towards)
    return sitk.Resample(image, image, move, sitk.sitkLinear, 0.0, image.GetPixelID(), True)


def _cropped(image: sitk.Image, phase: int) -> sitk.Image:
    margin = [round(CROP_MM / step) for step in image.GetSpacing()]
    return sitk.Crop(image, margin, margin)


def _coarser(image: sitk.Image, phase: int) -> sitk.Image:
    size = [int(n / COARSER) for n in image.GetSize()]
    spacing = [step * COARSER for step in image.GetSpacing()]
    return sitk.Resample(
        image, size, sitk.Transform(), sitk.sitkLinear, image.GetOrigin(), spacing, image.GetDirection()
    )


def _noisy(image: sitk.Image, phase: int) -> sitk.Image:
    values = values_of(image)
    sigma = NOISE_PERCENT / 100 * float(np.percentile(values, 99))
    real, imaginary = np.random.default_rng([1, phase]).normal(0, sigma, (2, *values.shape))
    return image_of(np.hypot(values + real, imaginary).astype(np.float32), image)
