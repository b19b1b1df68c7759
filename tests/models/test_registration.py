"""Motion between phases: seen when it is there, taken out, measured, and never made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from phantom_series import PhantomCase, phantom_case

from models.answers import Refused
from models.motion import jacobian, jacobian_range, moved_back, without_motion
from models.registration import find_displacement
from models.series import DceSeries, Phase
from models.settings import MotionSettings
from models.voxels import image_of, mask_of, values_of
from phantom.motion import MotionSpec
from phantom.spec import Background, PhantomSpec

SETTINGS = MotionSettings()
STILL = replace(PhantomSpec.small(), matrix=(128, 128, 40), spacing_mm=(2.8, 2.8, 3.5))


def moving(rms_mm: float, **changes: object) -> PhantomCase:
    return phantom_case(replace(STILL, motion=MotionSpec(rms_mm=rms_mm), **changes))


def error_mm(case: PhantomCase, phase: int, field: sitk.Image | None) -> float:
    """Root mean square over the breast: there by the field found, back by the truth. Without a field: what she moved."""
    truth = case.study.truth
    back = sitk.DisplacementFieldTransform(sitk.Cast(truth.displacements[phase], sitk.sitkVectorFloat64))
    there = sitk.Transform() if field is None else sitk.DisplacementFieldTransform(sitk.Image(field))
    voxels = np.argwhere(mask_of(truth.breast))[::29, ::-1].tolist()
    points = [truth.breast.TransformIndexToPhysicalPoint(voxel) for voxel in voxels]
    ends = [back.TransformPoint(there.TransformPoint(point)) for point in points]
    return float(np.sqrt(np.square(np.subtract(ends, points)).sum(axis=1).mean()))


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
    series, found = without_motion(case.series, case.study.truth.breast, SETTINGS)
    assert series is case.series
    assert [motion.number for motion in found] == [1, 3, 4]
    assert not any(motion.registered for motion in found)


def test_a_motion_of_a_millimetre_is_not_missed() -> None:
    case = moving(1.0)
    _, found = without_motion(case.series, case.study.truth.breast, SETTINGS)
    assert all(motion.registered for motion in found)


@pytest.mark.parametrize("rms_mm", [1.0, 2.3, 5.0])
def test_most_of_a_known_motion_is_taken_out(rms_mm: float) -> None:
    case = moving(rms_mm)
    series, found = without_motion(case.series, case.study.truth.breast, SETTINGS)
    for motion in found:
        assert error_mm(case, motion.number - 1, None) == pytest.approx(rms_mm, rel=0.05)
        assert error_mm(case, motion.number - 1, motion.field) < max(0.6, 0.3 * rms_mm)
        assert motion.rms_mm == pytest.approx(rms_mm, rel=0.25)
        assert motion.rms_mm < motion.p95_mm
        assert 0 < motion.lowest_jacobian < 1
    reference = case.series.roles.pre + 1
    assert series.phases[reference] is case.series.phases[reference]
    assert [p.time_s for p in series.phases] == [p.time_s for p in case.series.phases]


def test_only_the_phase_that_moved_is_resampled() -> None:
    case = phantom_case(replace(STILL, motion=MotionSpec(rms_mm=3.0, phases=(2,))))
    series, found = without_motion(case.series, case.study.truth.breast, SETTINGS)
    assert [motion.registered for motion in found] == [False, True, False]
    changed = [a is not b for a, b in zip(series.phases, case.series.phases, strict=True)]
    assert changed == [False, False, True, False]


def test_the_same_bits_on_any_number_of_threads(request: pytest.FixtureRequest) -> None:
    case = moving(2.3)
    pair = (case.series.phases[1].image, case.series.phases[0].image, case.study.truth.breast)
    field = find_displacement(*pair)
    request.getfixturevalue("one_thread")
    np.testing.assert_array_equal(sitk.GetArrayFromImage(find_displacement(*pair)), sitk.GetArrayFromImage(field))


def test_oblique_slices_find_the_same_motion() -> None:
    """The whole examination turned in the scanner: the field turns with it."""
    case = moving(2.3)
    turn = sitk.Euler3DTransform((0.0, 0.0, 0.0), 0.2, -0.3, 0.4)
    matrix = np.array(turn.GetMatrix()).reshape(3, 3)

    def turned(image: sitk.Image) -> sitk.Image:
        other = sitk.Image(image)
        other.SetDirection((matrix @ np.array(image.GetDirection()).reshape(3, 3)).ravel().tolist())
        other.SetOrigin((matrix @ np.array(image.GetOrigin())).tolist())
        return other

    pair = (case.series.phases[1].image, case.series.phases[0].image, case.study.truth.breast)
    straight, oblique = find_displacement(*pair), find_displacement(*map(turned, pair))
    expected = sitk.GetArrayFromImage(straight) @ matrix.T
    np.testing.assert_allclose(sitk.GetArrayFromImage(oblique), expected, atol=1e-6)
    np.testing.assert_allclose(values_of(jacobian(oblique)), values_of(jacobian(straight)), atol=1e-5)


def test_more_motion_than_was_ever_measured_is_refused() -> None:
    case = moving(12.0)
    with pytest.raises(Refused, match=r"moved too far: phase 1 lies .* up to 6 mm"):
        without_motion(case.series, case.study.truth.breast, SETTINGS)


def test_a_field_that_folds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No image is known on which the method folds: the field is given."""
    case = moving(2.3)
    fixed = case.series.phases[1].image

    def folding(*_: object) -> sitk.Image:
        x = np.arange(fixed.GetSize()[0], dtype=float) * fixed.GetSpacing()[0]
        field = np.zeros((*fixed.GetSize()[::-1], 3))
        field[..., 0] = 5 * np.sin(x / 3)
        image = sitk.GetImageFromArray(field, isVector=True)
        image.CopyInformation(fixed)
        return image

    monkeypatch.setattr("models.motion.find_displacement", folding)
    with pytest.raises(Refused, match=r"motion of phase 1 cannot be corrected.*fold"):
        without_motion(case.series, case.study.truth.breast, SETTINGS)


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


def test_a_phase_moved_back_keeps_its_noise_and_has_no_negative_signal() -> None:
    case = moving(2.3)
    truth, phase = case.study.truth, case.series.phases[0].image
    field = find_displacement(case.series.phases[1].image, phase, truth.breast)
    back = values_of(moved_back(phase, field))
    assert back.min() >= 0
    air = np.zeros(back.shape, bool)
    air[:, :10] = True
    np.testing.assert_array_equal(back[air], values_of(phase)[air])


def test_an_empty_breast_without_structure_lies_still() -> None:
    case = phantom_case(STILL)
    even = case.series.pre * 0 + 100
    series = DceSeries(
        tuple(Phase(even, phase.time_s) for phase in case.series.phases),
        case.series.roles,
        case.series.laterality,
        case.series.time_zero,
    )
    _, found = without_motion(series, case.study.truth.breast, SETTINGS)
    assert [motion.rms_mm for motion in found] == pytest.approx([0, 0, 0], abs=1e-3)
