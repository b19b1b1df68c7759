"""Where a lesion lies, against the phantom's own geometry: both sides, axial and sagittal slices."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from phantom_series import phantom_case
from scipy.spatial import KDTree

from tilscope.models.breast.body import body_mask
from tilscope.models.breast.breasts import find_breasts
from tilscope.models.description.axes import three_axes
from tilscope.models.description.landmarks import landmarks_of
from tilscope.models.description.place import CENTRAL, PlaceInBreast, clock_face, place_of, quadrant
from tilscope.models.description.surfaces import Points, in_the_patient, surface_of
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.sides import half
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.settings import DescriptionSettings
from tilscope.phantom.anatomy.breasts import MUSCLE_DEPTH, breasts_of, torso_distance
from tilscope.phantom.lesion_spec import LesionKind, LesionSpec
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.study import LesionTruth, PhantomStudy

SETTINGS = DescriptionSettings()
LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT
WITHIN_MM = 3.0
#: Nearer to a border between two words than the nipple is known, either is right.
BORDER_MM, BORDER_DEGREES = 3.0, 6.0


def patient(seed: int, *lesions: LesionSpec) -> PhantomSpec:
    return PhantomSpec(
        seed=seed,
        matrix=(176, 176, 44),
        spacing_mm=(2.0, 2.0, 3.0),
        phase_starts_s=(-210.0, 0.0, 180.0, 360.0),
        phase_duration_s=180.0,
        lesion=lesions[0],
        more_lesions=lesions[1:],
    )


def ball(side: Laterality, diameter_mm: float) -> LesionSpec:
    return LesionSpec(side, diameter_mm, necrotic_core=False, kind=LesionKind.ROUND)


AXIAL = tuple(patient(seed, ball(LEFT, 12.0 + seed), ball(RIGHT, 18.0 - seed)) for seed in range(1, 6))
SAGITTAL = tuple(
    patient(seed, ball(side, 14.0)).sagittal(side)
    for seed, side in ((11, LEFT), (12, RIGHT), (13, LEFT), (14, RIGHT), (15, LEFT))
)
CASES = [
    pytest.param(spec, number, id=f"{spec.plane}-{spec.seed}-{lesion.side.word}")
    for spec in (*AXIAL, *SAGITTAL)
    for number, lesion in enumerate(spec.lesions)
]


@dataclass(frozen=True)
class Truth:
    """From the shapes that the phantom is made of."""

    left: float
    head: float
    from_nipple: float
    from_skin: float
    from_chest_wall: float


def truth_of(study: PhantomStudy, lesion: LesionTruth, points: Points) -> Truth:
    breast = next(one for one in breasts_of(study.spec) if one.side is lesion.spec.side)
    own = mask_of(study.truth.breast) & mask_of(half(study.truth.breast, study.spec.imaged, lesion.spec.side))
    front = in_the_patient(np.argwhere(own), study.truth.breast)
    foremost = front[:, 1].min()
    nipple = front[front[:, 1] <= foremost + 2.0].mean(axis=0)
    # Where its axis ends, which leans outwards and down.
    x, _, z = breast.point(0, 1, 0)
    assert math.hypot(nipple[0] - x, nipple[2] - (z - 6.0)) < WITHIN_MM
    nipple[1] = foremost
    middle = np.array(lesion.centre_mm)
    way = middle - nipple
    radius = lesion.spec.diameter_mm / 2
    solid = own | mask_of(study.truth.distractors["skin"])
    skin = surface_of(solid, study.truth.breast).points
    skin = skin[torso_distance(tuple(skin.T.astype(np.float32))) > 3.0 - MUSCLE_DEPTH]
    dense = np.stack(np.meshgrid(*(np.arange(c - 70, c + 71, 2.0) for c in middle), indexing="ij"), -1).reshape(-1, 3)
    wall = dense[np.abs(torso_distance(tuple(dense.T.astype(np.float32))) + MUSCLE_DEPTH) < 1.0]
    return Truth(
        left=way[0],
        head=way[2],
        from_nipple=float(np.linalg.norm(way)) - radius,
        from_skin=float(KDTree(skin).query(middle)[0]) - radius,
        from_chest_wall=float(KDTree(wall).query(middle)[0]) - radius,
    )


@cache
def found(spec: PhantomSpec, number: int) -> tuple[PlaceInBreast, Truth, LesionTruth, Points]:
    case = phantom_case(spec)
    lesion = case.study.truth.lesions[number]
    body = body_mask(case.series)
    breasts = find_breasts(body, case.series)
    one = mask_of(breasts) & mask_of(half(breasts, spec.imaged, lesion.spec.side))
    landmarks = landmarks_of(image_of(one, breasts), body)
    assert landmarks is not None
    points = surface_of(mask_of(lesion.mask), lesion.mask).points
    voxels = in_the_patient(np.argwhere(mask_of(lesion.mask)), lesion.mask)
    place = place_of(points, voxels, lesion.spec.side, landmarks, SETTINGS)
    return place, truth_of(case.study, lesion, points), lesion, points


@pytest.mark.parametrize(("spec", "number"), CASES)
def test_distances_are_those_of_the_phantom(spec: PhantomSpec, number: int) -> None:
    place, truth, _, _ = found(spec, number)
    assert place.from_nipple_mm == pytest.approx(truth.from_nipple, abs=WITHIN_MM)
    assert place.from_skin_mm == pytest.approx(truth.from_skin, abs=WITHIN_MM)
    assert place.from_chest_wall_mm == pytest.approx(truth.from_chest_wall, abs=WITHIN_MM)


@pytest.mark.parametrize(("spec", "number"), CASES)
def test_quadrant_and_hour_are_those_of_the_phantom(spec: PhantomSpec, number: int) -> None:
    place, truth, lesion, _ = found(spec, number)
    away = math.hypot(truth.left, truth.head)
    if abs(away - SETTINGS.central_mm) > BORDER_MM:
        assert (place.quadrant == CENTRAL) == (away < SETTINGS.central_mm)
    if place.quadrant == CENTRAL:
        assert place.clock is None
        return
    if min(abs(truth.left), abs(truth.head)) > BORDER_MM:
        assert place.quadrant == quadrant(truth.left, truth.head, lesion.spec.side)
    slack = BORDER_DEGREES + math.degrees(math.atan2(BORDER_MM, away))
    angle = math.degrees(math.atan2(truth.left, truth.head))
    hours = {
        clock_face(math.sin(math.radians(a)), math.cos(math.radians(a))) for a in (angle - slack, angle, angle + slack)
    }
    assert place.clock in hours


@pytest.mark.parametrize(("spec", "number"), CASES)
def test_the_offset_from_the_nipple_says_the_same(spec: PhantomSpec, number: int) -> None:
    place, _, lesion, _ = found(spec, number)
    left, back, head = place.offset_mm
    assert math.hypot(left, head) == pytest.approx(place.from_axis_mm)
    assert back > 0
    assert place.quadrant in (CENTRAL, quadrant(left, head, lesion.spec.side))


@pytest.mark.parametrize(("spec", "number"), CASES)
def test_the_axes_of_a_ball_are_its_diameter(spec: PhantomSpec, number: int) -> None:
    _, _, lesion, points = found(spec, number)
    for axis in three_axes(points):
        assert axis == pytest.approx(lesion.spec.diameter_mm, abs=WITHIN_MM)


def test_a_sagittal_examination_names_the_same_place_as_an_axial_one() -> None:
    axial = replace(AXIAL[0], more_lesions=())
    of_both, _, _, _ = found(axial, 0)
    of_one, _, _, _ = found(axial.sagittal(LEFT), 0)
    assert (of_one.quadrant, of_one.clock) == (of_both.quadrant, of_both.clock)
