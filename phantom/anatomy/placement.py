"""Where lesions and cysts lie: anywhere in the breast, yet never through the skin, the muscle or one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.anatomy.breasts import MUSCLE_DEPTH, Breast, breasts_of, torso_distance
from tilscope.phantom.anatomy.inserts import implant_of
from tilscope.phantom.anatomy.shapes import ellipsoid
from tilscope.phantom.grid import Vector, Volume
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator

#: Between a border and the skin's inner face (whose line wobbles by as much), the muscle, and another finding.
_FROM_SKIN_MM, _FROM_MUSCLE_MM, _BETWEEN_MM = 5.0, 2.0, 5.0
#: What every protocol images, on the patient's either side and from feet to head.
_FIELD_X, _FIELD_Z = (20.0, 136.0), (-57.0, 57.0)
_TRIES = 600


@dataclass(frozen=True)
class Ball:
    side: Laterality
    centre: Vector
    radius: float


def lesion_places(spec: PhantomSpec) -> tuple[Ball, ...]:
    """Of each lesion of the spec. A place depends on the breast's own lesions only, so that it is the same in a
    sagittal examination of that breast."""
    if spec.visit.places:
        return tuple(
            Ball(lesion.side, centre, lesion.diameter_mm / 2)
            for lesion, centre in zip(spec.lesions, spec.visit.places, strict=True)
        )
    placed: list[Ball] = []
    for lesion in spec.lesions:
        breast = next(b for b in breasts_of(spec) if b.side is lesion.side)
        before = [ball for ball in placed if ball.side is lesion.side]
        placed.append(_place(spec, breast, f"lesion {len(before) + 1}", lesion.diameter_mm / 2, before))
    return tuple(placed)


def cyst_places(spec: PhantomSpec, lesions: Sequence[Ball]) -> tuple[Ball, ...]:
    """5 to 18 mm, beside the lesions."""
    placed: list[Ball] = []
    for breast in breasts_of(spec):
        own = [ball for ball in lesions if ball.side is breast.side]
        for number in range(spec.distractors.cysts):
            radius = float(generator(spec.seed, f"cyst {number} {breast.side.word}").uniform(2.5, 9.0))
            own.append(_place(spec, breast, f"cyst {number}", radius, own))
            placed.append(own[-1])
    return tuple(placed)


def _place(spec: PhantomSpec, breast: Breast, name: str, radius: float, others: Sequence[Ball]) -> Ball:
    """The first of many random points with room enough; the one with the most room where none has."""
    random = generator(spec.seed, f"place of {name} {breast.side.word}")
    outward, forward, upward = random.uniform((-0.9, 0.05, -0.9), (0.9, 0.92, 0.9), (_TRIES, 3)).T
    x, y, z = (np.asarray(v, dtype=np.float32) for v in breast.point(outward, forward, upward))
    skin_mm = spec.body.thickest_skin_mm
    room = np.minimum(_room_in_breast(breast, skin_mm, x, y, z, radius), _room_in_field(breast, x, z, radius))
    for other in others:
        away = np.sqrt(sum((v - c) ** 2 for v, c in zip((x, y, z), other.centre, strict=True)))
        room = np.minimum(room, away - other.radius - radius - _BETWEEN_MM)
    if spec.distractors.implants:
        centre, radii = implant_of(breast)
        room = np.minimum(room, ellipsoid((x, y, z), centre, radii) - radius - 1)
    best = int(np.argmax(room >= 0)) if (room >= 0).any() else int(np.argmax(room))
    return Ball(breast.side, (round(float(x[best]), 2), round(float(y[best]), 2), round(float(z[best]), 2)), radius)


def _room_in_breast(breast: Breast, skin_mm: float, x: Volume, y: Volume, z: Volume, radius: float) -> Volume:
    """How far the ball's border stays from where it must not be; a level set is no distance, so the border is asked."""
    steps = np.array([(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)], dtype=float)
    steps /= np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1)
    border = tuple(v[:, None] + radius * s for v, s in zip((x, y, z), steps.T, strict=True))
    under_skin = -breast.distance(border) - skin_mm - _FROM_SKIN_MM
    before_muscle = torso_distance(border) + MUSCLE_DEPTH - _FROM_MUSCLE_MM
    room: Volume = np.minimum(under_skin, before_muscle).min(axis=1)
    return room


def _room_in_field(breast: Breast, x: Volume, z: Volume, radius: float) -> Volume:
    lateral = x * breast.sign
    across = np.minimum(lateral - _FIELD_X[0], _FIELD_X[1] - lateral)
    along = np.minimum(z - _FIELD_Z[0], _FIELD_Z[1] - z)
    room: Volume = np.minimum(across, along) - radius
    return room
