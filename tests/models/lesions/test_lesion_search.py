"""The search for lesions on balls whose place, size and enhancement are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ball_study import SHAPE, SPACING, image, study

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, ManualRoi
from tilscope.models.imaging.series import Phase
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.kinetics.ftv import BoxMm
from tilscope.models.lesions import find_lesions
from tilscope.models.lesions.classical import regions_of
from tilscope.models.lesions.manual_roi import ManualLesion, regions_of_manual_roi
from tilscope.models.lesions.steering import Steering, steered
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings

SETTINGS = PipelineSettings()


def ball(radius_mm: float, centre: tuple[int, int, int]) -> np.ndarray:
    steps = SPACING[::-1]
    squared = sum(((i - c) * s) ** 2 for i, c, s in zip(np.indices(SHAPE), centre, steps, strict=True))
    return np.asarray(squared <= radius_mm**2)


LARGE, SMALL = ball(9.0, (9, 18, 40)), ball(5.5, (10, 32, 12))


def prepared_with(*balls: np.ndarray, early: float = 220.0, fat: float = 100.0) -> PreparedSeries:
    """Glands that rise by a fifth, with fat behind them, and in both balls that enhance and wash out."""
    prepared, _ = study()
    tumour = np.logical_or.reduce(balls)
    pre = np.full(SHAPE, 100.0)
    pre[:, 25:] = fat
    pre[tumour] = 100.0
    volumes = (pre, np.where(tumour, early, 1.2 * pre), np.where(tumour, early - 30, 1.3 * pre))
    phases = tuple(Phase(image(v.astype(np.float32)), t) for v, t in zip(volumes, (-60, 150, 450), strict=True))
    series = replace(prepared.series, phases=phases)
    return PreparedSeries(series, series, prepared.breast, None)


def found(*balls: np.ndarray, early: float = 220.0, asked: bool = False, **limits: float) -> tuple[Lesion, ...]:
    _, regions = study()
    settings = replace(SETTINGS, segmentation=replace(SETTINGS.segmentation, **limits))
    return find_lesions(prepared_with(*balls, early=early), regions.fgt, settings, asked)


def test_each_ball_is_a_lesion_and_the_largest_is_the_first() -> None:
    first, second = found(SMALL, LARGE)
    assert (first.number, second.number) == (1, 2)
    for lesion, truth in ((first, LARGE), (second, SMALL)):
        mask = mask_of(lesion.mask)
        assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.97
    assert 1 > first.confidence > second.confidence > 0
    assert not (mask_of(first.mask) & mask_of(second.mask)).any()


def test_what_is_lesion_is_no_gland() -> None:
    prepared, regions = study()
    lesions = found(LARGE, SMALL)
    told = regions_of(prepared, regions.breast, lesions)
    taken = mask_of(lesions[0].mask) | mask_of(lesions[1].mask)
    np.testing.assert_array_equal(mask_of(told.fgt), ~taken)
    assert told.lesions == lesions
    assert not told.has_manual_rois


# --------------------------------------------------------------------------------------------------------- steering


def point(z: int, y: int, x: int) -> tuple[float, float, float]:
    """Of a voxel's centre: patient LPS, mm."""
    a, b, c = study()[0].series.grid.TransformIndexToPhysicalPoint((x, y, z))
    return a, b, c


def dice(lesion: Lesion, truth: np.ndarray) -> float:
    mask = mask_of(lesion.mask)
    return float(2 * (mask & truth).sum() / (mask.sum() + truth.sum()))


@pytest.mark.parametrize("away_mm", [0.0, 13.0])
def test_a_seed_means_the_lesion_that_holds_it_or_lies_within_a_centimetre(away_mm: float) -> None:
    """The smaller of two, though the larger is the likelier; 13 mm from its middle are 8 mm from its border."""
    x, y, z = point(10, 32, 12)
    (one,) = steered(prepared_with(LARGE, SMALL, fat=20.0), SETTINGS, Steering(seed_mm=(x, y + away_mm, z))).lesions
    assert one.number == 1
    assert dice(one, SMALL) > 0.97


