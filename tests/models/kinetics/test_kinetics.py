"""PE, SER and curve types, worked on paper."""

from __future__ import annotations

import numpy as np
import pytest

from tilscope.models.imaging.series import PhaseRoles
from tilscope.models.kinetics.maps import bounded_ser, curve_type, percent_enhancement, signal_enhancement_ratio
from tilscope.models.kinetics.timing import choose_phases
from tilscope.models.settings import TimingSettings


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_phase_at_the_very_injection_is_none_before_it() -> None:
    assert choose_phases([-60.0, 0.0, 150.0, 450.0], TimingSettings()) == PhaseRoles(0, 2, 3)


def test_percent_enhancement_is_the_rise_over_the_first_signal() -> None:
    assert percent_enhancement(array(100, 40, 50), array(170, 40, 25)).tolist() == [70, 0, -50]


def test_percent_enhancement_is_undefined_without_signal_before_contrast() -> None:
    assert np.isnan(percent_enhancement(array(0, -1), array(30, 30))).all()


@pytest.mark.parametrize(
    ("pre", "early", "late", "ser"),
    [
        (100, 200, 300, 0.5),  # still rising
        (100, 200, 200, 1.0),  # plateau
        (100, 200, 150, 2.0),  # washout
        (100, 200, 50, -2.0),  # below its first value: negative, and kept
        (100, 100, 150, 0.0),  # nothing early
        (0, 10, 20, 0.5),  # SER needs no signal before contrast
    ],
)
def test_signal_enhancement_ratio(pre: float, early: float, late: float, ser: float) -> None:
    assert signal_enhancement_ratio(array(pre), array(early), array(late)).item() == ser


def test_ser_is_undefined_where_late_equals_pre() -> None:
    assert np.isnan(signal_enhancement_ratio(array(100), array(200), array(100))).all()


def test_a_common_field_changes_neither() -> None:
    pre, early, late, field = (np.random.default_rng(3).uniform(50, 300, 1000).astype(np.float32) for _ in range(4))
    np.testing.assert_allclose(
        percent_enhancement(pre / field, early / field), percent_enhancement(pre, early), rtol=1e-3, atol=1e-3
    )
    # Where late nearly equals pre, rounding alone moves a ratio of small differences.
    clear = np.abs(late - pre) > 5
    np.testing.assert_allclose(
        signal_enhancement_ratio(pre / field, early / field, late / field)[clear],
        signal_enhancement_ratio(pre, early, late)[clear],
        rtol=1e-3, atol=1e-3,
    )  # fmt: skip


def test_ser_for_averaging_is_clipped_and_left_out_where_hardly_anything_enhances() -> None:
    bounded = bounded_ser(array(10, 50, 50, 9.9, np.nan), array(0.5, 4.0, -1.0, 0.5, 0.5))
    np.testing.assert_array_equal(bounded, array(0.5, 3.0, 0.0, np.nan, np.nan))


@pytest.mark.parametrize(
    ("early", "late", "name"),
    [
        (200, 221, "persistent"), (200, 220, "plateau"), (200, 200, "plateau"), (200, 180, "plateau"), (200, 179, "washout"),
        # At the border whatever the unit of signal.
        (0.3, 0.33, "plateau"), (0.7, 0.63, "plateau"),
    ],
)  # fmt: skip
def test_curve_types_at_ten_percent_between_early_and_late(early: float, late: float, name: str) -> None:
    assert curve_type(early, late).value == name
