"""The compiled distances against scipy's; the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from tilscope.models.kernels import library, nearest_outside_twin
from tilscope.models.kernels import nearest_outside as kernel
from tilscope.models.kernels.nearest_outside import Mask, depth_of, nearest_outside
from tilscope.models.kernels.nearest_outside_twin import TOLERANCE

pytestmark = pytest.mark.skipif(
    library.library() is None, reason="the kernels were not built: there is no compiler here"
)

SPACINGS = [(1.6, 1.1, 1.1), (2.0, 0.7, 0.7), (1.0, 1.0, 1.0), (0.9, 2.5, 1.3)]

SHAPES = st.tuples(*[st.integers(1, 12)] * 3)
PARTS = st.sampled_from([0.0, 0.02, 0.3, 0.9, 1.0])


def region(shape: tuple[int, int, int], part: float, seed: int = 1) -> Mask:
    """Of random voxels."""
    inside: Mask = np.random.default_rng(seed).random(shape) < part
    return inside


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    usual = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    yield sitk.ProcessObject.SetGlobalDefaultNumberOfThreads
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(usual)


@given(SHAPES, PARTS, st.sampled_from(SPACINGS), st.integers(0, 2**32))
def test_distances_equal_scipys(
    shape: tuple[int, int, int], part: float, spacing: tuple[float, float, float], seed: int
) -> None:
    inside = region(shape, part, seed)
    expected, _ = nearest_outside_twin.nearest_outside(inside, spacing)
    np.testing.assert_allclose(nearest_outside(inside, spacing)[0], expected, rtol=TOLERANCE)
    np.testing.assert_allclose(depth_of(inside, spacing), expected, rtol=TOLERANCE)


@given(SHAPES, PARTS, st.sampled_from(SPACINGS), st.integers(0, 2**32))
def test_what_is_nearest_lies_outside_and_as_far_as_is_said(
    shape: tuple[int, int, int], part: float, spacing: tuple[float, float, float], seed: int
) -> None:
    inside = region(shape, part, seed)
    distances, nearest = nearest_outside(inside, spacing)
    if inside.all():
        assert np.isinf(distances).all()
        assert (nearest == -1).all()
        return
    assert not inside[tuple(nearest)].any()
    away = (nearest - np.indices(shape)) * np.reshape(spacing, (3, 1, 1, 1))
    np.testing.assert_allclose(np.sqrt((away**2).sum(axis=0)), distances, rtol=TOLERANCE)


def test_of_two_as_near_the_first_is_taken() -> None:
    inside = np.ones((3, 5, 5), bool)
    inside[1, 2, [0, 4]] = inside[1, [0, 4], 2] = False
    _, nearest = nearest_outside(inside, (1.0, 1.0, 1.0))
    assert nearest[:, 1, 2, 2].tolist() == [1, 2, 0]


def test_the_same_bits_on_any_number_of_threads(threads: Callable[[int], None]) -> None:
    inside = region((80, 70, 90), 0.97)
    found = set()
    for number in (1, 2, 3, 4):
        threads(number)
        distances, nearest = nearest_outside(inside, SPACINGS[0])
        found.add((distances.tobytes(), nearest.tobytes()))
    assert len(found) == 1


def test_without_the_library_the_twin_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_along_z", None)
    inside = region((5, 6, 7), 0.8)
    expected, _ = nearest_outside_twin.nearest_outside(inside, SPACINGS[0])
    np.testing.assert_array_equal(nearest_outside(inside, SPACINGS[0])[0], expected)
