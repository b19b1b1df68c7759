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
from tilscope.models.imaging.series import DceSeries, Laterality, Phase
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
from tilscope.phantom.study import PhantomStudy, make_study

_STROKE = 2
#: A picture has a palette: greys, then the inks.
_GREYS = range(253)
GREEN, ORANGE, BLUE = 253, 254, 255
INKS = ((40, 220, 90), (255, 140, 0), (90, 150, 255))
#: Of a picture, in its own dots; and of what is shown around the breasts, in voxels.
_WIDTH, _MORE = 380, 12
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


@dataclass(frozen=True, eq=False)
class Truth:
    """What a perfect reader would find, on the images as they were cut."""

    lesions: Mask
    gland: Mask
    breast: Mask

    @classmethod
    def of(cls, study: PhantomStudy, crop: Crop) -> Truth:
        lesions = np.any([mask_of(crop(one.mask)) for one in study.truth.lesions], axis=0)
        return cls(lesions, mask_of(crop(study.truth.fgt)), mask_of(crop(study.truth.breast)))


@dataclass(frozen=True, eq=False)
class Found:
    """What the program made of the images, as far as it came."""

    told: str
    breast: Mask | None = None
    regions: Regions | None = None

    def outline(self, of_gland: bool) -> Mask | None:
        """Its lesions, or its gland."""
        if self.regions is None:
            return None
        if of_gland:
            return mask_of(self.regions.fgt)
        return np.any([mask_of(one.mask) for one in self.regions.lesions], axis=0)


def picture(failure: Failure) -> tuple[Image.Image, str]:
    """The slice in which the lesion is largest, the true one where there is one; and in words what became of the study."""
    study = make_study(failure.spec)
    truth, series = Truth.of(study, failure.crop), _series(failure, study)
    found = _found(series, truth)
    outlines = [
        (found.breast, BLUE),
        (truth.gland if failure.gland else truth.lesions, GREEN),
        (found.outline(failure.gland), ORANGE),
    ]
    drawn = [(mask, ink) for mask, ink in outlines if mask is not None]
    largest = truth.lesions if truth.lesions.any() else drawn[-1][0]
    shown = int(np.argmax(largest.sum(axis=(1, 2))))
    return _halves(series, shown, [(mask[shown], ink) for mask, ink in drawn]), found.told


def _series(failure: Failure, study: PhantomStudy) -> DceSeries:
    whole = series_of(study)
    phases = tuple(Phase(failure.crop(phase.image), phase.time_s) for phase in whole.phases)
    return replace(whole, phases=phases, laterality=failure.imaged or whole.laterality)


def _found(series: DceSeries, truth: Truth) -> Found:
    breast = None
    try:
        prepared = prepare(series, SETTINGS)
        breast = mask_of(prepared.breast)
        regions = segment(prepared, SETTINGS)
    except Refused as refusal:
        cc = float(truth.lesions.sum()) * voxel_cc(series.grid)
        return Found(f"refused ({refusal.code}): {refusal} The true lesion has {cc:.1f} cm3.", breast)
    return Found(_figures(regions, breast, truth) + _checked(prepared, regions), breast, regions)


def _figures(regions: Regions, breast: Mask, truth: Truth) -> str:
    unit = voxel_cc(regions.fgt)
    lesions = np.any([mask_of(one.mask) for one in regions.lesions], axis=0)
    pairs = {
        "lesions": (truth.lesions, lesions),
        "gland": (truth.gland, mask_of(regions.fgt)),
        "breast": (truth.breast, breast),
    }
    return "; ".join(
        f"{name} {found.sum() * unit:.1f} cm3, truth {true.sum() * unit:.1f} (Dice {dice(true, found):.2f})"
        for name, (true, found) in pairs.items()
    )


def _checked(prepared: PreparedSeries, regions: Regions) -> str:
    """What the quality gates say of it, as they say it in a report."""
    maps = kinetic_maps(prepared)
    lesions = tuple(measure_lesion(one, prepared, maps, SETTINGS) for one in regions.lesions)
    breast = measure_breast(prepared, regions, maps)
    found = assess(Examined(prepared, regions, lesions, breast, SETTINGS))
    return "; warned of: " + (", ".join(one.code for one in found if one.verdict is Verdict.WARN) or "nothing")


def _halves(series: DceSeries, shown: int, outlines: list[tuple[Mask, int]]) -> Image.Image:
    """Two pictures of one slice side by side, cut to what is outlined; whole where no breast was found."""
    before = values_of(series.phases[0].image)[shown]
    gain = np.clip(values_of(series.phases[series.roles.early].image)[shown] - before, 0, None)
    whole = np.ones_like(before, dtype=bool)
    part = _around(np.any([mask for mask, _ in outlines], axis=0) if outlines[0][1] == BLUE else whole)
    inked = [(mask[part], ink) for mask, ink in outlines]
    sheet = Image.fromarray(np.concatenate([_drawn(one[part], series.grid, inked) for one in (before, gain)], axis=1))
    sheet.putpalette(
        [grey for level in range(len(_GREYS)) for grey in (level,) * 3] + [value for ink in INKS for value in ink]
    )
    return sheet


def _around(mask: Mask) -> tuple[slice, slice]:
    """The rows and columns of a slice's mask, and some more."""
    spans = [np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0)]
    down, across = (slice(max(int(span[0]) - _MORE, 0), int(span[-1]) + _MORE) for span in spans)
    return down, across


def _drawn(values: NDArray[np.float32], grid: sitk.Image, outlines: list[tuple[Mask, int]]) -> NDArray[np.uint8]:
    """A slice as greys with outlines in ink, rows and columns of equal size in mm."""
    top = max(float(np.percentile(values, 99.5)), 1.0)
    grey = np.clip(values / top * _GREYS[-1], 0, _GREYS[-1]).astype(np.uint8)
    across, down = grid.GetSpacing()[:2]
    size = (_WIDTH, round(_WIDTH * values.shape[0] * down / (values.shape[1] * across)))
    shown = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR)).copy()
    for mask, ink in outlines:
        large = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)) > 127
        shown[large & ~ndimage.binary_erosion(large, iterations=_STROKE)] = ink
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
