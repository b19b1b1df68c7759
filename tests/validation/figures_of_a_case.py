"""One phantom put through preparation, segmentation and measurement, and every figure of it against the truth.

The truth of a measurement is what the same formula gives on the images without noise inside the true masks: what
differs is then the segmentation and the noise, and not the definition.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from validation.truths import TrueLesion, distractors_of, true_breast, true_lesions

from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.voxels import Mask, image_of, mask_of, voxel_cc
from tilscope.models.kinetics.maps import kinetic_maps
from tilscope.models.measure import measure_breast, measure_lesion
from tilscope.models.preparation.prepare import prepare
from tilscope.models.refusals import Refused
from tilscope.models.segmenters.choice import segment
from tilscope.models.settings import PipelineSettings
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import PhantomStudy, make_study
from tilscope.phantom.truth import NO_FINDING

SETTINGS = PipelineSettings()

#: A region is a true lesion's when so much of either lies in the other, and they are alike by this Dice at least: what
#: swallows a lesion has not found it.
SHARED = 0.3
LEAST_DICE = 0.3

#: Signal over noise of the images that the truth is measured on.
NOISELESS = 1e6

#: What is compared with the truth, by the measurements' own ids.
OF_A_LESION = ("volume", "ftv", "pe_mean", "ser_mean")
OF_A_BREAST = ("bpe_mean", "fgt_volume")

Pair = tuple[float, float]


@dataclass(frozen=True)
class LesionFigures:
    """A true lesion and what was found of it."""

    diameter_mm: float
    volume_cc: float
    kind: str
    found: bool
    dice: float
    side_right: bool
    index: bool
    """Whether it was named the index lesion."""


@dataclass(frozen=True)
class FalseFigures:
    """A region that is no lesion."""

    volume_cc: float
    confidence: float
    organ: str
    """What it lies in most, or 'background'."""


@dataclass(frozen=True)
class CaseFigures:
    seed: int
    side: str
    what: str
    """The patient in a few words."""
    lesions: tuple[LesionFigures, ...] = ()
    false: tuple[FalseFigures, ...] = ()
    refused: str | None = None
    breast_dice: float | None = None
    fgt_dice: float | None = None
    pairs: dict[str, Pair] = field(default_factory=dict)
    """Truth and measurement, by id."""
    seconds: dict[str, float] = field(default_factory=dict)
    truth: str = Finding.MASS.value
    """What kind of answer is right; 'none' where there is nothing to find."""
    finding: str | None = None
    """What kind of answer there was; None of a refusal."""
    fat_saturated: bool = True

    @property
    def failed(self) -> bool:
        """Whether a lesion of 8 mm was missed, anything else found, or the answer was of another kind."""
        right = self.finding == self.truth if self.finding else self.truth == NO_FINDING and self.refused == "no-lesion"
        return not right or bool(self.false) or any(not one.found and one.diameter_mm >= 8 for one in self.lesions)

    def in_words(self) -> str:
        """What became of every lesion, and what else was found."""
        told = [f"refused ({self.refused})"] if self.refused else [f"{self.finding}, truth {self.truth}"]
        for one in self.lesions:
            told.append(f"{one.kind} of {one.diameter_mm:g} mm {f'Dice {one.dice:.2f}' if one.found else 'missed'}")
        told += [f"false: {one.organ} of {one.volume_cc:g} cm3, confidence {one.confidence:.2f}" for one in self.false]
        return "; ".join(told) or "nothing found"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> CaseFigures:
        return cls(
            **{
                **facts,
                "lesions": tuple(LesionFigures(**one) for one in facts["lesions"]),
                "false": tuple(FalseFigures(**one) for one in facts["false"]),
                "pairs": {name: (true, found) for name, (true, found) in facts["pairs"].items()},
            }
        )


def figures_of(spec: PhantomSpec, what: str) -> CaseFigures:
    """Everything that is measured on one phantom."""
    study = make_study(spec)
    series = series_of(study)
    clock = Stopwatch()
    right = NO_FINDING if study.truth.finding is None else study.truth.finding.value
    seen = CaseFigures(spec.seed, spec.imaged.value, what, truth=right, fat_saturated=spec.fat_saturated)
    lesions = true_lesions(study)
    try:
        prepared = prepare(series, SETTINGS)
    except Refused as reason:
        return replace(seen, refused=reason.code, lesions=_missed(lesions))
    clock.lap("preparation")
    seen = replace(seen, breast_dice=dice(mask_of(prepared.breast), true_breast(study)))
    try:
        regions = segment(prepared, SETTINGS)
    except Refused as reason:
        return replace(seen, refused=reason.code, lesions=_missed(lesions), seconds=clock.seconds)
    clock.lap("segmentation")
    measured = measure(prepared, regions)
    clock.lap("measurement")
    return replace(
        seen,
        finding=regions.finding.value,
        lesions=tuple(figures_of_a_lesion(lesion, regions) for lesion in lesions),
        false=tuple(_false(one, study) for one in _told(regions) if not is_a_lesion(one, lesions)),
        fgt_dice=dice(mask_of(regions.fgt), mask_of(study.truth.fgt)),
        pairs=_pairs(study, lesions, regions, measured),
        seconds=clock.seconds,
    )


def _told(regions: Regions) -> tuple[Lesion, ...]:
    """A candidate is no lesion that was told."""
    return () if regions.finding is Finding.CANDIDATES else regions.lesions


def series_of(study: PhantomStudy) -> DceSeries:
    """The phases of a phantom without DICOM between."""
    roles = study.truth.roles
    assert roles is not None, "this phantom's phases do not serve"
    phases = tuple(Phase(image, time_s) for image, time_s in zip(study.phases, study.times_s, strict=True))
    return DceSeries(phases, roles, study.spec.imaged, "injection of the phantom")


class Stopwatch:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now


def dice(one: Mask, other: Mask) -> float:
    """Twice what is shared over what both hold; 1 for two empty masks."""
    both = int(one.sum()) + int(other.sum())
    return round(2 * int((one & other).sum()) / both, 4) if both else 1.0


def measure(prepared: PreparedSeries, regions: Regions) -> dict[str, float]:
    """The index lesion's and the breast's measurements by id; without those that have no value."""
    maps = kinetic_maps(prepared)
    result = measure_lesion(regions.index_lesion, prepared, maps, SETTINGS)
    found = [*result.measurements, *measure_breast(prepared, regions, maps)]
    return {one.id: one.value for one in found if one.value is not None}


def _pairs(
    study: PhantomStudy, lesions: list[TrueLesion], regions: Regions, measured: dict[str, float]
) -> dict[str, Pair]:
    """The index lesion's measurements beside the truth of the lesion that it is, and the breast's."""
    truth = _truth_without_noise(study, lesions, regions)
    wanted = [*OF_A_BREAST, *(OF_A_LESION if _matching(regions.index_lesion, lesions) is not None else ())]
    return {name: (truth[name], measured[name]) for name in wanted if name in truth and name in measured}


def _truth_without_noise(study: PhantomStudy, lesions: list[TrueLesion], regions: Regions) -> dict[str, float]:
    still = replace(study.spec.artefacts, ghosts=0.0, wrap=0.0)
    series = series_of(make_study(replace(study.spec, snr=NOISELESS, motion=None, artefacts=still)))
    breast = image_of(true_breast(study), series.grid)
    prepared = PreparedSeries(series, series, breast, None)
    match = _matching(regions.index_lesion, lesions)
    mask = lesions[match].mask if match is not None else mask_of(regions.index_lesion.mask)
    index = Lesion(1, image_of(mask, series.grid), regions.index_lesion.laterality, 1.0)
    return measure(prepared, Regions(breast, study.truth.fgt, (index,), "truth", "1"))


def figures_of_a_lesion(lesion: TrueLesion, regions: Regions) -> LesionFigures:
    overlaps = [dice(mask_of(found.mask), lesion.mask) for found in regions.lesions]
    best = int(np.argmax(overlaps))
    found = regions.lesions[best]
    return LesionFigures(
        diameter_mm=lesion.diameter_mm,
        volume_cc=lesion.volume_cc,
        kind=lesion.kind,
        found=_is_found(mask_of(found.mask), lesion.mask),
        dice=overlaps[best],
        side_right=found.laterality is lesion.side,
        index=best == 0,
    )


def _missed(lesions: list[TrueLesion]) -> tuple[LesionFigures, ...]:
    return tuple(LesionFigures(one.diameter_mm, one.volume_cc, one.kind, False, 0.0, True, False) for one in lesions)


def _matching(found: Lesion, lesions: list[TrueLesion]) -> int | None:
    """The true lesion that a region is, by the larger Dice."""
    inside = mask_of(found.mask)
    overlaps = [dice(inside, lesion.mask) if _is_found(inside, lesion.mask) else 0.0 for lesion in lesions]
    best = int(np.argmax(overlaps)) if overlaps else -1
    return best if overlaps and overlaps[best] > 0 else None


def is_a_lesion(found: Lesion, lesions: list[TrueLesion]) -> bool:
    """A piece of a large lesion is that lesion; a region that swallows a small one is none."""
    inside = mask_of(found.mask)
    return any(int((inside & lesion.mask).sum()) >= SHARED * int(inside.sum()) for lesion in lesions)


def _is_found(found: Mask, true: Mask) -> bool:
    shared, smaller = int((found & true).sum()), min(int(found.sum()), int(true.sum()))
    return shared > 0 and shared >= SHARED * smaller and dice(found, true) >= LEAST_DICE


def _false(found: Lesion, study: PhantomStudy) -> FalseFigures:
    inside = mask_of(found.mask)
    shares = {name: float(mask[inside].mean()) for name, mask in distractors_of(study).items()}
    organ = max(shares, key=lambda name: shares[name], default="")
    named = organ if organ and shares[organ] >= SHARED else "background"
    return FalseFigures(round(float(inside.sum()) * voxel_cc(found.mask), 3), found.confidence, named)
