"""Small differences that no reader and no scanner can avoid, made on purpose: of the outline, of the patient's place, of noise.

Images are in units of the signal and masks are 0 and 1, all on the grid of one series; transforms lead from a place on the new
image to that on the old one, in mm of the patient (LPS).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.voxels import box_of, image_of, mask_of, values_of
from tilscope.models.lesions.classical import regions_of
from tilscope.models.preparation.prepare import prepare
from tilscope.models.refusals import BadInput, Refused
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.models.signatures.spread import outline_changed, outline_moved, with_outline

SHIFT_MM, TURN_DEGREES = 1.0, 5.0
#: SD of the noise that is added, as a part of the gland's median before contrast: what is 2 where the gland has 48.
NOISE_PART = 2 / 48

ImageChange = Callable[[sitk.Image], sitk.Image]


@dataclass(frozen=True)
class Perturbation:
    """Of the outline alone, so that the images need no new preparation; or of images and outline together."""

    words: str
    """After 'with': 'an outline one voxel wider'."""
    outline: ImageChange | None = None
    together: Callable[[DceSeries, Regions], tuple[DceSeries, ImageChange]] | None = None
    """The changed series, and what becomes of a mask on it."""


def with_images(series: DceSeries, change: ImageChange) -> DceSeries:
    """The series with every phase changed."""
    phases = tuple(Phase(change(phase.image), phase.time_s) for phase in series.phases)
    return replace(series, phases=phases)


def moved_image(image: sitk.Image, transform: sitk.Transform) -> sitk.Image:
    """A linear interpolation would smooth the noise away, and texture with it: cubic B-splines."""
    smooth = sitk.Resample(image, image, transform, sitk.sitkBSpline, 0.0, sitk.sitkFloat32, True)
    return sitk.Clamp(smooth, sitk.sitkFloat32, 0.0, 1e9)


def moved_mask(mask: sitk.Image, transform: sitk.Transform) -> sitk.Image:
    """A voxel belongs to it from a half on."""
    share = sitk.Resample(sitk.Cast(mask, sitk.sitkFloat32), mask, transform, sitk.sitkLinear, 0.0, sitk.sitkFloat32)
    return sitk.Cast(share >= 0.5 - 1e-5, sitk.sitkUInt8)


def shift() -> sitk.Transform:
    """The same way along all three axes."""
    return sitk.TranslationTransform(3, [SHIFT_MM / np.sqrt(3)] * 3)


def turn(lesion: sitk.Image) -> sitk.Transform:
    """About the patient's head-foot axis through the middle of the lesion: the patient has rolled a little."""
    box = box_of(mask_of(lesion))
    middle = [(part.start + part.stop - 1) / 2 for part in box[::-1]]
    rolled = sitk.Euler3DTransform()
    rolled.SetCenter(lesion.TransformContinuousIndexToPhysicalPoint(middle))
    rolled.SetRotation(0.0, 0.0, float(np.radians(TURN_DEGREES)))
    return rolled


def with_noise(series: DceSeries, sd: float) -> DceSeries:
    """Noise of a magnitude image (Rician): in each phase another, in each run the same."""
    random = np.random.default_rng(16)

    def change(image: sitk.Image) -> sitk.Image:
        values = values_of(image)
        real, imaginary = random.normal(0, sd, (2, *values.shape))
        return image_of(np.hypot(values + real, imaginary).astype(np.float32), image)

    return with_images(series, change)


def _moved(series: DceSeries, transform: sitk.Transform) -> tuple[DceSeries, ImageChange]:
    return (
        with_images(series, lambda image: moved_image(image, transform)),
        lambda mask: moved_mask(mask, transform),
    )


def _noisy(series: DceSeries, regions: Regions) -> tuple[DceSeries, ImageChange]:
    gland = mask_of(regions.fgt)
    where = gland if gland.any() else mask_of(regions.breast)
    median = float(np.median(series.phases[series.roles.pre].at(where)))
    return with_noise(series, NOISE_PART * median), lambda mask: mask


PERTURBATIONS: dict[str, Perturbation] = {
    "wider": Perturbation("an outline one voxel wider", lambda mask: outline_changed(mask, 1)),
    "narrower": Perturbation("an outline one voxel narrower", lambda mask: outline_changed(mask, -1)),
    "displaced": Perturbation("an outline one voxel aside", outline_moved),
    "shifted": Perturbation(
        f"a patient {SHIFT_MM:g} mm away", together=lambda series, regions: _moved(series, shift())
    ),
    "turned": Perturbation(
        f"a patient rolled by {TURN_DEGREES:g} degrees",
        together=lambda series, regions: _moved(series, turn(regions.index_lesion.mask)),
    ),
    "noisy": Perturbation(f"noise of {100 * NOISE_PART:.0f} % of the gland's signal", together=_noisy),
}


def perturbations_named(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of the table; all where none is named."""
    wanted = set(names) or set(PERTURBATIONS)
    if unknown := wanted - PERTURBATIONS.keys():
        raise BadInput("unknown-change", name=sorted(unknown)[0], known=", ".join(PERTURBATIONS))
    return tuple(name for name in PERTURBATIONS if name in wanted)


def perturbed(
    prepared: PreparedSeries, regions: Regions, change: Perturbation, settings: PipelineSettings
) -> tuple[PreparedSeries, Regions]:
    """The case after a change; where the images are changed, bias field, breast and glands are found anew.

    Refused where nothing is left of the lesion.
    """
    if change.outline is not None:
        regions = with_outline(regions, change.outline)
    if change.together is not None:
        series, of_mask = change.together(prepared.series, regions)
        # The phases lie on each other already, and registration must not take the change back.
        prepared = prepare(series, replace(settings, motion=MotionSettings(register=False)))
        lesions = [replace(lesion, mask=of_mask(lesion.mask)) for lesion in regions.lesions]
        regions = regions_of(prepared, find_fgt(prepared), lesions)
    if not mask_of(regions.index_lesion.mask).any():
        raise Refused("nothing-left", change=change.words)
    return prepared, regions
