"""Stored pixels become values that can be compared between phases, or the series is refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from pydicom import Dataset

from tilscope.dicom_io.dce.scaling import PixelScaling, check_comparable, scaling_of
from tilscope.models.refusals import Refused


def header(manufacturer: str = "Philips", slope: str | None = None, intercept: str | None = None) -> Dataset:
    made = Dataset()
    made.Manufacturer = manufacturer
    if slope is not None:
        made.RescaleSlope = slope
    if intercept is not None:
        made.RescaleIntercept = intercept
    return made


def with_scale_slope(made: Dataset, value: float, as_bytes: bool = False) -> Dataset:
    if as_bytes:  # implicit little endian, or a dictionary that does not know the element
        made.add_new(0x2005100E, "UN", struct.pack("<f", value))
    else:
        made.add_new(0x2005100E, "FL", value)
    return made


def test_values_without_a_rescale_stay_as_they_are() -> None:
    assert scaling_of(header()).apply(np.array([3, 700], np.int16)).tolist() == [3.0, 700.0]


def test_slope_and_intercept_are_applied() -> None:
    assert scaling_of(header("SIEMENS", "2", "-10")).apply(np.array([5, 100], np.uint16)).tolist() == [0.0, 190.0]


@pytest.mark.parametrize("as_bytes", [False, True])
def test_philips_values_become_floating_point_values(as_bytes: bool) -> None:
    # (SV x RS + RI) / (RS x SS) = (100 x 4 + 0) / (4 x 0.5) = 200
    made = with_scale_slope(header(slope="4", intercept="0"), 0.5, as_bytes)
    assert scaling_of(made).apply(np.array([100])).tolist() == [200.0]


def test_two_philips_images_of_one_signal_scaled_apart_agree_again() -> None:
    # The same signal of 600, stored once with RS 2, SS 0.1 and once with RS 3, SS 0.2: SV = signal x SS.
    first = with_scale_slope(header(slope="2", intercept="0"), 0.1)
    second = with_scale_slope(header(slope="3", intercept="0"), 0.2)
    assert scaling_of(first).apply(np.array([60])) == pytest.approx(600)
    assert scaling_of(second).apply(np.array([120])) == pytest.approx(600)


def test_philips_images_scaled_apart_without_their_scale_slopes_are_refused() -> None:
    scalings = [scaling_of(header(slope=slope)) for slope in ("2", "3.5")]
    with pytest.raises(Refused, match=r"rescale slopes from 2 to 3\.5, and the scale slope"):
        check_comparable(scalings, "series 4 (dyn)")


def test_equal_philips_scaling_needs_no_scale_slope() -> None:
    check_comparable([scaling_of(header(slope="2"))] * 3, "series 4 (dyn)")


def test_a_scale_slope_missing_on_some_images_is_refused() -> None:
    scalings = [scaling_of(with_scale_slope(header(slope="2"), 0.1)), scaling_of(header(slope="2"))]
    with pytest.raises(Refused, match="missing on 1 of 2 images"):
        check_comparable(scalings, "series 4 (dyn)")


def test_other_vendors_may_scale_each_image_by_its_own_slope() -> None:
    check_comparable([PixelScaling(s, 0.0, None, False) for s in (1.0, 2.0)], "series 4 (dyn)")
