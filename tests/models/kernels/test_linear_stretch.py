"""The compiled interpolation of a coarse grid against its twin, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilscope.models.kernels import library, linear_stretch, linear_stretch_twin
from tilscope.models.kernels.linear_stretch import stretched_along

pytestmark = pytest.mark.skipif(
    library.library() is None, reason="the kernels were not built: there is no compiler here"
)


def noise(shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@given(
    st.tuples(*[st.integers(1, 9)] * 3), st.integers(0, 2), st.integers(2, 5), st.integers(1, 40), st.integers(0, 2**32)
)
def test_it_equals_its_twin(shape: tuple[int, int, int], axis: int, by: int, size: int, seed: int) -> None:
    values = noise(shape, seed)
    expected = linear_stretch_twin.stretched_along(axis, values, by, size)
    np.testing.assert_array_equal(stretched_along(axis, values, by, size), expected)


def test_coarse_voxels_keep_their_values_and_the_last_goes_on() -> None:
    values = noise((4, 5, 6))
    fine = stretched_along(1, values, 3, 15)
    np.testing.assert_array_equal(fine[:, ::3], values)
    np.testing.assert_array_equal(fine[:, -2:], np.repeat(values[:, -1:], 2, axis=1))


def test_large_volumes_are_shared_among_threads() -> None:
    values = noise((80, 40, 60))
    np.testing.assert_array_equal(
        stretched_along(2, values, 2, 120), linear_stretch_twin.stretched_along(2, values, 2, 120)
    )


def test_without_the_library_the_twin_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_stretch, "_stretch", None)
    values = noise((3, 4, 5))
    np.testing.assert_array_equal(
        stretched_along(0, values, 2, 6), linear_stretch_twin.stretched_along(0, values, 2, 6)
    )