def test_a_seed_far_from_any_lesion_means_none() -> None:
    x, y, z = point(10, 32, 12)
    with pytest.raises(Refused) as refusal:
        steered(prepared_with(LARGE, SMALL, fat=20.0), SETTINGS, Steering(seed_mm=(x, y + 18.0, z)))
    assert refusal.value.code == "no-lesion-there"


def test_a_box_cuts_off_what_lies_outside_it() -> None:
    """From the middle of the large ball towards the patient's left: one half of it, and nothing of the small one."""
    box = BoxMm(point(0, 0, 40), point(19, 49, 59))
    (one,) = steered(prepared_with(LARGE, SMALL, fat=20.0), SETTINGS, Steering(box_mm=box)).lesions
    half = LARGE.copy()
    half[:, :, :40] = False
    assert dice(one, half) > 0.97
    assert not mask_of(one.mask)[:, :, :40].any()


def drawn(mask: np.ndarray, number: int) -> ManualLesion:
    roi = ManualRoi("A", "tool", "lesion", number, "1.2", "1.2.3", "1.2.4", "SEG, series 5")
    return ManualLesion(image_of(mask, study()[0].breast), roi)


def test_what_a_person_drew_is_kept_and_the_larger_one_keeps_what_two_share() -> None:
    """Drawn twice is drawn once; nothing is cut off at the breast's mask."""
    prepared, _ = study()
    beyond = np.zeros(SHAPE, bool)
    beyond[:, :, 30:] = True
    prepared = replace(prepared, breast=image_of(beyond, prepared.breast))
    shared = ball(5.5, (9, 18, 32))
    told = regions_of_manual_roi(prepared, [drawn(shared, 3), drawn(LARGE, 2), drawn(LARGE, 4), drawn(SMALL, 1)])
    assert [(one.number, one.manual_roi and one.manual_roi.number, one.confidence) for one in told.lesions] == [
        (1, 2, 1.0), (2, 1, 1.0), (3, 3, 1.0),
    ]  # fmt: skip
    for lesion, mask in zip(told.lesions, (LARGE, SMALL, shared & ~LARGE), strict=True):
        np.testing.assert_array_equal(mask_of(lesion.mask), mask)
    assert told.has_manual_rois
    assert not (mask_of(told.fgt) & (LARGE | SMALL | shared)).any()


def test_no_more_are_told_than_the_settings_say() -> None:
    assert len(found(SMALL, LARGE, most_lesions=1)) == 1


def test_beside_an_index_lesion_a_small_one_is_told_from_the_limit_on() -> None:
    assert len(found(LARGE, SMALL, minimum_further_lesion_diameter_mm=10.5)) == 2
    assert len(found(LARGE, SMALL, minimum_further_lesion_diameter_mm=11.5)) == 1


def test_a_focus_alone_is_looked_for_only_where_a_person_points() -> None:
    with pytest.raises(Refused):
        found(ball(2.8, (10, 30, 30)), minimum_lesion_diameter_mm=2.5)
    assert len(found(ball(2.8, (10, 30, 30)), asked=True, minimum_lesion_diameter_mm=2.5)) == 1


@pytest.mark.parametrize(("early", "lesions"), [(151.0, 1), (135.0, 1), (128.0, 0)])
def test_slow_uptake_is_looked_for_where_nothing_enhances_faster(early: float, lesions: int) -> None:
    """From 50 % on at once, from 30 % on at the second look, below that not at all; glands reach 20 %."""
    if lesions:
        assert len(found(LARGE, early=early)) == lesions
        return
    with pytest.raises(Refused) as refusal:
        found(LARGE, early=early)
    assert refusal.value.code == "no-lesion"
