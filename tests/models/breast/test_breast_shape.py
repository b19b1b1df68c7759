"""The breast's shape and its fat: the muscle behind it, where a breast ends, whether fat is dark."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.breast.body import air_around, body_mask
from tilscope.models.breast.breast_contour import foot_of
from tilscope.models.breast.breasts import fold_level
from tilscope.models.breast.chest_wall import chest_wall
from tilscope.models.breast.fat import fat_is_dark
from tilscope.models.imaging.series import DceSeries, Laterality, Phase, PhaseRoles
from tilscope.models.imaging.voxels import mask_of


def wall_of(signal: NDArray[np.float32], level: float, dark: bool) -> NDArray[np.float64]:
    """The muscle's row for lines that are all tissue; what lies before the level hangs."""
    levels = np.full((signal.shape[0], signal.shape[2]), level)
    breast = np.arange(signal.shape[1])[None, :, None] < levels[:, None, :]
    return chest_wall(signal, np.ones(signal.shape, bool), levels, breast, dark, (2.0, 1.0, 1.0)).row


@pytest.mark.parametrize("dark", [True, False], ids=["fat suppressed", "fat bright"])
def test_the_muscle_is_found_behind_the_level_that_shape_gives(dark: bool) -> None:
    fat, muscle = (10.0, 60.0) if dark else (100.0, 40.0)
    pre = np.full((30, 90, 60), fat, np.float32)
    pre[:, 62:] = muscle
    pre += np.random.default_rng(3).normal(0, 3, pre.shape).astype(np.float32)
    wall = wall_of(np.maximum(pre, 0), level=50.0, dark=dark)
    assert np.abs(wall - 62).max() <= 2


def test_lung_behind_muscle_is_not_taken_for_the_muscle_behind_bright_fat() -> None:
    pre = np.full((30, 90, 60), 600.0, np.float32)
    pre[:, 55:] = 180
    pre[:, 75:] = 15
    wall = wall_of(pre, level=60.0, dark=False)
    assert np.abs(wall - 55).max() <= 2


def test_without_any_contrast_the_level_that_shape_gives_is_kept() -> None:
    pre = np.full((20, 90, 40), 50.0, np.float32)
    assert (wall_of(pre, level=50.0, dark=True) == 50.0).all()


def test_a_mound_ends_where_its_sides_meet_the_chest() -> None:
    z, x = np.meshgrid(np.arange(100) - 50, np.arange(140) - 50, indexing="ij")
    dome = 80 * np.clip(1 - (z**2 + x**2) / 40.0**2, 0, None)
    # A shelf of fat, 20 mm thick, runs on towards the armpit.
    height = np.maximum(dome, 20.0 * (x > 0))
    foot = foot_of(height, height > 0, (1.0, 1.0))
    distance = np.hypot(z, x)
    assert foot[distance < 34].all()
    assert not foot[distance > 50].any()


def test_where_the_images_end_on_the_breast_the_chest_is_sought_between_its_skin_and_the_other_end() -> None:
    along = np.arange(100.0)
    whole = np.minimum(10 + np.square(along - 50) / 20, 80)
    cut = whole[25:]
    ends = [fold_level(np.repeat(profile[:, None], 30, axis=1), (1.0, 1.0, 2.0))[[0, -1]] for profile in (whole, cut)]
    assert np.abs(ends[0] - 80).max() <= 2
    assert np.abs(ends[1][0] - (cut[0] + 80) / 2).max() <= 2
    assert np.abs(ends[1][1] - 80).max() <= 2


def test_where_gland_takes_up_nothing_fat_is_what_lies_outside() -> None:
    breast = np.zeros((40, 80, 80), bool)
    breast[4:36, 8:72, 8:72] = True
    gland = np.zeros_like(breast)
    gland[14:28, 28:55, 28:55] = True
    for fat, tissue, dark in ((10, 100, True), (300, 100, False)):
        pre = np.where(gland, tissue, fat).astype(np.float32)
        assert fat_is_dark(pre, pre.copy(), breast, np.array([1.0, 1.0, 1.0])) is dark


@pytest.mark.parametrize(("fat", "dark"), [(30.0, True), (300.0, False)], ids=["fat suppressed", "fat bright"])
@pytest.mark.parametrize("part", [0.03, 0.9], ids=["sparse gland", "dense gland"])
def test_the_coils_shading_and_the_amount_of_gland_do_not_turn_the_answer(fat: float, dark: bool, part: float) -> None:
    random = np.random.default_rng(8)
    lumps = ndimage.gaussian_filter(random.normal(size=(40, 80, 80)), 2)
    gland = lumps > np.quantile(lumps, 1 - part)
    shading = np.linspace(2.0, 0.5, 80)[None, :, None]
    pre, early = (shading * np.where(gland, signal, fat) for signal in (100.0, 140.0))
    pre, early = (np.asarray(v + random.normal(0, 4, v.shape), np.float32) for v in (pre, early))
    assert fat_is_dark(pre, early, np.ones(gland.shape, bool), np.array([1.0, 1.0, 1.0])) is dark


def test_fat_hardly_brighter_than_noise_is_body_all_the_same_and_the_skin_stays_where_it_is() -> None:
    """Noise of 8 makes air 10: suppressed fat of 6 is then 11.4, and so are 12 mm of the skin."""
    voxel_mm, noise = 1.5, 8.0
    slices, y, x = np.indices((50, 110, 110)) * voxel_mm
    away = np.hypot(y - 90, x - 82)
    body = away < 60
    gap = np.abs(slices - 36) < 6
    skin = body & (away > 58) & ~gap
    signal = np.where(skin, 100.0, np.where(body & (away < 20), 60.0, np.where(body, 6.0, 0.0)))
    random = np.random.default_rng(6)

    def phase(time_s: float) -> Phase:
        noisy = np.hypot(signal + random.normal(0, noise, body.shape), random.normal(0, noise, body.shape))
        image = sitk.GetImageFromArray(noisy.astype(np.float32))
        image.SetSpacing([voxel_mm] * 3)
        return Phase(image, time_s)

    series = DceSeries((phase(-60), phase(90), phase(300)), PhaseRoles(0, 1, 2), Laterality.LEFT, "the injection")
    found = mask_of(body_mask(series))
    assert found[body].mean() > 0.97
    assert not found[away > 60 + 4].any()


@pytest.mark.parametrize("slice_mm", [2.0, 5.0])
def test_a_fold_is_followed_as_far_across_thick_slices_as_across_thin_ones(slice_mm: float) -> None:
    """A duct beneath the skin, open to the air before it at one end."""
    spacing = (slice_mm, 1.25, 1.25)
    head, back, left = np.indices((round(80 / slice_mm), 80, 60)) * np.reshape(spacing, (3, 1, 1, 1))
    duct = (np.abs(left - 37) < 3) & (back > 30) & (back < 44) & ((back > 38) | (head < 5))
    dark = (back <= 30) | duct
    air = air_around(dark, spacing)
    reached = head[air & (back > 40)].max()
    # Of what a fold is followed, the way in through the opening takes a third.
    assert abs(reached - 10) <= 1
    assert air[back <= 30].all()
