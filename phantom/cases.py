"""Patients that are ready to use: a few with names, and as many random ones as a validation needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.lesion_spec import CurveShape, Distractors, LesionKind, LesionSpec
from tilscope.phantom.protocols import PROTOCOLS
from tilscope.phantom.spec import Background, Density, PhantomSpec
from tilscope.phantom.texture import generator

_LEFT, _RIGHT = Laterality.LEFT, Laterality.RIGHT


@dataclass(frozen=True)
class PhantomCase:
    meaning: str
    change: Callable[[PhantomSpec], PhantomSpec]
    """What it makes of a patient."""


def _density(word: Density, meaning: str) -> PhantomCase:
    return PhantomCase(f"density {word.value}: {meaning}", lambda spec: replace(spec, density=word.typical))


def _one(meaning: str, kind: LesionKind, diameter_mm: float, curve: CurveShape = CurveShape.WASHOUT) -> PhantomCase:
    core = kind is LesionKind.LOBULATED
    return PhantomCase(
        meaning,
        lambda spec: replace(
            spec,
            lesion=LesionSpec(_side(spec), diameter_mm, curve=curve, necrotic_core=core, kind=kind),
            more_lesions=(),
        ),
    )


def _healthy(meaning: str, background: Background) -> PhantomCase:
    return PhantomCase(meaning, lambda spec: replace(spec, lesion=None, more_lesions=(), background=background))


def _with(meaning: str, **distractors: Any) -> PhantomCase:
    return PhantomCase(meaning, lambda spec: replace(spec, distractors=replace(spec.distractors, **distractors)))


def _side(spec: PhantomSpec) -> Laterality:
    """The breast that every examination of this patient shows."""
    return spec.lesion.side if spec.lesion is not None else spec.sides[-1]


def _multifocal(spec: PhantomSpec) -> PhantomSpec:
    side = _side(spec)
    more = (LesionSpec(side, 12.0, necrotic_core=False), LesionSpec(side, 8.0, necrotic_core=False))
    return replace(spec, lesion=LesionSpec(side, 26.0), more_lesions=more)


def _both_breasts(spec: PhantomSpec) -> PhantomSpec:
    other = LesionSpec(_RIGHT, 14.0, curve=CurveShape.PLATEAU, necrotic_core=False)
    return replace(spec, lesion=LesionSpec(_LEFT, 24.0), more_lesions=(other,))


def _small_breasts(spec: PhantomSpec) -> PhantomSpec:
    lesion = None if spec.lesion is None else replace(spec.lesion, diameter_mm=min(spec.lesion.diameter_mm, 14.0))
    return replace(spec, breast_size=0.7, lesion=lesion)


CASES: MappingProxyType[str, PhantomCase] = MappingProxyType(
    {
        "density-a": _density(Density.ALMOST_ENTIRELY_FAT, "almost entirely fat"),
        "density-b": _density(Density.SCATTERED, "scattered gland"),
        "density-c": _density(Density.HETEROGENEOUS, "heterogeneously dense"),
        "density-d": _density(Density.EXTREME, "extremely dense"),
        "round": _one("a smooth ball of 12 mm, persistent", LesionKind.ROUND, 12.0, CurveShape.PERSISTENT),
        "lobulated": _one("a lobulated mass of 30 mm with a necrotic core", LesionKind.LOBULATED, 30.0),
        "spiculated": _one("a spiculated mass of 22 mm", LesionKind.SPICULATED, 22.0),
        "rim": _one("a mass of 26 mm that enhances at its rim", LesionKind.RIM, 26.0),
        "non-mass": _one("non-mass enhancement 50 mm long, plateau", LesionKind.NON_MASS, 50.0, CurveShape.PLATEAU),
        "small-lesion": _one("a ball of 6 mm", LesionKind.ROUND, 6.0),
        "multifocal": PhantomCase("lesions of 26, 12 and 8 mm in one breast", _multifocal),
        "both-breasts": PhantomCase("24 mm on the left, 14 mm on the right", _both_breasts),
        "no-lesion-minimal": _healthy("no lesion, minimal background enhancement", Background.MINIMAL),
        "no-lesion-marked": _healthy("no lesion, marked background enhancement", Background.MARKED),
        "nodes": _with("three axillary nodes a side", nodes_a_side=3),
        "cysts": _with("four cysts a breast", cysts=4),
        "implants": _with("silicone implants behind the gland", implants=True),
        "small-breasts": PhantomCase("breasts of 0.7 the usual length, lesion up to 14 mm", _small_breasts),
        "large-breasts": PhantomCase("breasts of 1.3 the usual length", lambda spec: replace(spec, breast_size=1.3)),
        "not-fat-saturated": PhantomCase("without fat saturation", lambda spec: replace(spec, fat_saturated=False)),
        **{name: PhantomCase(protocol.meaning, protocol.image) for name, protocol in PROTOCOLS.items()},
    }
)


def validation_case(seed: int) -> PhantomSpec:
    """A random patient under a random protocol, for measuring on patients that nothing was tuned to.

    | what | distribution |
    |---|---|
    | protocol | GE, Siemens, Philips axial (1/4 each, in-plane matrix halved for speed), GE sagittal (1/4) |
    | imaged side of a sagittal one | right or left, the lesion's own |
    | lesions | none 1/6; one 7/12; two or three in one breast 1/6; one in each breast 1/12 |
    | kind | lobulated 0.35, spiculated 0.25, round 0.15, rim 0.15, non-mass 0.10 |
    | diameter of the index lesion | log-uniform, 6 to 50 mm (non-mass 20 to 55), at most 55 mm times the breast size |
    | diameter of each further lesion | 5 to 15 mm |
    | curve | washout 0.5, plateau 0.3, persistent 0.2 |
    | density | uniform 0.03 to 0.95 |
    | BPE | minimal 0.35, mild 0.35, moderate 0.2, marked 0.1 |
    | breast size | normal, 1 and 0.15, within 0.7 to 1.3 |
    | nodes a side | 0 to 3 alike |
    | cysts | none 0.75, else 1 to 4 a breast |
    | implants | 0.05 |
    | fat saturation | 0.92 |
    | SNR | uniform 20 to 50 |
    | coil shading | uniform 0.5 to 1.3 |
    """
    random = generator(seed, "validation case")
    protocol = PROTOCOLS[str(random.choice(["ge", "siemens", "philips", "ge-sagittal"]))]
    side = _LEFT if random.random() < 0.5 else _RIGHT
    size = float(np.clip(random.normal(1.0, 0.15), 0.7, 1.3))
    cysts = int(random.integers(1, 5)) if random.random() < 0.25 else 0
    lesions = _lesions(random, side, size)
    patient = PhantomSpec(
        seed=seed,
        patient_number=seed,
        lesion=lesions[0] if lesions else None,
        more_lesions=lesions[1:],
        density=round(float(random.uniform(0.03, 0.95)), 3),
        background=Background(str(random.choice(list(Background), p=[0.35, 0.35, 0.2, 0.1]))),
        breast_size=round(size, 3),
        distractors=Distractors(int(random.integers(0, 4)), cysts, bool(random.random() < 0.05)),
        fat_saturated=bool(random.random() < 0.92),
        snr=round(float(random.uniform(20, 50)), 1),
        coil_shading=round(float(random.uniform(0.5, 1.3)), 2),
    )
    return protocol.image(patient, side, coarser=1 if protocol is PROTOCOLS["ge-sagittal"] else 2)


def _lesions(random: np.random.Generator, side: Laterality, size: float) -> tuple[LesionSpec, ...]:
    chance = random.random()
    if chance < 2 / 12:
        return ()
    index = _index_lesion(random, side, size)
    if chance < 9 / 12:
        return (index,)
    if chance < 11 / 12:
        return (index, *(_further_lesion(random, side) for _ in range(int(random.integers(1, 3)))))
    return (index, _further_lesion(random, _LEFT if side is _RIGHT else _RIGHT))


def _index_lesion(random: np.random.Generator, side: Laterality, size: float) -> LesionSpec:
    kind = LesionKind(
        str(random.choice(["lobulated", "spiculated", "round", "rim", "non-mass"], p=[0.35, 0.25, 0.15, 0.15, 0.10]))
    )
    smallest, largest = (20.0, 55.0) if kind is LesionKind.NON_MASS else (6.0, 50.0)
    if kind is LesionKind.RIM:
        smallest = 10.0
    diameter = min(float(np.exp(random.uniform(np.log(smallest), np.log(largest)))), 55.0 * size)
    return LesionSpec(
        side=side,
        diameter_mm=round(diameter, 1),
        lobulation=round(float(random.uniform(0.08, 0.22)), 2),
        curve=_curve(random),
        necrotic_core=kind is not LesionKind.ROUND and diameter > 20,
        kind=kind,
    )


def _further_lesion(random: np.random.Generator, side: Laterality) -> LesionSpec:
    return LesionSpec(
        side=side,
        diameter_mm=round(float(random.uniform(5, 15)), 1),
        curve=_curve(random),
        necrotic_core=False,
        kind=LesionKind.LOBULATED if random.random() < 0.5 else LesionKind.ROUND,
    )


def _curve(random: np.random.Generator) -> CurveShape:
    return CurveShape(str(random.choice(["washout", "plateau", "persistent"], p=[0.5, 0.3, 0.2])))
