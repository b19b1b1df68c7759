"""Patients as clinics see them: the family `patient-like`, drawn by seed with all that real exams show.

Frequencies and ranges are those of the literature and of practice, not of any one exam: they are wider than what is
usual, since a scanner and a patient that are not usual come too.
"""

from __future__ import annotations

import numpy as np

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.artefact_spec import Artefacts, PhaseEncoding
from tilscope.phantom.body_traits import BodyTraits, DiffuseTumour
from tilscope.phantom.grid import SlicePlane
from tilscope.phantom.lesion_spec import CurveShape, Distractors, LesionKind, LesionSpec
from tilscope.phantom.patient_motion import MotionSpec
from tilscope.phantom.protocols import PROTOCOLS, Protocol
from tilscope.phantom.spec import Background, PhantomSpec
from tilscope.phantom.texture import generator

#: Limits are fitted on these seeds; what a report measures begins behind them.
LAST_SEED_FOR_FITTING = 999


def patient_like(seed: int) -> PhantomSpec:
    """A random patient with the traits of real ones, under a random protocol with its artefacts.

    | what | distribution |
    |---|---|
    | protocol | GE sagittal 0.4; GE, Siemens, Philips axial 0.2 each, in-plane matrix halved for speed |
    | finding | none 0.15; diffuse 0.15; masses 0.70, of these 0.25 with one or two more in the same breast |
    | kind of mass | lobulated 0.30, spiculated 0.30, rim 0.20, round 0.10, non-mass 0.10 |
    | diameter of the index lesion | log-uniform, 8 to 50 mm (non-mass 20 to 55, rim from 12) |
    | curve | washout 0.55, plateau 0.3, persistent 0.15 (diffuse: 0.4, 0.4, 0.2) |
    | share of the gland in a diffuse tumour | uniform 0.3 to 0.6 |
    | unevenness of tumours | uniform 0.3 to 1; exchange log-uniform 0.9 to 3 and brightness 0.8 to 1.45 of the usual |
    | dark dead core | half of the rims, a fifth of masses over 25 mm |
    | clip | 0.3 of masses from 10 mm; void 3 to 6 mm |
    | density | uniform 0.05 to 0.95 (diffuse: from 0.4) |
    | BPE | minimal 0.25, mild 0.3, moderate 0.25, marked 0.2; patchiness uniform 0 to 1; exchange log-uniform 0.8 to 3.5 of the usual |
    | texture, fibres | uniform 0 to 1 |
    | skin | uniform 1.6 to 2.8 mm, 1 to 2 times as bright; thickened to 4 to 8 mm in half of diffuse tumours, 0.05 of masses |
    | muscle | 0.8 to 1.3 times as bright (from 1.1 as bright as gland) |
    | cysts | 0.3, one to four a breast, in half of these every other one bright |
    | nodes a side | 0 to 3 alike; implants 0.03 |
    | fat suppression | 0.9; residue log-uniform 1 to 5; fails in places in 0.4 of these, to 0.1 to 0.8 |
    | coil | shading uniform 0.5 to 1.3; flare in 0.8, uniform 0.2 to 2 |
    | ghosts | 0.6, log-uniform 0.01 to 0.12; along the feet or the side 0.8, through the breast 0.2 |
    | wrap | 0.2, uniform 0.1 to 0.5 |
    | measured part of k-space | uniform 0.6 to 1 |
    | SNR | log-uniform 10 to 70 |
    | motion | 0.3, uniform 0.3 to 3 mm |
    """
    random = generator(seed, "patient-like")
    protocol = PROTOCOLS[str(random.choice(["ge-sagittal", "ge", "siemens", "philips"], p=[0.4, 0.2, 0.2, 0.2]))]
    side = Laterality.LEFT if random.random() < 0.5 else Laterality.RIGHT
    size = float(np.clip(random.normal(1.0, 0.15), 0.7, 1.3))
    diffuse, lesions = _findings(random, side, size)
    fat_saturated = bool(random.random() < 0.9)
    patient = PhantomSpec(
        seed=seed,
        patient_number=seed,
        lesion=lesions[0] if lesions else None,
        more_lesions=lesions[1:],
        density=_uniform(random, 0.4 if diffuse else 0.05, 0.95),
        background=Background(str(random.choice(list(Background), p=[0.25, 0.3, 0.25, 0.2]))),
        breast_size=round(size, 3),
        distractors=Distractors(
            int(random.integers(0, 4)),
            int(random.integers(1, 5)) if random.random() < 0.3 else 0,
            bool(random.random() < 0.03),
        ),
        fat_saturated=fat_saturated,
        snr=_log_uniform(random, 10.0, 70.0),
        coil_shading=_uniform(random, 0.5, 1.3),
        motion=MotionSpec(rms_mm=_uniform(random, 0.3, 3.0)) if random.random() < 0.3 else None,
        body=_body(random, diffuse, lesions),
        artefacts=_artefacts(random, protocol, fat_saturated),
    )
    return protocol.image(patient, side, coarser=1 if protocol.plane is SlicePlane.SAGITTAL else 2)


