"""What is computed in a box, or only where it is asked for, is what would be there without."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from tilscope.models.breast.coarse_grid import Thin, coarse_voxels, means_around, stretched
from tilscope.models.breast.depth import Depth, box_for_depth
from tilscope.models.imaging.voxels import box_of

_VALUES = np.random.default_rng(3).uniform(0, 1000, (23, 31, 29)).astype(np.float32)


@pytest.mark.parametrize("steps", [(2, 3, 4), (1, 5, 2), (3, 1, 1)])
@pytest.mark.parametrize("in_the_middle", [False, True])
def test_means_are_those_of_a_moving_average(steps: tuple[int, int, int], in_the_middle: bool) -> None:
    z, y, x = (slice(step // 2 if in_the_middle else None, None, step) for step in steps)
    thin: Thin = (z, y, x)
    everywhere = _VALUES
    for axis, step in enumerate(steps):
        everywhere = ndimage.uniform_filter1d(everywhere, step, axis)
    np.testing.assert_allclose(means_around(_VALUES, thin), everywhere[thin], rtol=1e-6)


def test_a_box_is_part_of_the_whole() -> None:
    thin, _ = coarse_voxels((1.5, 1.0, 3.0), 3.0)
    coarse, box = _VALUES[thin], (slice(3, 20), slice(0, 31), slice(7, 11))
    np.testing.assert_array_equal(
        stretched(coarse, thin, _VALUES.shape, box), stretched(coarse, thin, _VALUES.shape)[box]
    )


@pytest.mark.parametrize("spacing", [(1.1, 1.1, 1.1), (0.7, 0.5, 0.7)])
def test_depth_in_a_box_has_the_patches_of_the_whole(spacing: tuple[float, float, float]) -> None:
    z, y, x = np.ogrid[:60, :70, :80]
    inside = (z - 40) ** 2 + (y - 30) ** 2 + (x - 55) ** 2 < 15**2
    box = box_for_depth(box_of(inside), spacing, inside.shape)
    whole, here = (Depth.beneath_the_surface_of(inside, spacing, part) for part in (None, box))
    signal = np.random.default_rng(4).uniform(0, 1, inside.shape).astype(np.float32)
    # A place between coarse voxels is a float32, which is rounded by where it is counted from.
    np.testing.assert_allclose(here.fine(here.mm), whole.fine(whole.mm)[box], rtol=1e-5)
    for one, other in zip(whole.profiles(signal[whole.thin]), here.profiles(signal[box][here.thin]), strict=True):
        np.testing.assert_array_equal(one, other)
