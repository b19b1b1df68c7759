"""The compiled interpolation against its twin and against ITK; the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st

from tilscope.models.kernels import cubic_spline, cubic_spline_twin
from tilscope.models.kernels.cubic_spline import Displacement, Matrix, Volume, spline_coefficients, spline_sampled
from tilscope.models.kernels.cubic_spline_twin import TOLERANCE
from tilscope.models.kernels.library import LIBRARY, library

pytestmark = pytest.mark.skipif(library() is None, reason="the kernels were not built: there is no compiler here")

SIZES = st.tuples(*[st.integers(1, 9)] * 3)


@dataclass(frozen=True)
class Seen:
    """An image, a displacement and a grid of any sizes, all oblique to each other."""

    image: Volume
    to_image: Matrix
    displacement: Displacement
    wanted: np.ndarray

    @classmethod
    def at_random(
        cls, sizes: tuple[tuple[int, int, int], ...], reach: float, seed: int, same_axes: bool = False
    ) -> Seen:
        random = np.random.default_rng(seed)
        image_size, field_size, grid_size = sizes
        to_image, to_field = (np.eye(3, 4) + random.normal(0, 0.2, (3, 4)) for _ in range(2))
        if same_axes:
            to_field[1:, 0] = 0.0
        vectors = random.normal(0, reach, (*field_size, 3)).astype(np.float32)
        image = random.uniform(0, 1000, image_size).astype(np.float32)
        return cls(image, to_image, Displacement(vectors, to_field), random.random(grid_size) < 0.8)

    def compiled(self) -> Volume:
        return spline_sampled(spline_coefficients(self.image), self.to_image, self.displacement, self.wanted)

    def by_the_twin(self) -> Volume:
        coefficients = cubic_spline_twin.spline_coefficients(self.image)
        shift = self.displacement
        return cubic_spline_twin.spline_sampled(coefficients, self.to_image, shift.vectors, shift.to_field, self.wanted)


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    usual = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    yield sitk.ProcessObject.SetGlobalDefaultNumberOfThreads
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(usual)


@given(st.tuples(SIZES, SIZES, SIZES), st.sampled_from([0.0, 0.4, 3.0, 1e3]), st.integers(0, 2**32), st.booleans())
def test_it_equals_its_twin(sizes: tuple[tuple[int, int, int], ...], reach: float, seed: int, same_axes: bool) -> None:
    case = Seen.at_random(sizes, reach, seed, same_axes)
    # A vector's last bit at 1000 voxels is a thousandth of one, and no voxel's border is a place for two answers.
    loose = TOLERANCE if reach < 100 else 1e-2
    difference = np.abs(case.compiled() - case.by_the_twin())
    assert np.quantile(difference, 0.99) <= 1000 * loose
    assert not case.compiled()[~case.wanted].any()


def test_a_spline_goes_through_every_voxel() -> None:
    random = np.random.default_rng(1)
    image = random.uniform(0, 1000, (6, 20, 33)).astype(np.float32)
    nothing = Displacement(np.zeros((1, 1, 1, 3), np.float32), np.eye(3, 4))
    seen = spline_sampled(spline_coefficients(image), np.eye(3, 4), nothing, np.ones(image.shape, bool))
    np.testing.assert_allclose(seen, image, atol=1000 * TOLERANCE)


def test_the_same_bits_on_any_number_of_threads(threads: Callable[[int], None]) -> None:
    case = Seen.at_random(((83, 71, 59), (5, 7, 6), (70, 60, 81)), 2.0, 7)
    found = []
    for number in (1, 2, 3, 4, 64):
        threads(number)
        found.append(case.compiled().tobytes())
    assert len(set(found)) == 1


def test_a_displacement_that_is_no_number_leads_to_the_nearest_voxel() -> None:
    case = Seen.at_random(((4, 5, 6), (2, 2, 2), (4, 5, 6)), 0.0, 3)
    case.displacement.vectors[:] = np.nan
    assert np.isfinite(case.compiled()).all()


def test_without_the_library_the_twin_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_filter_slices", "_filter_across", "_sample"):
        monkeypatch.setattr(cubic_spline, name, None)
    case = Seen.at_random(((5, 6, 7), (3, 3, 3), (6, 5, 4)), 0.5, 11)
    np.testing.assert_array_equal(case.compiled(), case.by_the_twin())


def test_python_takes_the_library_for_no_module_of_its_own() -> None:
    """A tool that imports all that lies in a package would fail at it."""
    from pkgutil import iter_modules

    assert "libkernels" not in {found.name for found in iter_modules([str(LIBRARY.parent)])}
