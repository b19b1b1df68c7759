"""Where this version fails, in pictures for docs/known-failures.md: `make known-failures` draws them and prints the figures.

Every patient is synthetic, so what is true is known: the truth is green, what the program found is orange, and a
breast's outline is blue. The left half of a picture is the first phase, the right half what brightens from it to the early one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from validation.figures_of_a_case import SETTINGS, dice, series_of

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import Laterality, Phase
from tilscope.models.imaging.voxels import Mask, mask_of, values_of, voxel_cc
from tilscope.models.kinetics.maps import kinetic_maps
from tilscope.models.lesions.classical import segment
from tilscope.models.measure import measure_breast, measure_lesion
from tilscope.models.preparation.prepare import prepare
from tilscope.models.quality import Examined, assess
from tilscope.models.refusals import Refused
from tilscope.models.result import Verdict
from tilscope.phantom.cases import CASES, validation_case
from tilscope.phantom.spec import Background, CurveShape, Density, LesionSpec, PhantomSpec
from tilscope.phantom.study import make_study

GREEN, ORANGE, BLUE = (40, 220, 90), (255, 140, 0), (90, 150, 255)
#: Of a picture, in its own dots; and of what is shown around the breasts, in voxels.
_WIDTH, _MORE = 420, 10
_COLOURS = 128
Colour = tuple[int, int, int]
Crop = Callable[[sitk.Image], sitk.Image]


@dataclass(frozen=True)
class Failure:
    """A patient on whom this version fails, and what of her is shown."""

    name: str
    spec: PhantomSpec
    gland: bool = False
    """Show the gland rather than the lesion."""
    crop: Crop = lambda image: image
    """What the images are cut to."""
    imaged: Laterality | None = None
    """The breast that is left by the cut, where it is one."""


def _through_the_tumour(image: sitk.Image) -> sitk.Image:
    """The field of view ends in front in the middle of the tumour: its first 82 rows are not there."""
    return image[:, 82:, :]


def _right_half(image: sitk.Image) -> sitk.Image:
    """The right breast alone, as an exam that stores each breast as a series of its own."""
    return image[: image.GetSize()[0] // 2, :, :]


COARSE = PhantomSpec(seed=1, matrix=(192, 192, 60), spacing_mm=(1.85, 1.85, 2.2))
MARKED = replace(COARSE, background=Background.MARKED, density=Density.HETEROGENEOUS.typical)
_SLOW = LesionSpec(Laterality.LEFT, 16.0, curve=CurveShape.PERSISTENT)
PATCHY = replace(COARSE, seed=2, background=Background.MARKED, density=0.7, lesion=_SLOW)

FAILURES = (
    Failure("slow-lesion-in-marked-background", CASES["round"].change(MARKED)),
    Failure("non-mass-in-marked-background", validation_case(26)),
    Failure("one-breast-alone", PATCHY, crop=_right_half, imaged=Laterality.RIGHT),
    Failure("noise", replace(COARSE, snr=5.0)),
    Failure("without-fat-suppression", replace(COARSE, seed=2, fat_saturated=False), gland=True),
    Failure("cut-through-the-tumour", COARSE, crop=_through_the_tumour),
)


def picture(failure: Failure) -> tuple[Image.Image, str]:
    """The slice in which the true lesion is largest, and in words what became of the study."""
    study = make_study(failure.spec)
    whole = series_of(study)
    phases = tuple(Phase(failure.crop(phase.image), phase.time_s) for phase in whole.phases)
    series = replace(whole, phases=phases, laterality=failure.imaged or whole.laterality)
    truths = [mask_of(failure.crop(one.mask)) for one in study.truth.lesions]
    true = np.any(truths, axis=0)
    gland, breast = mask_of(failure.crop(study.truth.fgt)), mask_of(failure.crop(study.truth.breast))
    outlines: list[tuple[Mask, Colour]] = [(gland if failure.gland else true, GREEN)]
    try:
        prepared = prepare(series, SETTINGS)
        outlines.insert(0, (mask_of(prepared.breast), BLUE))
        regions = segment(prepared, SETTINGS)
    except Refused as refusal:
        cc = float(true.sum()) * voxel_cc(series.grid)
        told = f"refused ({refusal.code}): {refusal} The true lesion has {cc:.1f} cm3."
    else:
        found = (
            mask_of(regions.fgt) if failure.gland else np.any([mask_of(one.mask) for one in regions.lesions], axis=0)
        )
        outlines.append((found, ORANGE))
        told = _figures(regions, true, gland, mask_of(prepared.breast), breast) + _checked(prepared, regions)
    shown = int(np.argmax((true if true.any() else outlines[-1][0]).sum(axis=(1, 2))))
    before = values_of(series.phases[0].image)[shown]
    gain = np.clip(values_of(series.phases[series.roles.early].image)[shown] - before, 0, None)
    halves = [
        _drawn(slice_, series.grid, [(mask[shown], colour) for mask, colour in outlines]) for slice_ in (before, gain)
    ]
    return Image.fromarray(np.concatenate(halves, axis=1)).quantize(_COLOURS), told


def _figures(regions: Regions, true: Mask, gland: Mask, breast: Mask, true_breast: Mask) -> str:
    unit = voxel_cc(regions.fgt)
    fgt, lesions = mask_of(regions.fgt), np.any([mask_of(one.mask) for one in regions.lesions], axis=0)
    pairs = {"lesions": (true, lesions), "gland": (gland, fgt), "breast": (true_breast, breast)}
    return "; ".join(
        f"{name} {found.sum() * unit:.1f} cm3, truth {truth.sum() * unit:.1f} (Dice {dice(truth, found):.2f})"
        for name, (truth, found) in pairs.items()
    )


def _checked(prepared: PreparedSeries, regions: Regions) -> str:
    """What the quality gates say of it, as they say it in a report."""
    maps = kinetic_maps(prepared)
    lesions = tuple(measure_lesion(one, prepared, maps, SETTINGS) for one in regions.lesions)
    breast = measure_breast(prepared, regions, maps)
    found = assess(Examined(prepared, regions, lesions, breast, SETTINGS))
    return "; warned of: " + (", ".join(one.code for one in found if one.verdict is Verdict.WARN) or "nothing")


def _around(mask: Mask) -> tuple[slice, slice]:
    """The rows and columns of a slice's mask, and some more."""
    spans = [np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0)]
    down, across = (slice(max(int(span[0]) - _MORE, 0), int(span[-1]) + _MORE) for span in spans)
    return down, across


def _drawn(values: NDArray[np.float32], grid: sitk.Image, outlines: list[tuple[Mask, Colour]]) -> NDArray[np.uint8]:
    """A slice as a picture with outlines, rows and columns of equal size in mm."""
    top = max(float(np.percentile(values, 99.5)), 1.0)
    grey = np.clip(values / top * 255, 0, 255).astype(np.uint8)
    across, down = grid.GetSpacing()[:2]
    size = (_WIDTH, round(_WIDTH * values.shape[0] * down / (values.shape[1] * across)))
    shown = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR).convert("RGB")).copy()
    for mask, colour in outlines:
        large = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)) > 127
        shown[large & ~ndimage.binary_erosion(large)] = colour
    return shown


def main() -> None:
    arguments = argparse.ArgumentParser(prog="known_failures", description=__doc__)
    arguments.add_argument("--out", type=Path, required=True, help="where the pictures go")
    arguments.add_argument("--only", default="", help="those whose name holds this")
    asked = arguments.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for failure in FAILURES:
        if asked.only in failure.name:
            drawn, told = picture(failure)
            drawn.save(asked.out / f"{failure.name}.png", optimize=True)
            print(f"{failure.name}: {told}", flush=True)


if __name__ == "__main__":
    main()
