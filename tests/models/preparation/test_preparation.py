"""Preparation: one field for all phases, estimated on the pre-contrast image, the same in every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from phantom_series import PhantomCase, phantom_case

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.voxels import mask_of, values_of
from tilscope.models.kinetics.maps import percent_enhancement
from tilscope.models.preparation.prepare import prepare
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.phantom.patient_motion import MotionSpec
from tilscope.phantom.scanner import coil_sensitivity
from tilscope.phantom.spec import PhantomSpec

SETTINGS = PipelineSettings()


@pytest.fixture(scope="module")
def case() -> PhantomCase:
    return phantom_case(PhantomSpec.small())


@pytest.fixture(scope="module")
def prepared(case: PhantomCase) -> PreparedSeries:
    return prepare(case.series, SETTINGS)


def unevenness(values: np.ndarray) -> float:
    return float(values.std() / values.mean())


def test_most_of_the_coils_shading_is_taken_out(case: PhantomCase, prepared: PreparedSeries) -> None:
    spec, breast = case.study.spec, mask_of(case.study.truth.breast) & mask_of(prepared.breast)
    coil = coil_sensitivity(spec.grid, spec.coil_shading)
    left = coil / values_of(prepared.bias_field)
    assert unevenness(left[breast]) < 0.6 * unevenness(coil[breast])


def test_an_even_image_stays_as_it_is() -> None:
    case = phantom_case(replace(PhantomSpec.small(), coil_shading=0.0))
    field = values_of(prepare(case.series, SETTINGS).bias_field)
    assert unevenness(field[mask_of(case.study.truth.breast)]) < 0.05


def test_every_phase_is_divided_by_the_same_field(case: PhantomCase, prepared: PreparedSeries) -> None:
    for raw, even in zip(case.series.phases, prepared.corrected.phases, strict=True):
        np.testing.assert_allclose(
            values_of(even.image) * values_of(prepared.bias_field), values_of(raw.image), rtol=1e-5
        )
        assert even.time_s == raw.time_s
    breast = mask_of(prepared.breast)
    before, after = (
        percent_enhancement(values_of(s.pre), values_of(s.early))[breast] for s in (prepared.series, prepared.corrected)
    )
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-2)


def test_the_field_leaves_the_breasts_brightness_where_it_was(prepared: PreparedSeries) -> None:
    logarithm = np.log(values_of(prepared.bias_field)[mask_of(prepared.breast)])
    assert float(logarithm.mean()) == pytest.approx(0, abs=1e-3)


def test_prepared_twice_is_the_same_to_the_bit(case: PhantomCase, prepared: PreparedSeries) -> None:
    again = prepare(case.series, SETTINGS)
    np.testing.assert_array_equal(values_of(again.bias_field), values_of(prepared.bias_field))


def test_prepared_by_any_number_of_threads_is_the_same_to_the_bit(
    case: PhantomCase, prepared: PreparedSeries, threads_of_itk: Callable[[int], None]
) -> None:
    """Workers have fewer threads than a process of its own; their features must not differ."""
    for number in (1, 3):
        threads_of_itk(number)
        again = prepare(case.series, SETTINGS)
        np.testing.assert_array_equal(values_of(again.bias_field), values_of(prepared.bias_field))


@pytest.fixture
def threads_of_itk() -> Iterator[Callable[[int], None]]:
    usual = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    yield sitk.ProcessObject.SetGlobalDefaultNumberOfThreads
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(usual)


def test_without_the_field_the_phases_stay_as_acquired(case: PhantomCase) -> None:
    off = replace(SETTINGS, preparation=replace(SETTINGS.preparation, bias_field=False))
    prepared = prepare(case.series, off)
    assert prepared.bias_field is None
    assert prepared.corrected is case.series


def test_a_patient_who_moved_is_measured_where_she_lay_after_contrast() -> None:
    spec = replace(PhantomSpec.small(), matrix=(128, 128, 40), spacing_mm=(2.8, 2.8, 3.5), coil_shading=0.0)
    still = phantom_case(spec)
    moved = phantom_case(replace(spec, motion=MotionSpec(rms_mm=4.0, phases=(0,))))
    prepared = prepare(moved.series, replace(SETTINGS, motion=MotionSettings(register=True)))
    assert [motion.registered for motion in prepared.motion] == [True, False, False]
    gland = mask_of(still.study.truth.fgt)
    expected, before, after = (
        values_of(image)[gland] for image in (still.series.pre, moved.series.pre, prepared.series.pre)
    )
    assert np.abs(after - expected).mean() < 0.6 * np.abs(before - expected).mean()


def test_with_registration_off_nothing_is_looked_for(case: PhantomCase) -> None:
    prepared = prepare(case.series, replace(SETTINGS, motion=MotionSettings(register=False)))
    assert prepared.series is case.series
    assert prepared.motion == ()
