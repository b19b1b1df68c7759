"""Fat as bright as gland takes up nothing; gland does, however little."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tilscope.models.breast.without_uptake import without_uptake

SHAPE, SPACING = (30, 50, 50), (2.0, 1.0, 1.0)
SIGNAL, NOISE = 200.0, 20.0
ALL = np.ones(SHAPE, bool)
#: A quarter of what is as bright as gland, on one side.
FAT = np.arange(50)[None, None, :] < 12

Array = np.ndarray


def rise_of(uptake: Array | float) -> Array:
    """Uptake as part of the gland's signal, between two images with noise."""
    before, after = np.random.default_rng(3).normal(0, NOISE, (2, *SHAPE))
    return np.asarray(uptake * SIGNAL * np.ones(SHAPE) + after - before, dtype=np.float32)


def signal() -> Array:
    return np.full(SHAPE, SIGNAL, np.float32)


@pytest.mark.parametrize("uptake", [0.05, 0.3])
def test_fat_as_bright_as_gland_is_left_out(uptake: float) -> None:
    found = without_uptake(ALL, signal(), rise_of(np.where(FAT, 0.0, uptake)), SPACING)
    assert found[..., :6].mean() > 0.9
    assert found[..., 14:].mean() < 0.01


def test_gland_of_minimal_enhancement_stays() -> None:
    assert without_uptake(ALL, signal(), rise_of(0.04), SPACING).mean() < 0.01


def test_a_strand_of_gland_in_fat_is_judged_by_its_own_uptake() -> None:
    """Fat beside it takes up nothing, and is not asked."""
    strand = np.zeros(SHAPE, bool)
    strand[:, 24:27] = True
    assert not without_uptake(strand, signal(), rise_of(np.where(strand, 0.08, 0.0)), SPACING).any()


def test_where_next_to_nothing_takes_up_contrast_all_stays() -> None:
    assert not without_uptake(ALL, signal(), rise_of(0.0), SPACING).any()


def test_gland_that_has_moved_is_not_taken_for_fat() -> None:
    """At the border that it left, its signal falls by more than it takes up."""
    lump = ndimage.binary_dilation(np.pad(np.ones((8, 16, 20), bool), ((11, 11), (17, 17), (15, 15))))
    after = np.roll(np.where(lump, 1.1, 0.1), 3, axis=1)
    found = without_uptake(lump, signal(), rise_of(after - np.where(lump, 1.0, 0.1)), SPACING)
    assert found.sum() < 0.1 * lump.sum()
