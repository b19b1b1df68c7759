"""One real study through the product, from its DICOM files, and what came of it on the grid of what is known."""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import SimpleITK as sitk
from validation.figures_of_a_case import dice
from validation.real_exams import KnownTumour, RealExam

import tilscope
from tilscope.models.imaging.regions import Lesion
from tilscope.models.imaging.voxels import Mask, image_of, mask_of, voxel_cc

#: A lesion of which less lies where the tumour is, is another one.
LEAST_IN_ZONE = 0.3


@dataclass(frozen=True)
class RealCase:
    """An exam as it is stored, or as something changed it."""

    exam: str
    name: str
    changed: bool
    """Whether it is compared with the exam as it is; else it is another way of storing the same."""
    refusal_is_right: bool = False
    may_be_refused: bool = False

    @property
    def key(self) -> str:
        """For the kept figures."""
        return f"{self.exam} {self.name}".replace(",", "").replace(" ", "-")


@dataclass(frozen=True)
class RealLesion:
    number: int
    cc: float
    confidence: float
    in_zone: float
    """The part of it that lies where the tumour is."""


@dataclass(frozen=True, eq=False)
class RealFigures:
    """What the product answered, and its regions on the grid of what is known."""

    answer: str
    """The finding, or 'refused' with the code."""
    sentence: str
    """Of a refusal."""
    lesions: tuple[RealLesion, ...]
    dice: float
    """Of the index lesion and the tumour; where the trial's rule counts, of all lesions by that rule."""
    outside: float
    """The part of that rule in lesions that lies outside the trial's box."""
    masks: dict[str, str]
    """Packed: lesions, index lesion, gland, breast and field of view."""
    seconds: float

    @property
    def refused(self) -> bool:
        return self.answer.startswith("refused")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> RealFigures:
        return cls(**{**facts, "lesions": tuple(RealLesion(**one) for one in facts["lesions"])})


def cases_of(exam: RealExam) -> dict[RealCase, Callable[[Path], None]]:
    """All cases of an exam, and how each is written into a folder."""
    found: dict[RealCase, Callable[[Path], None]] = {
        RealCase(exam.name, f"stored {storage}", False): write for storage, write in exam.stored.items()
    }
    for one in exam.perturbations:
        case = RealCase(exam.name, one.name, True, one.refusal_is_right, one.may_be_refused)
        found[case] = lambda folder, one=one: exam.write(one, folder)
    return found


def figures_of_a_real_case(exam: RealExam, case: RealCase) -> RealFigures:
    """Write the study, score it as a user would, and bring its regions onto the grid of what is known."""
    there = next((one.there for one in exam.perturbations if one.name == case.name), sitk.Transform())
    with TemporaryDirectory(prefix="tilscope-validation-") as folder:
        study = Path(folder) / "study"
        cases_of(exam)[case](study)
        before = time.perf_counter()
        try:
            result = tilscope.score(study)
        except tilscope.Refused as refusal:
            seconds = round(time.perf_counter() - before, 1)
            return RealFigures(f"refused ({refusal.code})", str(refusal), (), 0.0, 0.0, {}, seconds)
    return _judged_by(exam.known, result, there, round(time.perf_counter() - before, 1))


def _judged_by(known: KnownTumour, result: tilscope.Result, there: sitk.Transform, seconds: float) -> RealFigures:
    tumour, zone = mask_of(known.tumour), mask_of(known.zone)
    counted = np.ones_like(tumour) if known.counted is None else mask_of(known.counted)
    nothing = np.zeros_like(tumour)
    here = {name: nothing.copy() for name in ("lesions", "index", "fgt", "breast", "view")}
    lesions: list[RealLesion] = []
    for one in result.images:
        regions = one.regions
        for lesion in regions.lesions:
            placed = _placed(lesion.mask, known.tumour, there)
            lesions.append(_real_lesion(lesion, placed, zone))
            here["lesions"] |= placed
            if lesion.number == 1:
                here["index"] |= placed
        here["fgt"] |= _placed(regions.fgt, known.tumour, there)
        here["breast"] |= _placed(regions.breast, known.tumour, there)
        here["view"] |= _placed(image_of(np.ones_like(mask_of(regions.breast)), regions.breast), known.tumour, there)
    compared = (here["index"] if known.counted is None else here["lesions"]) & counted
    return RealFigures(
        answer=" and ".join(sorted({one.regions.finding.value for one in result.images})),
        sentence="; ".join(one.reason for one in result.refused_series),
        lesions=tuple(lesions),
        dice=dice(compared, tumour & here["view"]),
        outside=round(float((compared & ~zone).sum() / max(1, compared.sum())), 4),
        masks={name: packed(mask) for name, mask in here.items()},
        seconds=seconds,
    )


def _placed(mask: sitk.Image, onto: sitk.Image, there: sitk.Transform) -> Mask:
    return mask_of(sitk.Resample(mask, onto, there, sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8))


def _real_lesion(lesion: Lesion, placed: Mask, zone: Mask) -> RealLesion:
    """A lesion of the other breast has no voxel on this grid, and lies outside the zone."""
    cc = float(mask_of(lesion.mask).sum()) * voxel_cc(lesion.mask)
    inside = float((placed & zone).sum() / placed.sum()) if placed.any() else 0.0
    return RealLesion(lesion.number, round(cc, 3), lesion.confidence, round(inside, 3))


def packed(mask: Mask) -> str:
    """A mask as text, to be kept in JSON."""
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode()


def unpacked(text: str, shape: tuple[int, ...]) -> Mask:
    bits = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    return np.unpackbits(bits, count=int(np.prod(shape))).reshape(shape).astype(bool)
