"""The compiled counts against their twins and against pyradiomics' own matrices, number by number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radiomics import cMatrices

from tilscope.models.kernels import texture, texture_twin
from tilscope.models.kernels.library import library

pytestmark = pytest.mark.skipif(library() is None, reason="the kernels were not built: there is no compiler here")

shapes = st.tuples(*[st.integers(1, 8)] * 3)
seeds = st.integers(0, 2**32)
counts = st.integers(1, 7)
#: Of the voxels in the region: lonely voxels, a sponge, everything.
shares = st.sampled_from([0.05, 0.3, 0.6, 1.0])


def region(shape: tuple[int, int, int], count: int, share: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.where(random.random(shape) < share, random.integers(1, count + 1, shape), 0).astype(np.int32)


def greys_of(count: int, seed: int) -> np.ndarray:
    """With gaps between them, as where some grey levels do not occur."""
    return np.cumsum(np.random.default_rng(seed).integers(1, 4, count))


def equal_but_for_empty_columns(ours: np.ndarray, theirs: np.ndarray) -> None:
    both = min(ours.shape[1], theirs.shape[1])
    np.testing.assert_array_equal(ours[:, :both], theirs[:, :both])
    assert not ours[:, both:].any()
    assert not theirs[:, both:].any()


@given(shapes, counts, shares, seeds)
def test_they_equal_their_twins(shape: tuple[int, int, int], count: int, share: float, seed: int) -> None:
    levels, greys = region(shape, count, share, seed), greys_of(count, seed)
    before = levels.copy()
    np.testing.assert_array_equal(texture.pairs(levels, count), texture_twin.pairs(levels, count))
    np.testing.assert_array_equal(texture.runs(levels, count), texture_twin.runs(levels, count))
    for made, expected in (
        (texture.zones(levels), texture_twin.zones(levels)),
        (texture.neighbours(levels, greys), texture_twin.neighbours(levels, greys)),
    ):
        for one, other in zip(made, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(levels, before)


@given(shapes, counts, shares, seeds)
def test_they_equal_the_matrices_of_pyradiomics(
    shape: tuple[int, int, int], count: int, share: float, seed: int
) -> None:
    # Within a border: it takes no direction in which its array is one voxel thick.
    levels = np.pad(region(shape, count, share, seed), 1)
    mask, distances, longest = levels > 0, np.array([1]), max(levels.shape)
    if not mask.any():
        return
    stock_pairs, directions = cMatrices.calculate_glcm(levels, mask, distances, count, False, 0)
    assert [tuple(way) for way in directions] == list(texture_twin.DIRECTIONS)
    np.testing.assert_array_equal(texture.pairs(levels, count).transpose(1, 2, 0), stock_pairs[0])
    stock_runs, _ = cMatrices.calculate_glrlm(levels, mask, count, longest, False, 0)
    for ours, theirs in zip(texture.runs(levels, count), stock_runs[0].transpose(2, 0, 1), strict=True):
        # It leaves a direction empty in which no line holds two voxels; models.features.texture.glrlm does.
        assert np.array_equal(ours, theirs) or (not theirs.any() and not ours[:, 1:].any())
    dependences, differences = texture.neighbours(levels, np.arange(1, count + 1))
    stock_dependences = cMatrices.calculate_gldm(levels, mask, distances, count, 0, False, 0)[0]
    equal_but_for_empty_columns(dependences, stock_dependences)
    stock_differences = cMatrices.calculate_ngtdm(levels, mask, distances, count, False, 0)[0]
    np.testing.assert_array_equal(dependences.sum(axis=1), stock_differences[:, 0])
    np.testing.assert_array_equal(differences, stock_differences[:, 1])
    zones = np.zeros((count, int(mask.sum())), int)
    of_zones, sizes = texture.zones(levels)
    np.add.at(zones, (of_zones - 1, sizes - 1), 1)
    stock_zones = cMatrices.calculate_glszm(levels, mask, count, int(mask.sum()), False, 0)[0]
    equal_but_for_empty_columns(zones, stock_zones)


def test_a_row_of_three_by_hand() -> None:
    levels = np.array([[[1, 1, 2]]], np.int32)
    pairs = texture.pairs(levels, 2)
    assert pairs[-1].tolist() == [[1, 1], [0, 0]]
    assert not pairs[:-1].any()
    assert texture.runs(levels, 2)[-1].tolist() == [[0, 1, 0], [1, 0, 0]]
    assert [found.tolist() for found in texture.zones(levels)] == [[1, 2], [2, 1]]
    alike, differences = texture.neighbours(levels, np.array([1, 5]))
    assert alike[:, :3].tolist() == [[0, 2, 0], [1, 0, 0]]
    # The first has one like itself; the second a 1 and a 5 beside it; the third a 1.
    assert differences.tolist() == [0 + 2, 4]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("_pairs", lambda kernels, levels: kernels.pairs(levels, 5)),
        ("_runs", lambda kernels, levels: kernels.runs(levels, 5)),
        ("_zones", lambda kernels, levels: kernels.zones(levels)[1]),
        ("_neighbours", lambda kernels, levels: kernels.neighbours(levels, np.arange(5))[1]),
    ],
)
def test_without_the_library_the_twins_answer(name: str, call: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(call)
    levels = region((5, 6, 7), 5, 0.6, 1)
    compiled = call(texture, levels)
    monkeypatch.setattr(texture, name, None)
    monkeypatch.setattr(texture, "_bordered", None)
    np.testing.assert_array_equal(call(texture, levels), compiled)
