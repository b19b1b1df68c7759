"""The compiled smoothing against ITK's, which is its twin; the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from tilscope.models.kernels import gaussian, gaussian_twin
from tilscope.models.kernels.gaussian import smoothed
from tilscope.models.kernels.gaussian_twin import TOLERANCE
from tilscope.models.kernels.library import library

pytestmark = pytest.mark.skipif(library() is None, reason="the kernels were not built: there is no compiler here")

SPACING = (1.1, 0.7, 2.5)


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    usual = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    yield sitk.ProcessObject.SetGlobalDefaultNumberOfThreads
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(usual)


def noise(shape: tuple[int, int, int], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 1000, shape).astype(np.float32)


@given(st.tuples(*[st.integers(4, 20)] * 3), st.floats(0.3, 40.0), st.integers(0, 2**32))
def test_it_equals_its_twin(shape: tuple[int, int, int], width_mm: float, seed: int) -> None:
    values = noise(shape, seed)
    found, expected = smoothed(values, SPACING, width_mm), gaussian_twin.smoothed(values, SPACING, width_mm)
    np.testing.assert_allclose(found, expected, atol=1000 * TOLERANCE)


def test_a_point_becomes_a_gaussian() -> None:
    values = np.zeros((41, 41, 41), np.float32)
    values[20, 20, 20] = 1.0
    smooth = smoothed(values, (1.0, 1.0, 1.0), 3.0)
    along = np.exp(-(np.arange(-20.0, 21.0) ** 2) / 18)
    expected = along[:, None, None] * along[:, None] * along
    # What ITK says of its recursion: a thousandth of the peak along each axis.
    np.testing.assert_allclose(smooth / smooth.max(), expected, atol=3e-3)
    assert smooth.sum() == pytest.approx(1.0, abs=1e-3)


def test_the_same_bits_on_any_number_of_threads(threads: Callable[[int], None]) -> None:
    values, found = noise((83, 71, 59), 7), []
    for number in (1, 2, 3, 4, 64):
        threads(number)
        found.append(smoothed(values, SPACING, 4.0).tobytes())
    assert len(set(found)) == 1


def test_what_it_is_given_stays_as_it_is() -> None:
    values = noise((8, 9, 10), 1)
    before = values.copy()
    assert not np.array_equal(smoothed(values, SPACING, 2.0), before)
    np.testing.assert_array_equal(values, before)


def test_too_few_voxels_are_refused_with_and_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="fewer than 4"):
        smoothed(noise((3, 9, 9), 1), SPACING, 2.0)
    monkeypatch.setattr(gaussian, "_axis", None)
    with pytest.raises(RuntimeError):
        smoothed(noise((3, 9, 9), 1), SPACING, 2.0)


def test_without_the_library_the_twin_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian, "_axis", None)
    values = noise((5, 6, 7), 2)
    np.testing.assert_array_equal(smoothed(values, SPACING, 1.5), gaussian_twin.smoothed(values, SPACING, 1.5))
