"""Words follow from numbers as the thresholds say; on arrays so small that every share can be counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from tilscope.models.description.appearance import (
    Form,
    Inside,
    form_of,
    inside_of,
    inside_word,
    margin_word,
    shape_word,
)
from tilscope.models.description.axes import greatest_distance, three_axes
from tilscope.models.description.breast_categories import BPE, FGT, category
from tilscope.models.description.focality import focality
from tilscope.models.description.kinetic_shares import KineticShares, kinetic_shares
from tilscope.models.description.surfaces import surface_of
from tilscope.models.imaging.voxels import Mask, Volume
from tilscope.models.kinetics.maps import CurveType, percent_enhancement
from tilscope.models.settings import DescriptionSettings
from tilscope.models.wrong_settings import WrongSettings

SETTINGS = DescriptionSettings()
SPACING = (0.8, 1.0, 2.0)


def grid(shape: tuple[int, int, int], turned: bool = False) -> sitk.Image:
    image = sitk.GetImageFromArray(np.zeros(shape, np.uint8))
    image.SetSpacing(SPACING)
    image.SetOrigin((-40.0, 12.0, 7.0))
    if turned:
        image.SetDirection((0, 0, 1, 1, 0, 0, 0, -1, 0))
    return image


def ellipsoid(*half_axes: float) -> Mask:
    """x, y and z in mm, on a grid of `SPACING`."""
    steps = SPACING[::-1]
    z, y, x = np.ogrid[-25:26, -40:41, -50:51]
    return np.asarray(
        sum((i * step / half) ** 2 for i, step, half in zip((z, y, x), steps, half_axes[::-1], strict=True)) <= 1
    )


@pytest.mark.parametrize("turned", [False, True])
def test_the_axes_of_an_ellipsoid_are_its_own_on_any_grid(turned: bool) -> None:
    region = ellipsoid(15.0, 10.0, 6.0)
    axes = three_axes(surface_of(region, grid(region.shape, turned)).points)
    assert axes == pytest.approx((30.0, 20.0, 12.0), abs=2.01)  # a voxel


def test_a_single_voxel_has_its_own_size() -> None:
    region = np.zeros((3, 3, 3), bool)
    region[1, 1, 1] = True
    assert sorted(three_axes(surface_of(region, grid(region.shape)).points)) == pytest.approx([0.8, 1.0, 2.0])


def test_the_images_border_is_no_border_of_a_region() -> None:
    region = np.ones((2, 2, 2), bool)
    assert len(surface_of(region, grid(region.shape)).points) == 0
    assert greatest_distance(surface_of(region, grid(region.shape)).points) == 0


# ----------------------------------------------------------------------------------------------------------- kinetics


def shares(
    early: list[float], late: list[float], settings: DescriptionSettings = SETTINGS, cc: float = 0.01
) -> KineticShares:
    """Of a row of voxels whose signal is 100 before contrast."""
    after, last = (np.array(values, np.float32)[None, None, :] for values in (early, late))
    pe = percent_enhancement(np.full_like(after, 100), after)
    return kinetic_shares(pe, after, last, np.ones(after.shape, bool), cc, settings)


def test_a_voxel_on_a_threshold_is_medium_and_counts_as_above_it() -> None:
    found = shares([149, 150, 180, 200, 201], [149, 150, 180, 200, 201])
    assert found.initial == pytest.approx((20, 60, 20))
    assert found.initial_word == "medium"
    assert found.above == ((50, pytest.approx(80)), (80, pytest.approx(60)), (100, pytest.approx(40)))


def test_the_delayed_phase_is_that_of_the_voxels_that_enhance_enough() -> None:
    # The first voxel rises and does not count.
    found = shares([120, 200, 200, 200, 200], [300, 300, 210, 210, 150])
    assert found.delayed == {CurveType.WASHOUT: 25, CurveType.PLATEAU: 50, CurveType.PERSISTENT: 25}
    assert found.delayed_word is CurveType.PLATEAU


def test_of_two_curves_alike_the_worse_is_told() -> None:
    assert shares([200, 200], [300, 150]).delayed_word is CurveType.WASHOUT


def test_the_worst_curve_is_that_of_a_cluster_and_not_of_voxels_here_and_there() -> None:
    apart = shares([200] * 9, [150, 200, 150, 200, 150, 200, 200, 200, 200])
    assert apart.worst is not None
    assert (apart.worst.curve, apart.worst.cc) == (CurveType.PLATEAU, pytest.approx(0.04))
    together = shares([200] * 9, [150, 150, 150, 200, 200, 200, 200, 200, 200])
    assert together.worst is not None
    assert (together.worst.curve, together.worst.cc) == (CurveType.WASHOUT, pytest.approx(0.03))


def test_where_nothing_enhances_there_is_no_delayed_phase() -> None:
    found = shares([110, 120], [130, 140])
    assert (found.initial_word, found.delayed_word, found.worst) == ("slow", None, None)


def test_an_undefined_voxel_is_slow_and_reaches_no_threshold() -> None:
    pe = np.array([[[np.nan, 120]]], np.float32)
    signal = np.array([[[50, 220]]], np.float32)
    found = kinetic_shares(pe, signal, signal, np.ones(pe.shape, bool), 0.01, SETTINGS)
    assert found.initial == (50, 0, 50)
    assert found.above[0] == (50, 50)


def test_the_thresholds_are_settings() -> None:
    changed = replace(SETTINGS, initial_percent=(10.0, 30.0), kinetic_thresholds_percent=(20.0,))
    assert shares([125, 140, 140], [125, 140, 140], changed).initial_word == "fast"


# --------------------------------------------------------------------------------------------------------- appearance


def rise_of(region: Mask, rim: float, core: float) -> Volume:
    z, y, x = np.indices(region.shape)
    away = np.sqrt(((z - 25) * 2.0) ** 2 + ((y - 40) * 1.0) ** 2 + ((x - 50) * 0.8) ** 2)
    return np.where(away > 8, rim, core).astype(np.float32)


@pytest.mark.parametrize(
    ("rim", "core", "word"), [(100, 100, "homogeneous"), (200, 100, "rim enhancement"), (50, 150, "heterogeneous")]
)
def test_the_inside_of_a_ball(rim: float, core: float, word: str) -> None:
    region = ellipsoid(12, 12, 12)
    inside = inside_of(region, rise_of(region, rim, core), np.array(SPACING[::-1]), 0.0)
    assert inside_word(inside, SETTINGS) == word


def test_noise_alone_makes_no_lesion_heterogeneous() -> None:
    region = ellipsoid(12, 12, 12)
    rise = rise_of(region, 100, 100) + np.random.default_rng(1).normal(0, 35, region.shape).astype(np.float32)
    spacing = np.array(SPACING[::-1])
    assert inside_word(inside_of(region, rise, spacing, 0.0), SETTINGS) == "heterogeneous"
    assert inside_word(inside_of(region, rise, spacing, 35.0), SETTINGS) == "homogeneous"


def test_what_does_not_enhance_has_no_inside_to_be_told() -> None:
    region = ellipsoid(12, 12, 12)
    assert inside_word(inside_of(region, rise_of(region, 0, 0), np.array(SPACING[::-1]), 1.0), SETTINGS) is None
    assert inside_word(Inside(0.25, 1.0), SETTINGS) is None


def form(region: Mask) -> Form:
    points = surface_of(region, grid(region.shape)).points
    return form_of(points, three_axes(points), float(region.sum() * np.prod(SPACING)))


def test_shapes_and_margins() -> None:
    ball, egg = form(ellipsoid(12, 12, 12)), form(ellipsoid(16, 9, 9))
    assert (shape_word(ball, SETTINGS), margin_word(ball, SETTINGS)) == ("round", "circumscribed")
    assert (shape_word(egg, SETTINGS), margin_word(egg, SETTINGS)) == ("oval", "circumscribed")
    star = form(ellipsoid(20, 4, 4) | ellipsoid(4, 20, 4) | ellipsoid(4, 4, 20))
    assert (shape_word(star, SETTINGS), margin_word(star, SETTINGS)) == ("irregular", "not circumscribed")


# ------------------------------------------------------------------------------------------------------- whole breast


def test_categories_begin_on_their_borders() -> None:
    assert [category(BPE, percent, SETTINGS.bpe_percent) for percent in (24.9, 25, 50, 75)] == list(BPE)
    assert [category(FGT, percent, SETTINGS.fgt_percent)[0] for percent in (11.9, 12, 22, 35)] == list("abcd")


@pytest.mark.parametrize(
    ("quadrants", "word"),
    [
        (("upper outer",), "unifocal"),
        (("upper outer", "upper outer"), "multifocal"),
        (("central", "central"), "multifocal"),
        (("central", "upper outer", "lower inner"), "multicentric"),
    ],
)
def test_multifocal_is_one_quadrant_and_multicentric_more(quadrants: tuple[str, ...], word: str) -> None:
    assert focality(quadrants) == word


def test_borders_must_rise_and_what_is_told_must_not_overlap() -> None:
    with pytest.raises(WrongSettings, match="the smaller first"):
        replace(SETTINGS, bpe_percent=(50.0, 25.0, 75.0))
    with pytest.raises(WrongSettings, match="circumscribed_from_solidity must be at least irregular_below_solidity"):
        replace(SETTINGS, circumscribed_from_solidity=0.5)
