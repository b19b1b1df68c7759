"""The compiled interpolation against its twin and against ITK; the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from tilscope.models.kernels import library, linear_warp, linear_warp_twin
from tilscope.models.kernels.linear_warp import warped
from tilscope.models.kernels.linear_warp_twin import TOLERANCE

pytestmark = pytest.mark.skipif(
    library.library() is None, reason="the kernels were not built: there is no compiler here"
)

RANGE = 1000.0


def case(shape: tuple[int, int, int], reach: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """An image of noise and its displacement."""
    random = np.random.default_rng(seed)
    values = random.uniform(0, RANGE, shape).astype(np.float32)
    return values, random.normal(0, reach, (*shape, 3)).astype(np.float32)


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    usual = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    yield sitk.ProcessObject.SetGlobalDefaultNumberOfThreads
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(usual)


@given(st.tuples(*[st.integers(1, 12)] * 3), st.sampled_from([0.0, 0.4, 3.0]), st.integers(0, 2**32))
def test_it_equals_its_twin(shape: tuple[int, int, int], reach: float, seed: int) -> None:
    values, vectors = case(shape, reach, seed)
    np.testing.assert_allclose(
        warped(values, vectors), linear_warp_twin.warped(values, vectors), atol=RANGE * TOLERANCE
    )


def test_it_is_what_itk_sees() -> None:
    values, vectors = case((20, 24, 31), 2.0)
    field = sitk.GetImageFromArray(vectors.astype(np.float64), isVector=True)
    image, transform = sitk.GetImageFromArray(values), sitk.DisplacementFieldTransform(field)
    expected = sitk.Resample(image, image, transform, sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
    np.testing.assert_allclose(warped(values, vectors), sitk.GetArrayFromImage(expected), atol=RANGE * TOLERANCE)


def test_the_same_bits_on_any_number_of_threads(threads: Callable[[int], None]) -> None:
    values, vectors = case((80, 70, 90), 2.0)
    found = []
    for number in (1, 2, 3, 4):
        threads(number)
        found.append(warped(values, vectors).tobytes())
    assert len(set(found)) == 1


def test_without_the_library_the_twin_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_warp, "_warp", None)
    values, vectors = case((5, 6, 7), 1.0)
    np.testing.assert_array_equal(warped(values, vectors), linear_warp_twin.warped(values, vectors))


def test_vectors_of_other_voxels_are_refused() -> None:
    values, vectors = case((5, 6, 7), 1.0)
    with pytest.raises(ValueError, match="vectors of shape"):
        warped(values[1:], vectors)