def _findings(
    random: np.random.Generator, side: Laterality, size: float
) -> tuple[DiffuseTumour | None, tuple[LesionSpec, ...]]:
    chance = random.random()
    if chance < 0.15:
        return None, ()
    if chance < 0.30:
        return DiffuseTumour(side, _uniform(random, 0.3, 0.6), _curve(random, (0.4, 0.4, 0.2))), ()
    further = int(random.integers(1, 3)) if random.random() < 0.25 else 0
    return None, (_mass(random, side, size), *(_satellite(random, side) for _ in range(further)))


def _mass(random: np.random.Generator, side: Laterality, size: float) -> LesionSpec:
    kinds = ["lobulated", "spiculated", "rim", "round", "non-mass"]
    kind = LesionKind(str(random.choice(kinds, p=[0.30, 0.30, 0.20, 0.10, 0.10])))
    smallest, largest = {LesionKind.NON_MASS: (20.0, 55.0), LesionKind.RIM: (12.0, 50.0)}.get(kind, (8.0, 50.0))
    diameter = min(_log_uniform(random, smallest, largest), round(52.0 * size, 1))
    return LesionSpec(
        side=side,
        diameter_mm=diameter,
        lobulation=_uniform(random, 0.08, 0.25),
        curve=_curve(random, (0.55, 0.30, 0.15)),
        necrotic_core=kind is not LesionKind.ROUND and diameter > 20,
        kind=kind,
    )


def _satellite(random: np.random.Generator, side: Laterality) -> LesionSpec:
    kind = LesionKind.LOBULATED if random.random() < 0.5 else LesionKind.ROUND
    return LesionSpec(
        side, _uniform(random, 5, 15), curve=_curve(random, (0.55, 0.30, 0.15)), necrotic_core=False, kind=kind
    )


def _body(random: np.random.Generator, diffuse: DiffuseTumour | None, lesions: tuple[LesionSpec, ...]) -> BodyTraits:
    index = lesions[0] if lesions else None
    skin_mm = _uniform(random, 1.6, 2.8)
    thick = random.random() < (0.5 if diffuse else 0.05 if lesions else 0.0)
    dead = 0.0 if index is None else 0.5 if index.kind is LesionKind.RIM else 0.2 if index.diameter_mm > 25 else 0.0
    clip = index is not None and index.diameter_mm >= 10 and random.random() < 0.3
    return BodyTraits(
        diffuse=diffuse,
        tumour_spread=_uniform(random, 0.3, 1.0),
        tumour_gain=_log_uniform(random, 0.9, 3.0),
        tumour_brightness=_uniform(random, 0.8, 1.45),
        dark_core=bool(random.random() < dead),
        clip_mm=_uniform(random, 3, 6) if clip else 0.0,
        patches=_uniform(random, 0, 1),
        background_gain=_log_uniform(random, 0.8, 3.5),
        texture=_uniform(random, 0, 1),
        fibres=_uniform(random, 0, 1),
        skin_mm=skin_mm,
        thick_skin_mm=_uniform(random, 4, 8) if thick else 0.0,
        skin_brightness=_uniform(random, 1, 2),
        muscle_brightness=_uniform(random, 0.8, 1.3),
        bright_cysts=bool(random.random() < 0.5),
    )


def _artefacts(random: np.random.Generator, protocol: Protocol, fat_saturated: bool) -> Artefacts:
    sagittal = protocol.plane is SlicePlane.SAGITTAL
    usual = PhaseEncoding.HEAD_FEET if sagittal else PhaseEncoding.LEFT_RIGHT
    return Artefacts(
        fat_residue=_log_uniform(random, 1.0, 5.0) if fat_saturated else 1.0,
        failed_suppression=_uniform(random, 0.1, 0.8) if fat_saturated and random.random() < 0.4 else 0.0,
        coil_flare=_uniform(random, 0.2, 2.0) if random.random() < 0.8 else 0.0,
        ghosts=_log_uniform(random, 0.01, 0.12) if random.random() < 0.6 else 0.0,
        wrap=_uniform(random, 0.1, 0.5) if random.random() < 0.2 else 0.0,
        encoding=usual if random.random() < 0.8 else PhaseEncoding.FRONT_BACK,
        acquired=_uniform(random, 0.6, 1.0),
    )


def _curve(random: np.random.Generator, chances: tuple[float, float, float]) -> CurveShape:
    return CurveShape(str(random.choice(["washout", "plateau", "persistent"], p=chances)))


def _uniform(random: np.random.Generator, low: float, high: float) -> float:
    return round(float(random.uniform(low, high)), 3)


def _log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    return round(float(np.exp(random.uniform(np.log(low), np.log(high)))), 3)
