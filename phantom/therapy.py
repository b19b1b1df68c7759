"""Patients under therapy: one woman at four dates, with the truth of which lesion is which.

>>> course = under_therapy(7, "vanishes")
>>> [date.names for date in course.dates]
[('index', 'second'), ('index', 'second'), ('index',), ('index',)]
>>> len({date.spec.digest() for date in course.dates})
4
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

import numpy as np

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.anatomy import lesion_places
from tilscope.phantom.grid import Vector
from tilscope.phantom.lesion_spec import Distractors, LesionKind, LesionSpec
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator
from tilscope.phantom.visit_spec import VisitSpec

#: Before, early in, in the middle of and after neoadjuvant chemotherapy, as the I-SPY trials image.
DAYS = (0, 21, 84, 168)

#: Of the diameter before therapy, at each date.
_SHRINKING = (1.0, 0.82, 0.62, 0.45)

#: How differently she lies, mm along each axis; how differently contrast arrives and the coil hears.
_SHIFT_MM, _GAIN, _SNR = 5.0, (0.93, 1.07), (35.0, 50.0)

_INDEX, _SECOND, _OTHER, _NEW = "index", "second", "other breast", "new"


@dataclass(frozen=True)
class _Lump:
    """One lesion, or piece of one, at one date."""

    name: str
    centre: Vector
    diameter_mm: float
    side: Laterality = Laterality.LEFT


@dataclass(frozen=True)
class TherapyDate:
    """One examination."""

    spec: PhantomSpec
    names: tuple[str, ...]
    """Which lesion each one of the spec is; the pieces of one have its name."""


@dataclass(frozen=True)
class TherapyCourse:
    """One patient."""

    kind: str
    dates: tuple[TherapyDate, ...]


_Lumps = tuple[_Lump, ...]
_Course = Callable[[PhantomSpec, np.random.Generator], Sequence[_Lumps]]


def _concentric(patient: PhantomSpec, random: np.random.Generator) -> Sequence[_Lumps]:
    (centre,) = _centres(patient)
    whole = patient.lesions[0].diameter_mm
    return [(_Lump(_INDEX, centre, whole * part),) for part in _SHRINKING]


def _towards_a_part(patient: PhantomSpec, random: np.random.Generator) -> Sequence[_Lumps]:
    (centre,) = _centres(patient)
    whole, way = patient.lesions[0].diameter_mm, _direction(random)
    return [(_Lump(_INDEX, _moved(centre, way, 0.4 * whole * (1 - part)), whole * part),) for part in _SHRINKING]


def _fragments(patient: PhantomSpec, random: np.random.Generator) -> Sequence[_Lumps]:
    (centre,) = _centres(patient)
    whole, way = patient.lesions[0].diameter_mm, _direction(random)
    pieces = [
        tuple(_Lump(_INDEX, _moved(centre, way, sign * 0.33 * whole), whole * part) for sign in (1, -1))
        for part in (0.36, 0.28)
    ]
    return [*((_Lump(_INDEX, centre, whole * part),) for part in _SHRINKING[:2]), *pieces]


def _vanishes(patient: PhantomSpec, random: np.random.Generator) -> Sequence[_Lumps]:
    first, second = _centres(patient)
    large, small = (lesion.diameter_mm for lesion in patient.lesions)
    index = [_Lump(_INDEX, first, large * part) for part in _SHRINKING]
    return [(index[0], _Lump(_SECOND, second, small)), (index[1], _Lump(_SECOND, second, 0.75 * small)),
            (index[2],), (index[3],)]  # fmt: skip


def _new_one(patient: PhantomSpec, random: np.random.Generator) -> Sequence[_Lumps]:
    first, second = _centres(patient)
    large, small = (lesion.diameter_mm for lesion in patient.lesions)
    index = [_Lump(_INDEX, first, large * part) for part in _SHRINKING]
    return [
        (index[0],),
        (index[1],),
        (index[2], _Lump(_NEW, second, 0.8 * small)),
        (index[3], _Lump(_NEW, second, small)),
    ]


def _both_breasts(patient: PhantomSpec, random: np.random.Generator) -> Sequence[_Lumps]:
    first, second = _centres(patient)
    large, small = (lesion.diameter_mm for lesion in patient.lesions)
    return [
        (_Lump(_INDEX, first, large * part), _Lump(_OTHER, second, small * slower, Laterality.RIGHT))
        for part, slower in zip(_SHRINKING, (1.0, 0.95, 0.85, 0.75), strict=True)
    ]


_COURSES: MappingProxyType[str, tuple[_Course, float, Laterality | None]] = MappingProxyType(
    {
        "concentric": (_concentric, 0, None),
        "towards-a-part": (_towards_a_part, 0, None),
        "fragments": (_fragments, 0, None),
        "vanishes": (_vanishes, 15, Laterality.LEFT),
        "new": (_new_one, 12, Laterality.LEFT),
        "both-breasts": (_both_breasts, 18, Laterality.RIGHT),
    }
)
#: What the lesions of a patient may do.
KINDS = tuple(_COURSES)


def under_therapy(seed: int, kind: str) -> TherapyCourse:
    """One patient at four dates.

    The patient stays the same; at each date she lies a few millimetres elsewhere, and contrast, coil and noise are that day's.
    One breast is imaged on sagittal slices, both on axial ones where each has a lesion.

    Parameters
    ----------
    seed : int
        Another is another patient.
    kind : str
        One of `KINDS`.

    Returns
    -------
    TherapyCourse
        Its specs are of small studies.
    """
    lumps_of, further_mm, side = _COURSES[kind]
    random = generator(seed, f"therapy {kind}")
    more = () if side is None else (_lesion(further_mm, side),)
    small = replace(
        PhantomSpec.small(seed),
        patient_number=seed,
        lesion=_lesion(round(float(random.uniform(26, 34)), 1), Laterality.LEFT),
        more_lesions=more,
        distractors=Distractors(nodes_a_side=0),
        density=round(float(random.uniform(0.25, 0.6)), 2),
    )
    patient = small if side is Laterality.RIGHT else small.sagittal()
    courses = lumps_of(patient, random)
    return TherapyCourse(kind, tuple(_date(patient, number, lumps, random) for number, lumps in enumerate(courses)))


def again(spec: PhantomSpec, number: int) -> PhantomSpec:
    """The same patient on the same day, taken from the table and laid down anew: what differs is no change of hers.

    Parameters
    ----------
    spec : PhantomSpec
        Of a patient with lesions.
    number : int
        From 1: each repeat is another.

    Returns
    -------
    PhantomSpec
        With another position, contrast and noise.
    """
    random = generator(spec.seed, f"again {number} after {spec.visit.number}")
    places = spec.visit.places or _centres(spec)
    return _that_day(spec, 100 * number + spec.visit.number, places, random)


def _lesion(diameter_mm: float, side: Laterality) -> LesionSpec:
    return LesionSpec(side, diameter_mm, necrotic_core=False, kind=LesionKind.LOBULATED)


def _date(patient: PhantomSpec, number: int, lumps: _Lumps, random: np.random.Generator) -> TherapyDate:
    lesions = tuple(_lesion(round(max(lump.diameter_mm, 5.0), 1), lump.side) for lump in lumps)
    then = replace(
        patient,
        lesion=lesions[0],
        more_lesions=lesions[1:],
        injected_at=patient.injected_at + timedelta(days=DAYS[number]),
    )
    spec = _that_day(then, number + 1, tuple(lump.centre for lump in lumps), random)
    return TherapyDate(spec, tuple(lump.name for lump in lumps))


def _that_day(spec: PhantomSpec, number: int, places: tuple[Vector, ...], random: np.random.Generator) -> PhantomSpec:
    left, back, head = (round(float(way), 1) for way in random.uniform(-_SHIFT_MM, _SHIFT_MM, 3))
    body = replace(spec.body, tumour_gain=round(float(random.uniform(*_GAIN)), 3))
    snr = round(float(random.uniform(*_SNR)), 1)
    return replace(spec, visit=VisitSpec(number, places, (left, back, head)), body=body, snr=snr)


def _centres(patient: PhantomSpec) -> tuple[Vector, ...]:
    return tuple(ball.centre for ball in lesion_places(patient))


def _direction(random: np.random.Generator) -> Vector:
    way = random.standard_normal(3)
    left, back, head = way / np.linalg.norm(way)
    return float(left), float(back), float(head)


def _moved(centre: Vector, way: Vector, by_mm: float) -> Vector:
    left, back, head = (round(place + by_mm * step, 2) for place, step in zip(centre, way, strict=True))
    return left, back, head
