"""Motion between phases: seen when it is there, taken out, measured, and never made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from nact_exam import read_nact_exam
from phantom_series import PhantomCase, phantom_case

from tilscope.models.breast.body import body_mask
from tilscope.models.breast.breasts import find_breasts
from tilscope.models.imaging.prepared_series import MotionOutcome, PhaseMotion
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.voxels import image_of, mask_of, values_of
from tilscope.models.kernels import cubic_spline, gaussian, linear_warp
from tilscope.models.preparation.agreement import evidence_for
from tilscope.models.preparation.motion import jacobian, jacobian_range, motion_by, refuse_folding, without_motion
from tilscope.models.preparation.registration import find_displacement
from tilscope.models.refusals import Refused
from tilscope.models.settings import MotionSettings
from tilscope.phantom.patient_motion import MotionSpec
from tilscope.phantom.spec import Background, PhantomSpec

SETTINGS = MotionSettings()
STILL = replace(PhantomSpec.small(), phase_starts_s=(-210.0, 0.0, 360.0))
Registered = tuple[DceSeries, tuple[PhaseMotion, ...]]


def moving(rms_mm: float, *phases: int) -> PhantomCase:
    return phantom_case(replace(STILL, motion=MotionSpec(rms_mm=rms_mm, phases=phases)))


def registered(case: PhantomCase, settings: MotionSettings = SETTINGS) -> Registered:
    return without_motion(case.series, case.study.truth.breast, settings)


def pair(case: PhantomCase, phase: int = 0) -> tuple[sitk.Image, sitk.Image, sitk.Image]:
    """The first phase after the injection, another one, and where to look."""
    return case.series.phases[1].image, case.series.phases[phase].image, case.study.truth.breast


def error_mm(case: PhantomCase, phase: int, field: sitk.Image | None) -> float:
    """Root mean square over the breast: there by the field found, back by the truth. Without a field: what she moved."""
    truth = case.study.truth
    back = sitk.DisplacementFieldTransform(sitk.Cast(truth.displacements[phase], sitk.sitkVectorFloat64))
    there = sitk.Transform() if field is None else sitk.DisplacementFieldTransform(sitk.Image(field))
    voxels = np.argwhere(mask_of(truth.breast))[::29, ::-1].tolist()
    points = [truth.breast.TransformIndexToPhysicalPoint(voxel) for voxel in voxels]
    ends = [back.TransformPoint(there.TransformPoint(point)) for point in points]
    return float(np.sqrt(np.square(np.subtract(ends, points)).sum(axis=1).mean()))


def waves(grid: sitk.Image, amplitude_mm: float, wavelength_mm: float) -> sitk.Image:
    """A displacement along x that rises and falls with x."""
    x = np.arange(grid.GetSize()[0], dtype=float) * grid.GetSpacing()[0]
    field = np.zeros((*grid.GetSize()[::-1], 3))
    field[..., 0] = amplitude_mm * np.sin(2 * np.pi * x / wavelength_mm)
    image = sitk.GetImageFromArray(field, isVector=True)
    image.CopyInformation(grid)
    return image


@pytest.fixture(scope="module")
def moved() -> PhantomCase:
    return moving(2.3, 0)


@pytest.fixture(scope="module")
def mended(moved: PhantomCase) -> Registered:
    return registered(moved)


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    yield
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


@pytest.mark.parametrize(
    "changes", [{}, {"background": Background.MARKED}, {"snr": 12.0}], ids=["usual", "BPE", "noise"]
)
def test_a_patient_who_lies_still_is_passed_on_as_she_is(changes: dict[str, object]) -> None:
    case = phantom_case(replace(STILL, **changes))
    series, found = registered(case)
    assert series is case.series
    assert [motion.number for motion in found] == [1, 3]
    assert {motion.outcome for motion in found} == {MotionOutcome.STILL}


def test_what_a_fit_finds_in_a_patient_who_lies_still_is_not_believed() -> None:
    """As if the look had been fooled: the full fit is made, and fine detail decides."""
    case = phantom_case(STILL)
    series, found = registered(case, replace(SETTINGS, still_rms_mm=0.0))
    assert {motion.outcome for motion in found} == {MotionOutcome.UNPROVEN}
    assert not any(motion.registered or motion.field for motion in found)
    assert series is case.series


def test_blur_alone_proves_nothing() -> None:
    """Interpolation smooths noise: moved there and back again by a fifth of a voxel, a noisy phase agrees better."""
    case = phantom_case(replace(STILL, snr=8.0))
    fixed, other, breast = pair(case, 2)
    shift = sitk.GetImageFromArray(np.full((*breast.GetSize()[::-1], 3), 0.5), isVector=True)
    shift.CopyInformation(breast)
    evidence = evidence_for(shift, fixed, other, breast)
    assert evidence.there_and_back > evidence.as_acquired + 0.01
    assert not evidence.proven


def test_the_true_displacement_is_believed_and_its_opposite_is_not(moved: PhantomCase, mended: Registered) -> None:
    (motion, _) = mended[1]
    assert motion.field is not None
    opposite = sitk.GetImageFromArray(-sitk.GetArrayFromImage(motion.field), isVector=True)
    opposite.CopyInformation(motion.field)
    assert evidence_for(motion.field, *pair(moved)).proven
    assert not evidence_for(opposite, *pair(moved)).proven


def test_most_of_a_known_motion_is_taken_out(moved: PhantomCase, mended: Registered) -> None:
    series, (motion, other) = mended
    assert error_mm(moved, 0, None) == pytest.approx(2.3, rel=0.05)
    assert error_mm(moved, 0, motion.field) < 0.6
    assert motion.rms_mm == pytest.approx(2.3, rel=0.25)
    assert motion.rms_mm < motion.p95_mm
    assert 0 < motion.lowest_jacobian < 1
    assert [motion.outcome, other.outcome] == [MotionOutcome.REGISTERED, MotionOutcome.STILL]
    assert [p.time_s for p in series.phases] == [p.time_s for p in moved.series.phases]


def test_only_the_phase_that_moved_is_resampled(moved: PhantomCase, mended: Registered) -> None:
    changed = [a is not b for a, b in zip(mended[0].phases, moved.series.phases, strict=True)]
    assert changed == [True, False, False]


@pytest.mark.parametrize("rms_mm", [1.0, 5.0])
def test_a_small_and_a_large_motion_of_the_late_phase_are_taken_out(rms_mm: float) -> None:
    case = moving(rms_mm, 2)
    _, (_, motion) = registered(case)
    assert motion.registered
    assert error_mm(case, 2, motion.field) < max(0.4, 0.2 * rms_mm)


def test_the_same_bits_on_any_number_of_threads(
    moved: PhantomCase, mended: Registered, request: pytest.FixtureRequest
) -> None:
    field = mended[1][0].field
    assert field is not None
    request.getfixturevalue("one_thread")
    again = find_displacement(*pair(moved))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(again), sitk.GetArrayFromImage(field))
    assert evidence_for(again, *pair(moved)).proven


def test_without_a_compiler_the_same_motion_is_found(
    moved: PhantomCase, mended: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernels' twins do the work, to the rounding of float32."""
    for module, name in (
        (cubic_spline, "_filter_slices"),
        (cubic_spline, "_sample"),
        (gaussian, "_axis"),
        (linear_warp, "_warp"),
    ):
        monkeypatch.setattr(module, name, None)
    series, (motion, other) = registered(moved)
    expected = mended[1][0]
    assert motion.field is not None
    assert expected.field is not None
    assert [motion.outcome, other.outcome] == [expected.outcome, mended[1][1].outcome]
    fields = [sitk.GetArrayFromImage(found.field) for found in (motion, expected)]
    np.testing.assert_allclose(*fields, atol=1e-3)
    back = [values_of(found.phases[0].image) for found in (series, mended[0])]
    np.testing.assert_allclose(*back, atol=1e-4 * float(back[0].max()))


