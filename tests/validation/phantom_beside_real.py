"""How the phantoms like patients look beside the real exams, in figures: writes the table of docs/phantom.md.

    PYTHONPATH=.:tests python -m validation.phantom_beside_real

A real exam is measured in windows that were placed by eye where only one tissue is, a phantom by its truth; the figures are the
same. The ranges of the phantoms are to hold the real exams, and to be wider: two patients are not all patients.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage
from validation.cases import exams
from validation.kept import ROOT, kept, sources_digest
from validation.real_exams import A03M, BR06, RealExam

from tilscope.models.imaging.voxels import Mask, Volume, mask_of, values_of
from tilscope.phantom.anatomy.breasts import torso_distance
from tilscope.phantom.patients import patient_like
from tilscope.phantom.study import PhantomStudy, make_study

BEGIN, END = "<!-- beside the real exams: begin -->", "<!-- beside the real exams: end -->"
#: Slices, rows and columns on the grid of the series with the tumour.
WINDOWS: dict[str, dict[str, tuple[slice, slice, slice]]] = {
    BR06: {
        "fat": (slice(22, 27), slice(118, 140), slice(150, 175)),
        "gland": (slice(38, 46), slice(85, 115), slice(100, 130)),
        "muscle": (slice(40, 45), slice(95, 135), slice(192, 206)),
    },
    A03M: {
        "fat": (slice(25, 30), slice(52, 70), slice(128, 142)),
        "gland": (slice(25, 30), slice(110, 155), slice(62, 105)),
        "muscle": (slice(25, 30), slice(30, 55), slice(160, 185)),
    },
}
#: What in a window of gland is gland: over this part of its 95th percentile.
_GLAND_PART = 0.5
#: Immerkaer's mask, whose answer to a plane is 0 and to noise of SD 1 has SD 6.
_NOISE_MASK = np.outer([1, -2, 1], [1, -2, 1]).astype(float)
_FAR_MM = 12.0


@dataclass(frozen=True, eq=False)
class Sample:
    """Three phases of a patient and where her tissues are."""

    pre: Volume
    early: Volume
    late: Volume
    fat: Mask
    gland: Mask
    muscle: Mask
    tumour: Mask
    spacing: tuple[float, float, float]
    """Of slices, rows and columns, mm."""

    def figures(self) -> dict[str, float]:
        """What is compared, by name; without what this patient does not have."""
        return dict(self._figures())

    def _figures(self) -> Iterator[tuple[str, float]]:
        gland = float(np.median(self.pre[self.gland]))
        yield "noise of fat over the gland's signal, %", 100 * _noise(self.pre, self.fat) / gland
        yield "fat over gland", float(np.median(self.pre[self.fat])) / gland
        yield "muscle over gland", float(np.median(self.pre[self.muscle])) / gland
        low, high = np.percentile(self.pre[self.gland], [10, 90])
        yield "gland, 10th percentile over its median", float(low) / gland
        yield "gland, 90th percentile over its median", float(high) / gland
        yield "local contrast of gland (SD within 5 mm over the mean), %", 100 * self._local_contrast()
        yield "texture: where the gland's correlation falls to a half, mm", self._half_correlation_mm()
        pe = 100 * (self.early - self.pre) / np.maximum(self.pre, 1e-3)
        for percent in (50, 95):
            yield f"PE of gland, {percent}th percentile, %", float(np.percentile(_smoothed(pe, self.gland), percent))
        if self.tumour.any():
            for percent in (5, 50, 95):
                yield f"PE of tumour, {percent}th percentile, %", float(np.percentile(pe[self.tumour], percent))
            washed = (self.early > self.late)[self.tumour].mean()
            yield "tumour with washout, %", 100 * float(washed)
            yield "tumour over gland before contrast", float(np.median(self.pre[self.tumour])) / gland

    def _local_contrast(self) -> float:
        size = [max(1, round(5 / step)) for step in self.spacing]
        mean = ndimage.uniform_filter(self.pre, size)
        spread = np.sqrt(np.maximum(ndimage.uniform_filter(self.pre**2, size) - mean**2, 0))
        return float(np.median((spread / np.maximum(mean, 1e-3))[self.gland]))

    def _half_correlation_mm(self) -> float:
        """Along the rows, within the gland; noise, which correlates over no distance, is left out by beginning at one voxel."""
        step = self.spacing[2]
        values = self.pre - self.pre[self.gland].mean()
        products = []
        for lag in range(1, round(_FAR_MM / step) + 1):
            both = self.gland[:, :, lag:] & self.gland[:, :, :-lag]
            pairs = values[:, :, lag:][both] * values[:, :, :-lag][both]
            products.append(float(pairs.mean()) if both.any() else 0.0)
        below = np.flatnonzero(np.array(products) < 0.5 * products[0])
        return step * (1 + int(below[0])) if below.size else _FAR_MM


def _noise(volume: Volume, where: Mask) -> float:
    """SD of the noise, from what a plane through nine neighbours does not explain."""
    answer = np.stack([ndimage.convolve(one, _NOISE_MASK) for one in volume.astype(float)])
    return float(np.sqrt(np.pi / 2) / 6 * np.abs(answer[where]).mean())


def _smoothed(pe: Volume, where: Mask) -> Volume:
    """Over three voxels each way in the slices: of one voxel, noise would be the percentile."""
    return np.asarray(ndimage.uniform_filter(pe, (1, 3, 3))[where])


def of_exam(exam: RealExam) -> Sample:
    """Early and late are the phases nearest to 150 and 450 s after the injection."""
    size = exam.known.tumour.GetSize()
    phases = [next(one.image for one in members if one.image.GetSize() == size) for members in exam.phases]
    pre, early, late = (values_of(phases[n]) for n in ((0, 1, 2) if len(phases) == 3 else (0, 2, 5)))
    masks = {}
    for tissue, window in WINDOWS[exam.name].items():
        mask = np.zeros(pre.shape, bool)
        mask[window] = True
        masks[tissue] = mask
    seen = ndimage.gaussian_filter(pre, (0, 1, 1))
    masks["gland"] &= seen > _GLAND_PART * np.percentile(seen[WINDOWS[exam.name]["gland"]], 95)
    return Sample(pre, early, late, **masks, tumour=mask_of(exam.known.tumour), spacing=_spacing(phases[0]))


def of_phantom(study: PhantomStudy) -> Sample | None:
    """None of a patient without enough gland to measure, or with fat that is not suppressed."""
    truth, roles = study.truth, study.truth.roles
    assert roles is not None
    gland = ndimage.binary_erosion(mask_of(truth.fgt))
    if not study.spec.fat_saturated or gland.sum() < 500:
        return None
    breast = mask_of(truth.breast)
    others = mask_of(truth.fgt) | np.any([mask_of(one) for one in truth.distractors.values()], axis=0)
    tumour = np.any([mask_of(one.mask) for one in truth.lesions], axis=0) if truth.lesions else np.zeros_like(gland)
    if truth.diffuse is not None:
        tumour = mask_of(truth.diffuse.mask)
    fat = breast & ~ndimage.binary_dilation(others | tumour, iterations=2)
    pre, early, late = (values_of(study.phases[n]) for n in (roles.pre, roles.early, roles.late))
    # The muscle begins 9 mm under the skin over the breastbone, and is not thinner than 6 mm.
    x, y, z = (np.broadcast_to(line, breast.shape) for line in study.spec.grid.coordinates())
    behind = -torso_distance((x, y, z))
    muscle = (behind > 11) & (behind < 16) & (np.abs(np.abs(x) - 76) < 25) & (np.abs(z) < 40)
    if not fat.any() or not muscle.any():
        return None
    return Sample(pre, early, late, fat, gland, muscle, tumour, _spacing(study.phases[0]))


def _spacing(image: sitk.Image) -> tuple[float, float, float]:
    across, down, between = image.GetSpacing()
    return between, down, across


def table(real: dict[str, dict[str, float]], phantoms: Sequence[dict[str, float]]) -> list[str]:
    """One row a figure: the real exams, and the phantoms' median and range."""
    names = list(dict.fromkeys(name for one in (*real.values(), *phantoms) for name in one))
    lines = [
        f"| figure | {' | '.join(real)} | phantoms, median | 5 % to 95 % | holds both |",
        "|---|" + "---|" * (len(real) + 3),
    ]
    for name in names:
        values = np.array([one[name] for one in phantoms if name in one])
        low, middle, high = np.percentile(values, [5, 50, 95])
        found = [one[name] for one in real.values()]
        holds = all(low <= value <= high for value in found)
        cells = [
            *(f"{value:.3g}" for value in found),
            f"{middle:.3g}",
            f"{low:.3g} to {high:.3g}",
            "yes" if holds else "**no**",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _kept_figures(seed: int) -> dict[str, float]:
    """Of a phantom; empty where it cannot be measured."""

    def compute() -> dict[str, float]:
        sample = of_phantom(make_study(patient_like(seed)))
        return {} if sample is None else sample.figures()

    return kept(f"beside-{seed}", compute, sources_digest(("phantom", "tests/validation/phantom_beside_real.py")))


def main() -> None:
    arguments = argparse.ArgumentParser(prog="phantom_beside_real", description=__doc__)
    arguments.add_argument("--seeds", type=int, default=40, help="how many phantoms, from seed 1 on")
    arguments.add_argument("--page", type=Path, default=ROOT / "docs" / "phantom.md")
    asked = arguments.parse_args()
    real = {name: of_exam(exam).figures() for name, exam in exams().items()}
    phantoms = [found for seed in range(1, asked.seeds + 1) if (found := _kept_figures(seed))]
    page = asked.page.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    told = f"{len(phantoms)} of seeds 1 to {asked.seeds}: those with suppressed fat and enough gland to measure."
    asked.page.write_text(
        f"{before}{BEGIN}\n{told}\n\n" + "\n".join(table(real, phantoms)) + f"\n{END}{after}", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
