"""Synthetic patients to train the demo on: the demo's own scanner, and lesions of every kind."""

from __future__ import annotations

from dataclasses import replace

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.lesion_spec import CurveShape, Distractors, LesionKind, LesionSpec
from tilscope.phantom.spec import Background, PhantomSpec
from tilscope.phantom.texture import generator

#: The first seed; far from those of the demo's study and of the tests.
FIRST_SEED = 52_000


def demo_patient(number: int) -> PhantomSpec:
    """One lesion, that a core may make heterogeneous and any of the three curves fast or slow, each independent of the other."""
    random = generator(FIRST_SEED + number, "demo patient")
    kind = LesionKind(str(random.choice(["lobulated", "spiculated", "round", "rim"], p=[0.4, 0.2, 0.2, 0.2])))
    lesion = LesionSpec(
        side=Laterality.LEFT if random.random() < 0.5 else Laterality.RIGHT,
        diameter_mm=round(float(random.uniform(14, 40)), 1),
        lobulation=round(float(random.uniform(0.08, 0.22)), 2),
        curve=CurveShape(str(random.choice(["washout", "plateau", "persistent"], p=[0.5, 0.25, 0.25]))),
        necrotic_core=bool(random.random() < 0.4),
        kind=kind,
    )
    return replace(
        PhantomSpec(),
        seed=FIRST_SEED + number,
        patient_number=number,
        lesion=lesion,
        density=round(float(random.uniform(0.1, 0.8)), 3),
        background=Background(str(random.choice(list(Background), p=[0.35, 0.35, 0.2, 0.1]))),
        breast_size=round(float(random.uniform(0.85, 1.15)), 3),
        distractors=Distractors(int(random.integers(0, 3))),
        snr=round(float(random.uniform(25, 50)), 1),
    )


def is_homogeneous(lesion: LesionSpec) -> bool:
    """What the demo plants as Fan's good class: a lesion without a core and without a rim."""
    return lesion.kind is not LesionKind.RIM and not lesion.necrotic_core


def is_permeable(lesion: LesionSpec) -> bool:
    """What the demo plants as Han's hot class: fast exchange, and so early uptake and washout."""
    return lesion.curve is CurveShape.WASHOUT