def test_oblique_slices_find_the_same_motion(moved: PhantomCase, mended: Registered) -> None:
    """The whole examination turned in the scanner: the field turns with it."""
    turn = sitk.Euler3DTransform((0.0, 0.0, 0.0), 0.2, -0.3, 0.4)
    matrix = np.array(turn.GetMatrix()).reshape(3, 3)

    def turned(image: sitk.Image) -> sitk.Image:
        other = sitk.Image(image)
        other.SetDirection((matrix @ np.array(image.GetDirection()).reshape(3, 3)).ravel().tolist())
        other.SetOrigin((matrix @ np.array(image.GetOrigin())).tolist())
        return other

    straight, oblique = mended[1][0].field, find_displacement(*map(turned, pair(moved)))
    assert straight is not None
    expected = sitk.GetArrayFromImage(straight) @ matrix.T
    np.testing.assert_allclose(sitk.GetArrayFromImage(oblique), expected, atol=1e-6)
    np.testing.assert_allclose(values_of(jacobian(oblique)), values_of(jacobian(straight)), atol=1e-5)


def test_more_motion_than_was_ever_measured_is_refused() -> None:
    with pytest.raises(Refused, match=r"moved too far: phase 1 lies .* up to 6 mm"):
        registered(moving(12.0, 0))


def test_a_field_that_folds_is_refused() -> None:
    breast = phantom_case(STILL).study.truth.breast
    refuse_folding(motion_by(waves(breast, 1.0, 100.0), breast, 1))
    with pytest.raises(Refused, match=r"motion of phase 1 cannot be corrected.*fold"):
        refuse_folding(motion_by(waves(breast, 5.0, 20.0), breast, 1))


def test_the_jacobian_is_the_volume_ratio() -> None:
    grid = sitk.Image([20, 16, 12], sitk.sitkFloat32)
    grid.SetSpacing((1.0, 2.0, 3.0))
    grid.SetDirection((0, 0, 1, 1, 0, 0, 0, 1, 0))
    z, y, x = np.indices((12, 16, 20))
    points = np.stack([x * 1.0, y * 2.0, z * 3.0], axis=-1) @ np.array(grid.GetDirection()).reshape(3, 3).T
    field = sitk.GetImageFromArray(points * (0.1, -0.05, 0.2), isVector=True)
    field.CopyInformation(grid)
    least, mean, most = jacobian_range(field, image_of(x > 4, grid))
    assert (least, mean, most) == pytest.approx((1.1 * 0.95 * 1.2,) * 3, rel=1e-5)


def test_a_phase_moved_back_has_no_negative_signal_and_its_air_is_as_acquired(
    moved: PhantomCase, mended: Registered
) -> None:
    back, acquired = (values_of(series.phases[0].image) for series in (mended[0], moved.series))
    assert back.min() >= 0
    np.testing.assert_array_equal(back[:, :10], acquired[:, :10])


def test_an_empty_breast_without_structure_lies_still() -> None:
    case = phantom_case(STILL)
    even = case.series.pre * 0 + 100
    series = replace(case.series, phases=tuple(Phase(even, phase.time_s) for phase in case.series.phases))
    _, found = without_motion(series, case.study.truth.breast, SETTINGS)
    assert [motion.rms_mm for motion in found] == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.slow
def test_no_motion_is_made_up_in_the_real_exam(reference_data: Path) -> None:
    """Its phases agree as acquired; a fit that was believed made them agree less."""
    series = read_nact_exam(reference_data).series
    still, _ = without_motion(series, find_breasts(body_mask(series), series), SETTINGS)
    assert still is series
