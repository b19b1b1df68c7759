"""A phantom is a patient whose answer is known: the truth must be true of the images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.imaging.series import Laterality, PhaseRoles
from tilscope.phantom import LesionSpec, PhantomSpec, PhantomStudy, make_study
from tilscope.phantom.arterial_input import plasma_concentration
from tilscope.phantom.grid import SlicePlane
from tilscope.phantom.sequence import GradientEcho
from tilscope.phantom.signal import Exchange, tissue_concentration
from tilscope.phantom.spec import Background, CurveShape


def values(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(image).astype(float)


def inside(image: sitk.Image | None) -> np.ndarray:
    assert image is not None
    return sitk.GetArrayFromImage(image) > 0


def measured(study: PhantomStudy, mask: sitk.Image | None) -> tuple[float, float]:
    """PE and SER of the mean signal, from the noisy images."""
    roles = study.truth.roles
    assert roles is not None
    where = inside(mask)
    pre, early, late = (values(study.phases[i])[where].mean() for i in (roles.pre, roles.early, roles.late))
    return (early - pre) / pre, (early - pre) / (late - pre)


def test_equal_specs_give_equal_studies_and_another_seed_another_patient(axial: PhantomStudy) -> None:
    again = make_study(PhantomSpec.small())
    other = make_study(PhantomSpec.small(seed=2))
    for one, two in zip(axial.phases, again.phases, strict=True):
        assert np.array_equal(values(one), values(two))
    assert inside(axial.truth.lesion).tobytes() == inside(again.truth.lesion).tobytes()
    assert other.truth.lesion_centre_mm != axial.truth.lesion_centre_mm
    assert not np.array_equal(inside(other.truth.fgt), inside(axial.truth.fgt))


@pytest.mark.parametrize("name", ["axial", "sagittal_right"])
def test_everything_lies_on_one_right_handed_grid(name: str, request: pytest.FixtureRequest) -> None:
    study: PhantomStudy = request.getfixturevalue(name)
    first = study.phases[0]
    masks = (study.truth.breast, study.truth.fgt, study.truth.lesion)
    for image in (*study.phases[1:], *masks):
        assert image is not None
        assert image.GetSize() == first.GetSize()
        assert image.GetSpacing() == first.GetSpacing()
        assert image.GetOrigin() == first.GetOrigin()
        assert image.GetDirection() == first.GetDirection()
    assert np.linalg.det(np.reshape(first.GetDirection(), (3, 3))) == pytest.approx(1)
    assert {mask.GetPixelID() for mask in masks if mask is not None} == {sitk.sitkUInt8}


@pytest.mark.parametrize("side", [Laterality.LEFT, Laterality.RIGHT])
def test_the_lesion_lies_in_its_own_breast_where_the_truth_says(side: Laterality) -> None:
    study = make_study(replace(PhantomSpec.small(seed=5), lesion=LesionSpec(side=side)))
    sign = 1 if side is Laterality.LEFT else -1
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(study.truth.lesion)
    x, y, z = statistics.GetCentroid(1)
    assert sign * x > 20, "the patient's left is +x"
    assert -90 < y < 20, "in front of the chest: a prone breast hangs towards -y"
    assert study.truth.lesion_centre_mm == pytest.approx((x, y, z), abs=3.0)


def test_regions_are_nested_and_apart(axial: PhantomStudy) -> None:
    breast, fgt, lesion = (inside(m) for m in (axial.truth.breast, axial.truth.fgt, axial.truth.lesion))
    assert lesion.any()
    assert fgt.any()
    assert not (fgt & lesion).any()
    assert not (fgt & ~breast).any()
    assert not (lesion & ~breast).any()
    voxel_cc = 2.8 * 2.8 * 5.0 / 1000
    assert axial.truth.lesion_cc == pytest.approx(lesion.sum() * voxel_cc)
    assert 0.1 < axial.truth.fgt_cc / axial.truth.breast_cc < 0.5, "a scattered to heterogeneously dense breast"


def test_the_breast_ends_at_the_skin_and_before_the_lung() -> None:
    clear = make_study(replace(PhantomSpec.small(), snr=1000.0, coil_shading=0.0))
    breast, pre = inside(clear.truth.breast), values(clear.phases[0])
    air = np.percentile(pre[:, :8], 99)
    assert np.mean(pre[breast] > 3 * air) > 0.999, "no air in the breast, nor the lung"
    assert not breast[:, -20:].any(), "nothing at the patient's back"
    columns = np.flatnonzero(breast.any(axis=(0, 1)))
    assert columns.min() > 5
    assert columns.max() < 122


def test_a_larger_lesion_is_larger_and_a_sphere_has_its_volume() -> None:
    sphere = replace(PhantomSpec.small(), lesion=LesionSpec(diameter_mm=30, lobulation=0))
    assert make_study(sphere).truth.lesion_cc == pytest.approx(np.pi / 6 * 3.0**3, rel=0.05)
    small = replace(PhantomSpec.small(), lesion=LesionSpec(diameter_mm=20, lobulation=0))
    assert make_study(small).truth.lesion_cc == pytest.approx(np.pi / 6 * 2.0**3, rel=0.08)


def test_the_patient_is_the_same_whatever_the_plane() -> None:
    """An axial and a sagittal study of one spec differ in sampling only."""
    across = make_study(PhantomSpec.small(seed=7))
    along = make_study(PhantomSpec.small(seed=7).sagittal(Laterality.LEFT))
    assert along.truth.lesion_centre_mm == across.truth.lesion_centre_mm
    assert along.truth.lesion_cc == pytest.approx(across.truth.lesion_cc, rel=0.1)
    resampled = sitk.Resample(across.truth.breast, along.truth.breast, sitk.Transform(), sitk.sitkNearestNeighbor, 0)
    seen = sitk.Resample(
        sitk.Cast(across.phases[0] * 0 + 1, sitk.sitkUInt8),
        along.truth.breast,
        sitk.Transform(),
        sitk.sitkNearestNeighbor,
        0,
    )
    one, two, common = inside(resampled), inside(along.truth.breast), inside(seen)
    # The axial stack ends before the sagittal one, and the other breast is not in the sagittal truth.
    dice = 2 * (one & two & common).sum() / ((one & common).sum() + (two & common).sum())
    assert dice > 0.95


def test_phases_by_time() -> None:
    """Early near 150 s and late near 450 s exist; a time is the middle of its phase."""
    assert PhantomSpec().times_s == (-90, 60, 180, 300, 420)
    assert PhantomSpec.small().times_s == (-120, 90, 270, 450)


def test_roles_and_refusals_follow_from_the_spec(axial: PhantomStudy) -> None:
    assert axial.truth.roles == PhaseRoles(pre=0, early=1, late=3)
    assert axial.truth.refusal is None
    short = make_study(replace(PhantomSpec.small(), phase_starts_s=(-210.0, 0.0, 60.0), phase_duration_s=60.0))
    assert short.truth.roles is None
    assert short.truth.refusal == "late-phase-missing"
    healthy = make_study(replace(PhantomSpec.small(), lesion=None))
    assert healthy.truth.lesion is None
    assert healthy.truth.refusal == "no-lesion"


def test_the_lesion_enhances_as_its_truth_says(axial: PhantomStudy) -> None:
    pe, ser = measured(axial, axial.truth.lesion)
    true = axial.truth.enhancement(axial.truth.lesion_signal)
    assert true is not None
    assert pe == pytest.approx(true[0], rel=0.02)
    assert ser == pytest.approx(true[1], rel=0.02)
    assert pe > 0.7, "above the trial's threshold"
    assert ser > 1.0, "washout"


@pytest.mark.parametrize(
    ("curve", "lowest", "highest"),
    [(CurveShape.PERSISTENT, 0.0, 0.9), (CurveShape.PLATEAU, 0.9, 1.1), (CurveShape.WASHOUT, 1.1, 2.0)],
)
def test_curve_types_differ_by_their_late_phase(curve: CurveShape, lowest: float, highest: float) -> None:
    spec = replace(
        PhantomSpec.small(),
        phase_starts_s=(-150.0, 0.0, 120.0, 240.0, 360.0),
        phase_duration_s=120.0,
        lesion=LesionSpec(curve=curve, necrotic_core=False),
    )
    truth = make_study(spec).truth
    found = truth.enhancement(truth.lesion_signal)
    assert found is not None
    assert lowest < found[1] < highest


def test_background_enhancement_grows_with_its_word_and_fat_does_not_enhance() -> None:
    by_word = []
    for background in Background:
        study = make_study(replace(PhantomSpec.small(), background=background, lesion=None))
        found = study.truth.enhancement(study.truth.fgt_signal)
        assert found is not None
        by_word.append(found[0])
    assert by_word == sorted(by_word)
    assert 0 < by_word[0] < 0.05
    assert by_word[-1] > 0.2


def test_coil_shading_cancels_in_the_enhancement() -> None:
    even = make_study(replace(PhantomSpec.small(), coil_shading=0.0))
    shaded = make_study(replace(PhantomSpec.small(), coil_shading=1.5))
    assert measured(even, even.truth.lesion) == pytest.approx(measured(shaded, shaded.truth.lesion), rel=0.02)

    def heart_over_gland(study: PhantomStudy) -> float:
        column, row, slice_index = study.phases[0].TransformPhysicalPointToIndex((28.0, 82.0, -12.0))
        pre = values(study.phases[0])
        return float(
            pre[slice_index, row - 2 : row + 3, column - 2 : column + 3].mean() / pre[inside(study.truth.fgt)].mean()
        )

    assert heart_over_gland(shaded) < 0.6 * heart_over_gland(even)


def test_noise_in_air_is_rayleigh(axial: PhantomStudy) -> None:
    """The mean of a magnitude image's noise is 1.913 times its standard deviation (Rayleigh); its size is the spec's."""
    corner = values(axial.phases[0])[:, :12, :12]
    assert corner.mean() / corner.std() == pytest.approx(1.913, rel=0.03)
    gland = 11500 * GradientEcho().signal(t1_s=1.30)
    assert corner.mean() == pytest.approx(np.sqrt(np.pi / 2) * gland / axial.spec.snr, rel=0.03)


def test_the_tofts_curve_is_the_convolution_that_defines_it() -> None:
    constants = Exchange(0.4, 0.4, 0.05)
    seconds = np.arange(0, 400, 0.05)
    plasma = np.array([plasma_concentration(s) for s in seconds])
    kernel = np.exp(-(constants.k_trans / constants.v_e) * seconds / 60)
    leaked = constants.k_trans * np.convolve(plasma, kernel)[: len(seconds)] * 0.05 / 60
    for at in (20.0, 90.0, 390.0):
        expected = leaked[int(at / 0.05)] + constants.v_p * plasma_concentration(at)
        assert tissue_concentration(at, constants) == pytest.approx(expected, rel=0.01)
    assert tissue_concentration(-60.0, constants) == 0.0


def test_a_spec_that_contradicts_itself_is_told_why() -> None:
    with pytest.raises(ValueError, match="axial images both, sagittal one"):
        PhantomSpec(plane=SlicePlane.SAGITTAL)
    with pytest.raises(ValueError, match="must be recorded"):
        PhantomSpec(phase_starts_s=(-150.0, 20.0, 140.0))
    with pytest.raises(ValueError, match="left or the right breast"):
        LesionSpec(side=Laterality.BOTH)
    with pytest.raises(ValueError, match="61 mm is not within"):
        LesionSpec(diameter_mm=61)
    with pytest.raises(ValueError, match="before the injection"):
        PhantomSpec(phase_starts_s=(-60.0, 0.0, 120.0))
