"""What is no lesion and why: vessels, nodes of the armpit, enhancing gland, what goes on outside the breast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from tilscope.models.breast.breast_contour import foot_of
from tilscope.models.breast.chest_wall import chest_wall
from tilscope.models.breast.fat import fat_is_dark
from tilscope.models.lesions.exclusions import why_not
from tilscope.models.lesions.shape import ball, tubularity
from tilscope.models.lesions.traits import Traits

LESION = Traits(
    diameter_mm=12.0, thickness_mm=10.0, compactness=0.85, tubularity=0.5, beyond=0.0, in_armpit=0.0
)  # fmt: skip
SPACING = np.array([2.0, 1.0, 1.0])


def test_nothing_speaks_against_a_lesion() -> None:
    assert why_not(LESION) is None


@pytest.mark.parametrize(
    ("reason", "otherwise"),
    [
        ("vessel", {"thickness_mm": 3.0, "compactness": 0.25, "tubularity": 0.8}),
        ("vessel", {"thickness_mm": 4.0, "compactness": 0.64, "tubularity": 0.6}),
        ("node of the armpit", {"in_armpit": 0.9}),
        ("vessels", {"thickness_mm": 7.5, "compactness": 0.22}),
        ("goes on outside the breast", {"beyond": 0.5}),
        ("small and not round", {"diameter_mm": 6.6, "thickness_mm": 4.0, "compactness": 0.58}),
        ("focus", {"diameter_mm": 5.5, "thickness_mm": 5.0, "compactness": 0.95}),
    ],
)
def test_each_rule_names_what_it_excludes(reason: str, otherwise: dict[str, float]) -> None:
    assert why_not(replace(LESION, **otherwise)) == reason


def test_a_small_round_lesion_is_no_vessel_though_its_hessian_looks_like_one() -> None:
    assert why_not(replace(LESION, thickness_mm=5.0, diameter_mm=6.0, tubularity=0.69, compactness=0.87)) is None


def test_a_larger_lesion_need_not_be_round() -> None:
    assert why_not(replace(LESION, diameter_mm=9.0, compactness=0.58)) is None


def test_a_tube_is_more_tubular_than_a_ball() -> None:
    tube, sphere = np.zeros((30, 40, 40), np.float32), np.zeros((30, 40, 40), np.float32)
    tube[14:16, 18:21, 4:36] = 100
    shape = ball(6.0, SPACING)
    sphere[tuple(slice(10, 10 + n) for n in shape.shape)] = 100 * shape
    assert tubularity(tube, tube > 0, SPACING) > 0.7
    assert tubularity(sphere, sphere > 0, SPACING) < 0.6


# ------------------------------------------------------------------------------------------------ chest wall and mound


@pytest.mark.parametrize("dark", [True, False], ids=["fat suppressed", "fat bright"])
def test_the_muscle_is_found_behind_the_level_that_shape_gives(dark: bool) -> None:
    fat, muscle = (10.0, 60.0) if dark else (100.0, 40.0)
    pre = np.full((30, 90, 60), fat, np.float32)
    pre[:, 62:] = muscle
    pre += np.random.default_rng(3).normal(0, 3, pre.shape).astype(np.float32)
    tissue, level, footprint = np.ones(pre.shape, bool), np.full((30, 60), 50.0), np.ones((30, 60), bool)
    wall = chest_wall(np.maximum(pre, 0), tissue, level, footprint, dark, (2.0, 1.0, 1.0))
    assert np.abs(wall - 62).max() <= 2


def test_lung_behind_muscle_is_not_taken_for_the_muscle_behind_bright_fat() -> None:
    pre = np.full((30, 90, 60), 600.0, np.float32)
    pre[:, 55:] = 180
    pre[:, 75:] = 15
    tissue, level, footprint = np.ones(pre.shape, bool), np.full((30, 60), 60.0), np.ones((30, 60), bool)
    wall = chest_wall(pre, tissue, level, footprint, False, (2.0, 1.0, 1.0))
    assert np.abs(wall - 55).max() <= 2


def test_without_any_contrast_the_level_that_shape_gives_is_kept() -> None:
    pre = np.full((20, 90, 40), 50.0, np.float32)
    level = np.full((20, 40), 50.0)
    kept = chest_wall(pre, np.ones(pre.shape, bool), level, np.ones((20, 40), bool), True, (2.0, 1.0, 1.0))
    assert (kept == level).all()


def test_a_mound_ends_where_its_sides_meet_the_chest() -> None:
    z, x = np.meshgrid(np.arange(100) - 50, np.arange(140) - 50, indexing="ij")
    dome = 80 * np.clip(1 - (z**2 + x**2) / 40.0**2, 0, None)
    # A shelf of fat, 20 mm thick, runs on towards the armpit.
    height = np.maximum(dome, 20.0 * (x > 0))
    foot = foot_of(height, height > 0, (1.0, 1.0))
    distance = np.hypot(z, x)
    assert foot[(distance < 38)].all()
    assert not foot[distance > 50].any()


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
