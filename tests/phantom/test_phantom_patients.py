"""Patients of every kind: what can be chosen must be seen in the images, and what is no lesion must be told apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import mask_of, values_of
from tilscope.phantom import CASES, LesionSpec, PhantomSpec, PhantomStudy, make_study, validation_case
from tilscope.phantom.anatomy import breasts_of, lesion_places
from tilscope.phantom.anatomy.strands import deposit, tapered
from tilscope.phantom.arterial_input import plasma_concentration
from tilscope.phantom.grid import PhantomGrid, SlicePlane
from tilscope.phantom.lesion_spec import CurveShape, Distractors, LesionKind
from tilscope.phantom.protocols import PROTOCOLS
from tilscope.phantom.spec import Background, Density
from tilscope.phantom.study import true_enhancement

SMALL = PhantomSpec.small()
FIVE_PHASES = replace(SMALL, phase_starts_s=(-150.0, 0.0, 120.0, 240.0, 360.0), phase_duration_s=120.0)


def gain(study: PhantomStudy, mask: sitk.Image) -> float:
    """Early PE of the mean signal inside a mask, from the noisy images."""
    assert study.truth.roles is not None
    where = mask_of(mask)
    pre, early = (values_of(study.phases[i])[where].mean() for i in (study.truth.roles.pre, study.truth.roles.early))
    return float(early / pre - 1)


def test_the_four_densities_hold_more_and_more_gland() -> None:
    shares = []
    for word in Density:
        truth = make_study(replace(SMALL, density=word.typical, lesion=None)).truth
        shares.append(truth.fgt_cc / truth.breast_cc)
        assert Density.of(word.typical) is word
    assert shares == sorted(shares)
    assert shares[0] < 0.10
    assert shares[-1] > 0.30


@pytest.mark.parametrize("kind", list(LesionKind))
def test_every_kind_of_lesion_is_about_as_large_as_it_says(kind: LesionKind) -> None:
    spec = replace(SMALL, lesion=LesionSpec(diameter_mm=30, kind=kind, lobulation=0.1, necrotic_core=False))
    truth = make_study(spec).truth
    ball_cc = np.pi / 6 * 3.0**3
    # Non-mass enhancement fills seven tenths of a spindle that is 0.55 as wide as it is long.
    expected = ball_cc * (0.55**2 * 0.7 if kind is LesionKind.NON_MASS else 1.0)
    assert truth.lesion_cc == pytest.approx(expected, rel=0.4)
    found = truth.enhancement(truth.lesion_signal)
    assert found is not None
    assert found[0] > 0.5


def test_a_rim_enhances_around_a_centre_that_hardly_does() -> None:
    spec = replace(SMALL, lesion=LesionSpec(diameter_mm=40, kind=LesionKind.RIM, lobulation=0.0))
    study = make_study(spec)
    pe = values_of(true_enhancement(spec))
    lesion = study.truth.lesion
    assert lesion is not None
    distance = sitk.SignedMaurerDistanceMap(lesion, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    depth = values_of(distance)
    # The rim is as thick as a slice is here; within the slices through the middle it is seen whole.
    assert pe[depth > 9].mean() < 0.5 * pe[(depth > 0) & (depth < 4)].mean()


def test_a_spiculated_lesion_reaches_out_in_strands_thinner_than_a_voxel() -> None:
    spec = replace(SMALL, vessels=False, density=0.0, lesion=LesionSpec(diameter_mm=20, kind=LesionKind.SPICULATED))
    smooth = replace(spec, lesion=LesionSpec(diameter_mm=20))
    strands = values_of(true_enhancement(spec)) - values_of(true_enhancement(smooth))
    lesion = make_study(spec).truth.lesion
    assert lesion is not None
    beside = strands[~mask_of(lesion)]
    enhancing = beside[beside > 0.02]
    assert len(enhancing) > 100
    assert np.unique(np.round(enhancing, 2)).size > 20, "partial volume has every degree, not on and off"


def test_a_strand_gives_the_voxels_exactly_its_volume_on_every_grid() -> None:
    start, end = np.array([-20.0, 3.3, -11.0]), np.array([24.0, -9.0, 14.0])
    points = start + np.linspace(0, 1, 30)[:, None] * (end - start)
    truth_mm3 = np.pi * 0.8**2 * np.linalg.norm(end - start)
    for spacing in ((0.7, 0.7, 1.0), (2.8, 2.8, 5.0)):
        size = tuple(int(90 / one) for one in spacing)
        for plane in (SlicePlane.AXIAL, SlicePlane.SAGITTAL):
            grid = PhantomGrid.centred(plane, (size[0], size[1], size[2]), spacing, (0.0, 0.0, 0.0))
            filled = deposit([tapered(points, 0.8, 0.8)], grid)
            assert filled.sum() * np.prod(spacing) == pytest.approx(truth_mm3, rel=0.03)
            assert filled.max() <= 1


def test_over_many_patients_lesions_lie_in_every_quadrant_and_never_in_the_skin() -> None:
    quadrants: Counter[tuple[bool, bool]] = Counter()
    for seed in range(60):
        spec = replace(PhantomSpec.small(seed), lesion=LesionSpec(diameter_mm=18))
        (ball,) = lesion_places(spec)
        breast = next(b for b in breasts_of(spec) if b.side is ball.side)
        quadrants[ball.centre[0] > breast.centre_x, ball.centre[2] > breast.centre_z] += 1
    assert min(quadrants[o, u] for o in (True, False) for u in (True, False)) >= 5
    for seed in range(3):
        study = make_study(replace(PhantomSpec.small(seed), lesion=LesionSpec(diameter_mm=35, lobulation=0.2)))
        assert study.truth.lesion is not None
        lesion, skin = mask_of(study.truth.lesion), mask_of(study.truth.distractors["skin"])
        assert lesion.any()
        assert not (lesion & skin).any()


def test_each_lesion_has_its_own_truth_and_they_do_not_touch() -> None:
    more = (
        LesionSpec(diameter_mm=12, curve=CurveShape.PERSISTENT, necrotic_core=False),
        LesionSpec(Laterality.RIGHT, 16, curve=CurveShape.PLATEAU, necrotic_core=False),
    )
    study = make_study(replace(FIVE_PHASES, more_lesions=more))
    index, second, other = study.truth.lesions
    assert index.mask is study.truth.lesion
    together = sum(mask_of(one.mask).astype(int) for one in study.truth.lesions)
    assert np.max(together) == 1
    assert other.centre_mm[0] < 0 < second.centre_mm[0], "the patient's left is +x"
    sers = [(study.truth.enhancement(one.signal) or (0, 0))[1] for one in (index, other, second)]
    assert sers == sorted(sers, reverse=True), "washout, plateau, persistent"
    assert not (mask_of(study.truth.fgt) & (np.asarray(together) > 0)).any()


def test_a_sagittal_examination_shows_the_lesions_of_its_breast_where_the_axial_one_does() -> None:
    more = (LesionSpec(diameter_mm=10), LesionSpec(Laterality.RIGHT, 16))
    spec = replace(SMALL, more_lesions=more)
    across = [ball.centre for ball in lesion_places(spec) if ball.side is Laterality.LEFT]
    assert [ball.centre for ball in lesion_places(spec.sagittal(Laterality.LEFT))] == across


def test_what_is_no_lesion_is_told_apart_by_name() -> None:
    study = make_study(replace(SMALL, distractors=Distractors(nodes_a_side=3, cysts=3, implants=True)))
    truth = study.truth
    assert set(truth.distractors) == {
        "heart", "great-vessels", "vessels", "skin", "nodes", "cysts", "implants"
    }  # fmt: skip
    assert truth.lesion is not None
    lesion, breast = mask_of(truth.lesion), mask_of(truth.breast)
    for name, mask in truth.distractors.items():
        assert not (mask_of(mask) & lesion).any(), name
    for name in ("heart", "great-vessels", "nodes"):
        assert not (mask_of(truth.distractors[name]) & breast).any(), name
    assert gain(study, truth.distractors["great-vessels"]) > 1.2, "blood enhances most"
    assert gain(study, truth.distractors["nodes"]) > 0.5, "nodes enhance like cancers"
    assert abs(gain(study, truth.distractors["cysts"])) < 0.15
    assert abs(gain(study, truth.distractors["implants"])) < 0.05
    pre = values_of(study.phases[0])
    assert pre[mask_of(truth.distractors["cysts"])].mean() < 0.8 * pre[mask_of(truth.fgt)].mean(), "dark on T1"


def test_blood_peaks_before_the_breast_and_falls_after_it() -> None:
    """Parker 2006: a peak of some 6 mmol/l of blood ten seconds after arrival, 0.9 to 1 a minute and a half later."""
    seconds = np.arange(15, 400, 0.5)
    blood = 0.58 * np.array([plasma_concentration(s) for s in seconds])
    assert blood.max() == pytest.approx(6.0, abs=0.2)
    assert seconds[blood.argmax()] - 15 == pytest.approx(10, abs=1.5)
    assert 0.8 < blood[seconds == 105][0] < 1.0
    assert plasma_concentration(12.0) == 0
    assert plasma_concentration(12.0, arrival_s=9.0) > 0, "in the heart before it is in the breast"


def test_without_fat_saturation_fat_is_bright_and_the_lesion_still_enhances() -> None:
    saturated = make_study(replace(SMALL, lesion=LesionSpec(necrotic_core=False, lobulation=0.0)))
    bright = make_study(replace(saturated.spec, fat_saturated=False))
    assert saturated.truth.lesion is not None
    fat = mask_of(saturated.truth.breast) & ~mask_of(saturated.truth.fgt) & ~mask_of(saturated.truth.lesion)
    assert values_of(bright.phases[0])[fat].mean() > 5 * values_of(saturated.phases[0])[fat].mean()
    # Voxels of the border hold fat, which is bright now and does not enhance.
    pe, saturated_pe = (gain(study, saturated.truth.lesion) for study in (bright, saturated))
    assert 0.75 * saturated_pe < pe < saturated_pe


def test_a_larger_breast_is_larger() -> None:
    volumes = [make_study(replace(SMALL, breast_size=size)).truth.breast_cc for size in (0.7, 1.0, 1.3)]
    assert volumes == sorted(volumes)
    assert volumes[2] > 2 * volumes[0]


def test_the_enhancement_of_every_voxel_agrees_with_the_mean_of_the_lesion() -> None:
    spec = replace(SMALL, coil_shading=0.0)
    truth = make_study(spec).truth
    found = truth.enhancement(truth.lesion_signal)
    assert found is not None
    assert truth.lesion is not None
    # The mean of ratios is not the ratio of means: the necrotic core is darker before and after.
    assert values_of(true_enhancement(spec))[mask_of(truth.lesion)].mean() == pytest.approx(found[0], rel=0.05)


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_case_can_be_imaged_and_its_phases_serve(name: str) -> None:
    spec = CASES[name].change(SMALL)
    if name in PROTOCOLS:
        spec = PROTOCOLS[name].image(SMALL, coarser=4 if spec.plane is SlicePlane.AXIAL else 2)
    truth = make_study(spec).truth
    assert truth.roles is not None
    assert truth.refusal == (None if spec.lesion is not None else "no-lesion")
    assert len(truth.lesions) == len(spec.lesions)


def test_validation_draws_every_kind_of_patient_and_the_same_one_each_time() -> None:
    specs = [validation_case(seed) for seed in range(300)]
    assert specs[7] == validation_case(7)
    assert len({spec.digest() for spec in specs}) == len(specs)
    assert {spec.plane for spec in specs} == {SlicePlane.AXIAL, SlicePlane.SAGITTAL}
    assert {spec.background for spec in specs} == set(Background)
    assert {Density.of(spec.density) for spec in specs} == set(Density)
    assert {lesion.kind for spec in specs for lesion in spec.lesions} == set(LesionKind)
    assert {lesion.curve for spec in specs for lesion in spec.lesions} == set(CurveShape)
    healthy = sum(not spec.lesions for spec in specs) / len(specs)
    assert 0.1 < healthy < 0.25
    assert sum(len(spec.lesions) > 1 for spec in specs) > 30
    assert 0.85 < sum(spec.fat_saturated for spec in specs) / len(specs) < 0.98


def test_a_patient_that_cannot_be_is_told_why() -> None:
    with pytest.raises(ValueError, match="the first one is the index lesion"):
        PhantomSpec(lesion=None, more_lesions=(LesionSpec(),))
    with pytest.raises(ValueError, match="not within 0 to 3"):
        Distractors(nodes_a_side=4)
    with pytest.raises(ValueError, match=r"breast size 2.0"):
        PhantomSpec(breast_size=2.0)
    with pytest.raises(ValueError, match="images of the left"):
        replace(SMALL.sagittal(Laterality.LEFT), more_lesions=(LesionSpec(Laterality.RIGHT),))
