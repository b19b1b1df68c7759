"""Segmentation against the phantom's truth: both breasts on axial slices, one on sagittal, any order of slices."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import SimpleITK as sitk
from overlap import dice
from phantom_series import PhantomCase, phantom_case

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.breast.fuzzy_clusters import cluster_centres
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.sides import half, side_of
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.kinetics.maps import CurveType
from tilscope.models.lesions.classical import segment
from tilscope.models.lesions.shape import ball, compactness
from tilscope.models.preparation.prepare import prepare
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings
from tilscope.phantom.spec import Background, CurveShape, LesionSpec, PhantomSpec

SETTINGS = PipelineSettings()
SMALL = PhantomSpec.small()

CASES = {
    "axial, left": SMALL,
    "axial, right": replace(SMALL, seed=2, lesion=LesionSpec(side=Laterality.RIGHT)),
    "plateau": replace(SMALL, lesion=LesionSpec(curve=CurveShape.PLATEAU)),
    "sagittal, left": SMALL.sagittal(Laterality.LEFT),
    "sagittal, right": replace(SMALL, seed=3).sagittal(Laterality.RIGHT),
}


@cache
def prepared(spec: PhantomSpec) -> PreparedSeries:
    return prepare(phantom_case(spec).series, SETTINGS)


@pytest.fixture(scope="module", params=CASES, ids=list(CASES))
def found(request: pytest.FixtureRequest) -> tuple[PhantomCase, Regions]:
    spec = CASES[request.param]
    return phantom_case(spec), segment(prepared(spec), SETTINGS)


def test_the_index_lesion_is_the_tumour(found: tuple[PhantomCase, Regions]) -> None:
    case, regions = found
    assert dice(regions.index_lesion.mask, case.study.truth.lesion) > 0.85
    assert regions.index_lesion.laterality is case.study.spec.lesion.side
    assert 0 < regions.index_lesion.confidence <= 1


def test_breast_and_glands_are_mostly_where_they_are(found: tuple[PhantomCase, Regions]) -> None:
    case, regions = found
    # The truth holds skin and reaches the muscle; the mask leaves both out.
    assert dice(regions.breast, case.study.truth.breast) > 0.8
    assert dice(regions.fgt, case.study.truth.fgt) > 0.8


def test_regions_keep_to_the_breast_and_to_themselves(found: tuple[PhantomCase, Regions]) -> None:
    _, regions = found
    taken = mask_of(regions.fgt).astype(int) + sum(mask_of(lesion.mask) for lesion in regions.lesions)
    assert taken.max() == 1
    assert not ((taken > 0) & ~mask_of(regions.breast)).any()
    assert [lesion.number for lesion in regions.lesions] == list(range(1, len(regions.lesions) + 1))


@pytest.mark.parametrize("axes", [(False, False, True), (True, True, False)], ids=["slices", "rows and columns"])
def test_the_same_patient_stored_in_another_order_gives_the_same_masks(axes: tuple[bool, bool, bool]) -> None:
    series = phantom_case(SMALL).series
    turned = replace(series, phases=tuple(replace(p, stored=sitk.Flip(p.stored, axes)) for p in series.phases))
    straight, other = segment(prepared(SMALL), SETTINGS), segment(prepare(turned, SETTINGS), SETTINGS)
    assert dice(sitk.Flip(other.breast, axes), straight.breast) > 0.99
    assert dice(sitk.Flip(other.index_lesion.mask, axes), straight.index_lesion.mask) > 0.98
    assert other.index_lesion.laterality is straight.index_lesion.laterality


def test_a_breast_without_a_lesion_is_refused() -> None:
    healthy = replace(SMALL, lesion=None)
    with pytest.raises(Refused, match=r"No enhancing lesion was found .* takes up \d+ %"):
        segment(prepared(healthy), SETTINGS)


def test_glands_that_enhance_markedly_are_refused_as_no_lesion() -> None:
    with pytest.raises(Refused, match="No enhancing lesion was found"):
        segment(prepared(replace(SMALL, lesion=None, background=Background.MARKED)), SETTINGS)


def test_a_lesion_in_glands_that_enhance_markedly_does_not_grow_together_with_them() -> None:
    spec = replace(SMALL, background=Background.MARKED, density=0.8).sagittal(Laterality.LEFT)
    regions = segment(prepared(spec), SETTINGS)
    assert dice(regions.index_lesion.mask, phantom_case(spec).study.truth.lesion) > 0.85


def test_a_second_lesion_is_not_measured_against_the_first_one() -> None:
    second = LesionSpec(Laterality.LEFT, 12.0, curve=CurveShape.PLATEAU, necrotic_core=False)
    spec = replace(SMALL, lesion=LesionSpec(Laterality.LEFT, 26.0), more_lesions=(second,), density=0.1)
    spec = spec.sagittal(Laterality.LEFT)
    regions = segment(prepared(spec), SETTINGS)
    assert len(regions.lesions) == 2
    for found, true in zip(regions.lesions, phantom_case(spec).study.truth.lesions, strict=True):
        assert dice(found.mask, true.mask) > 0.8


def test_sparse_glands_keep_their_volume() -> None:
    spec = replace(SMALL, density=0.08, matrix=(192, 192, 36), spacing_mm=(1.9, 1.9, 3.3))
    found, true = mask_of(find_fgt(prepared(spec))), mask_of(phantom_case(spec).study.truth.fgt)
    found = found & ~mask_of(phantom_case(spec).study.truth.lesion)
    assert found.sum() == pytest.approx(true.sum(), rel=0.15)


def test_images_without_a_breast_are_refused() -> None:
    series = phantom_case(SMALL).series
    flat = sitk.Image(series.pre.GetSize(), sitk.sitkFloat32) + 5.0
    with pytest.raises(Refused, match="No breast was recognised"):
        prepare(replace(series, phases=tuple(replace(p, stored=flat) for p in series.phases)), SETTINGS)


def test_a_lesion_smaller_than_the_limit_is_none() -> None:
    strict = replace(SETTINGS, segmentation=replace(SETTINGS.segmentation, minimum_lesion_diameter_mm=60.0))
    with pytest.raises(Refused, match="No enhancing lesion"):
        segment(prepared(SMALL), strict)


# ------------------------------------------------------------------------------------- glands, with and without fat


@pytest.mark.parametrize(("fat", "gland"), [(20, 100), (300, 100)], ids=["fat suppressed", "fat bright"])
def test_glands_are_what_takes_up_contrast_whether_fat_is_dark_or_bright(fat: float, gland: float) -> None:
    glands = np.zeros((10, 40, 40), bool)
    glands[2:8, 10:30, 12:25] = True
    noise = np.random.default_rng(11).normal(0, 3, (3, *glands.shape))
    pre = np.where(glands, gland, fat) + noise[0]
    # The receiver's gain drifts by 2 % between the phases: bright fat gains signal, and is still fat.
    early = 1.02 * np.where(glands, 1.25 * gland, fat) + noise[1]
    late = 1.02 * np.where(glands, 1.40 * gland, fat) + noise[2]
    phases = tuple(
        Phase(sitk.GetImageFromArray(v.astype(np.float32)), t) for v, t in ((pre, -60), (early, 150), (late, 450))
    )
    series = DceSeries(phases, PhaseRoles(0, 1, 2), Laterality.LEFT, "by construction")
    whole = image_of(np.ones(glands.shape, bool), series.pre)
    fgt = mask_of(find_fgt(PreparedSeries(series, series, whole, None)))
    assert 2 * (fgt & glands).sum() / (fgt.sum() + glands.sum()) > 0.9


def test_cluster_centres_lie_in_the_middle_of_their_clusters() -> None:
    random = np.random.default_rng(5)
    signal = np.concatenate([random.normal(50, 4, 30_000), random.normal(120, 8, 10_000)])
    np.testing.assert_allclose(cluster_centres(signal, 2), [50, 120], atol=3)


# ---------------------------------------------------------------------------------------------------------- sides


@pytest.mark.parametrize("flip", [False, True])
def test_left_and_right_are_the_patients_own(flip: bool) -> None:
    case = phantom_case(SMALL)
    breast, lesion = case.study.truth.breast, case.study.truth.lesion
    if flip:
        breast, lesion = (sitk.Flip(mask, (True, False, False)) for mask in (breast, lesion))
    assert side_of(lesion, breast, Laterality.BOTH) is Laterality.LEFT
    left, right = (mask_of(half(breast, Laterality.BOTH, side)) for side in (Laterality.LEFT, Laterality.RIGHT))
    assert (left ^ right).all()
    x, _, _ = breast.TransformIndexToPhysicalPoint([int(i) for i in np.argwhere(left)[0][::-1]])
    assert x > 0
    assert (mask_of(breast) & left).sum() == pytest.approx((mask_of(breast) & right).sum(), rel=0.25)


def test_one_breast_has_one_side() -> None:
    case = phantom_case(CASES["sagittal, right"])
    breast = case.study.truth.breast
    assert side_of(case.study.truth.lesion, breast, Laterality.RIGHT) is Laterality.RIGHT
    assert mask_of(half(breast, Laterality.RIGHT, Laterality.RIGHT)).all()


# ---------------------------------------------------------------------------------------------------- compactness


def test_a_ball_is_compact_and_a_vessel_is_not() -> None:
    spacing = np.array([2.0, 0.7, 0.7])
    solid = np.zeros((20, 60, 60), bool)
    round_one = ball(12.0, spacing)
    solid[tuple(slice(2, 2 + n) for n in round_one.shape)] = round_one
    assert compactness(solid, spacing) == pytest.approx(1.0, abs=0.03)
    vessel = np.zeros((20, 60, 60), bool)
    vessel[10:12, 30:33, 5:55] = True
    assert compactness(vessel, spacing) < 0.4


def test_curve_types_have_the_reports_words() -> None:
    assert {str(kind) for kind in CurveType} == {"persistent", "plateau", "washout"}
