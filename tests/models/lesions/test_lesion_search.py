"""The search for lesions on balls whose place, size and enhancement are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ball_study import SHAPE, SPACING, image, study

from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, ManualRoi
from tilscope.models.imaging.series import Phase
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.kinetics.ftv import BoxMm
from tilscope.models.lesions.classical import regions_of
from tilscope.models.lesions.manual_roi import ManualLesion, regions_of_manual_roi
from tilscope.models.lesions.pieces import measured
from tilscope.models.lesions.search import Found, LesionSearch
from tilscope.models.lesions.shape import solidity
from tilscope.models.lesions.signs import Signs
from tilscope.models.lesions.steering import Steering, steered
from tilscope.models.lesions.surroundings import Kindred, Surroundings
from tilscope.models.lesions.uptake import Uptake
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings

SETTINGS = PipelineSettings()


def ball(radius_mm: float, centre: tuple[int, int, int]) -> np.ndarray:
    steps = SPACING[::-1]
    squared = sum(((i - c) * s) ** 2 for i, c, s in zip(np.indices(SHAPE), centre, steps, strict=True))
    return np.asarray(squared <= radius_mm**2)


LARGE, SMALL = ball(9.0, (9, 18, 40)), ball(5.5, (10, 32, 12))


def prepared_with(
    *balls: np.ndarray, early: float = 220.0, late: float | None = None, fat: float = 100.0
) -> PreparedSeries:
    """Glands that rise by a fifth, with fat behind them, and in both balls that enhance, and wash out if nothing else is said."""
    prepared, _ = study()
    tumour = np.logical_or.reduce(balls)
    pre = np.full(SHAPE, 100.0)
    pre[:, 25:] = fat
    pre[tumour] = 100.0
    last = early - 30 if late is None else late
    volumes = (pre, np.where(tumour, early, 1.2 * pre), np.where(tumour, last, 1.4 * pre))
    phases = tuple(Phase(image(v.astype(np.float32)), t) for v, t in zip(volumes, (-60, 150, 450), strict=True))
    series = replace(prepared.series, phases=phases)
    return PreparedSeries(series, series, prepared.breast, None)


def answer(*balls: np.ndarray, early: float = 220.0, late: float | None = None, **limits: float) -> Found:
    _, regions = study()
    settings = replace(SETTINGS.segmentation, **limits)
    return LesionSearch(prepared_with(*balls, early=early, late=late), mask_of(regions.fgt), settings).found()


def found(*balls: np.ndarray, **limits: float) -> tuple[Lesion, ...]:
    return answer(*balls, **limits).lesions


def test_each_ball_is_a_lesion_and_the_largest_is_the_first() -> None:
    first, second = found(SMALL, LARGE)
    assert (first.number, second.number) == (1, 2)
    for lesion, truth in ((first, LARGE), (second, SMALL)):
        mask = mask_of(lesion.mask)
        assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.9
    assert 1 >= first.confidence > 0.9
    assert second.confidence > 0.9
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
    assert dice(one, SMALL) > 0.93


def test_a_seed_far_from_any_lesion_means_none() -> None:
    x, y, z = point(10, 32, 12)
    with pytest.raises(Refused) as refusal:
        steered(prepared_with(LARGE, SMALL, fat=20.0), SETTINGS, Steering(seed_mm=(x, y + 18.0, z)))
    assert refusal.value.code == "no-lesion-there"


def test_in_a_box_the_trials_rule_is_the_lesion_to_the_voxel() -> None:
    """From the middle of the large ball towards the patient's left: one half of it, and nothing of the small one."""
    box = BoxMm(point(0, 0, 40), point(19, 49, 59))
    (one,) = steered(prepared_with(LARGE, SMALL, fat=20.0), SETTINGS, Steering(box_mm=box)).lesions
    half = LARGE.copy()
    half[:, :, :40] = False
    np.testing.assert_array_equal(mask_of(one.mask), half)
    assert one.confidence == 1


def test_a_box_cuts_off_what_of_the_lesion_at_a_seed_lies_outside_it() -> None:
    both = Steering(seed_mm=point(9, 18, 44), box_mm=BoxMm(point(0, 0, 40), point(19, 49, 59)))
    (one,) = steered(prepared_with(LARGE, SMALL, fat=20.0), SETTINGS, both).lesions
    assert not mask_of(one.mask)[:, :, :40].any()


def test_what_a_person_points_at_may_look_like_a_vessel() -> None:
    vessel = np.zeros(SHAPE, bool)
    vessel[9:11, 18:22, 10:50] = True
    prepared = prepared_with(vessel)
    assert not found(vessel)
    (one,) = steered(prepared, SETTINGS, Steering(seed_mm=point(9, 19, 30))).lesions
    assert dice(one, vessel) > 0.8


def test_a_crumb_in_a_box_full_of_tumour_is_not_what_was_meant() -> None:
    """The seed lies at a small ball; the rule has fifty times as much in the box."""
    crumb = ball(3.0, (10, 44, 8))
    box = BoxMm(point(0, 0, 0), point(19, 49, 59))
    with pytest.raises(Refused) as refusal:
        steered(prepared_with(LARGE, crumb, fat=20.0), SETTINGS, Steering(seed_mm=point(10, 44, 8), box_mm=box))
    assert refusal.value.code == "implausible-lesion"


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


@pytest.mark.parametrize("index", [True, False])
def test_beside_an_index_lesion_what_is_hardly_set_off_from_vivid_gland_is_no_second_one(index: bool) -> None:
    """It washes out: alone it is a lesion."""
    index_lesion = LARGE if index else np.zeros(SHAPE, bool)
    pre = np.full(SHAPE, 100.0)
    early = np.select([index_lesion, SMALL], [260.0, 200.0], 165.0)
    late = np.select([index_lesion, SMALL], [210.0, 170.0], 230.0)
    prepared, regions = study()
    phases = tuple(replace(p, stored=image(v)) for p, v in zip(prepared.series.phases, (pre, early, late), strict=True))
    series = replace(prepared.series, phases=phases)
    prepared = PreparedSeries(series, series, prepared.breast, None)
    (one,) = LesionSearch(prepared, mask_of(regions.breast), SETTINGS.segmentation).found().lesions
    assert dice(one, LARGE if index else SMALL) > 0.8
    assert one.confidence > 0.5


def test_a_focus_alone_is_no_lesion_unless_a_person_points_at_it() -> None:
    focus = ball(1.9, (10, 30, 30))
    assert not found(focus, minimum_lesion_diameter_mm=2.5)
    (one,) = steered(prepared_with(focus), SETTINGS, Steering(seed_mm=point(10, 30, 30))).lesions
    assert dice(one, focus) > 0.4


@pytest.mark.parametrize(("early", "lesions"), [(160.0, 1), (140.0, 1), (127.0, 0)])
def test_the_least_uptake_of_a_lesion_is_that_of_the_settings(early: float, lesions: int) -> None:
    """30 % of the gland's signal; the gland itself reaches 20 %."""
    assert len(found(LARGE, early=early, late=early)) == lesions


def test_where_nothing_stands_out_there_is_no_lesion_and_how_much_enhances_is_told() -> None:
    _, regions = study()
    search = LesionSearch(prepared_with(LARGE, early=120.0, late=140.0), mask_of(regions.fgt), SETTINGS.segmentation)
    assert search.found().lesions == ()
    assert search.how_much_enhances()["median"] == pytest.approx(20, abs=1)


# ------------------------------------------------------------------------------------------------ what speaks for it

SURE = Signs(
    uptake=1.0, curve=0.8, border=1.5, compactness=0.8, share=0.02, at_the_rim=0.0, compared=True, alike=False, alone=1.0,
)  # fmt: skip


@pytest.mark.parametrize(
    "weaker",
    [
        {"uptake": -0.1, "border": 0.7},  # it washes out within gland that enhances as much
        {"curve": 0.0},  # it goes on rising, as some cancers do
        {"compactness": 0.3},  # spiculated
    ],
)
def test_two_clear_signs_are_enough(weaker: dict[str, float]) -> None:
    assert replace(SURE, **weaker).sureness > 0.5


@pytest.mark.parametrize(
    "background",
    [
        {"uptake": 0.2, "curve": 0.3, "border": 0.5, "compactness": 0.4},  # a patch of enhancing gland
        {"uptake": -1.2, "curve": 0.3, "border": 1.2},  # faint, in fat
        {"uptake": 0.0, "curve": 0.0, "border": 0.0, "compactness": 1.0},  # round and no more
    ],
)
def test_a_single_sign_is_not(background: dict[str, float]) -> None:
    assert replace(SURE, **background).sureness < 0.5


def test_what_the_first_phase_shows_full_and_the_late_one_emptied_is_a_vessel() -> None:
    faint = replace(SURE, uptake=0.4, border=0.9, compactness=0.62)
    assert replace(faint, curve=1.0).sureness > 0.9
    assert replace(faint, curve=2.15).sureness < 0.25


def test_what_takes_up_the_gland_is_judged_by_its_curve_where_there_is_no_other_breast() -> None:
    filled = replace(SURE, share=0.7, compared=False)
    assert replace(filled, curve=1.0).sureness > 0.5
    assert replace(filled, curve=0.3).sureness < 0.35
    assert replace(filled, curve=0.3, compared=True).sureness > 0.7


def test_what_the_other_breast_does_too_is_background_unless_it_washes_out() -> None:
    patch = replace(SURE, uptake=0.2, curve=0.3, border=0.9, compactness=0.6)
    assert replace(patch, alike=True).sureness < patch.sureness - 0.1
    assert replace(patch, curve=0.9, alike=True).sureness == replace(patch, curve=0.9).sureness > 0.5


def test_of_what_there_is_as_much_elsewhere_that_comes_as_fast_the_curve_tells_less() -> None:
    patch = replace(SURE, uptake=0.3, curve=0.8, border=0.4, compactness=0.6)
    assert patch.sureness > 0.6
    assert replace(patch, alone=0.0).sureness < 0.5
    assert replace(patch, alone=-2.0).sureness < 0.25


def test_standing_alone_is_one_sign_and_no_more() -> None:
    persistent = replace(SURE, uptake=0.3, curve=0.2, border=0.3, compactness=0.6)
    assert replace(persistent, alone=6.0).sureness == replace(persistent, alone=2.0).sureness < 0.5
    assert replace(persistent, alone=2.0).sureness > persistent.sureness


def test_what_takes_up_many_times_the_rest_of_its_gland_is_no_patch_of_it() -> None:
    filled = replace(SURE, share=0.7, compared=False, curve=0.3)
    assert replace(filled, uptake=0.7).sureness < 0.25
    assert replace(filled, uptake=2.0).sureness > 0.7


def test_what_lies_along_the_border_of_the_breast_is_doubtful() -> None:
    weak = replace(SURE, uptake=0.0, curve=1.0, border=0.5, compactness=0.5)
    assert weak.sureness > 0.5 > replace(weak, at_the_rim=0.8).sureness


def test_a_cancer_within_gland_that_takes_up_as_much_is_outlined_by_how_its_uptake_goes_on() -> None:
    """Uptake shows of it only the hottest part, and gland all around; gland goes on rising, and the cancer washes out."""
    hot, gland = ball(4.5, (9, 18, 40)), ball(16.0, (9, 20, 38))
    prepared = prepared_with(LARGE)
    pre = np.full(SHAPE, 100.0)
    early = np.select([hot, LARGE, gland], [240.0, 200.0, 195.0], 110.0)
    late = np.select([LARGE, gland], [190.0, 290.0], 120.0)
    phases = tuple(replace(p, stored=image(v)) for p, v in zip(prepared.series.phases, (pre, early, late), strict=True))
    series = replace(prepared.series, phases=phases)
    prepared = PreparedSeries(series, series, prepared.breast, None)
    told = LesionSearch(prepared, mask_of(study()[1].fgt), SETTINGS.segmentation).found()
    assert told.finding is Finding.MASS
    assert dice(told.lesions[0], LARGE) > 0.9


TWIN = ball(9.0, (9, 18, 16))


def kind_of(which: np.ndarray, *known: np.ndarray) -> Kindred:
    """Of one of two balls that are alike, where others are known to be lesions."""
    prepared = prepared_with(LARGE, TWIN)
    uptake = Uptake.of(prepared, mask_of(study()[1].breast))
    pieces = {mask.tobytes(): measured(uptake, (slice(None),) * 3, mask[uptake.box], 0.5) for mask in (LARGE, TWIN)}
    background = Surroundings.of(prepared, uptake).without((pieces[mask.tobytes()] for mask in known), uptake)
    return background.of_its_kind(pieces[which.tobytes()], uptake)


def test_of_two_that_are_alike_neither_stands_alone_until_the_other_is_surely_a_lesion() -> None:
    assert kind_of(LARGE).alone == pytest.approx(0, abs=0.2)
    assert kind_of(LARGE, TWIN).alone > 2


def test_the_usual_curve_is_that_of_tissue_that_takes_up_as_much() -> None:
    """220 early of 100 before, 190 late: 120 / 90; the rest of the gland takes up a fifth."""
    twins = kind_of(LARGE).curve
    assert twins is not None
    assert twins == pytest.approx(120 / 90, abs=0.05)
    assert kind_of(LARGE, TWIN).curve is None


def comb() -> np.ndarray:
    """Of the gland, sheets that hang together at one end: it reaches through much and fills half of it."""
    where = np.zeros(SHAPE, bool)
    where[2:18, 2:24, 4:56] = True
    columns = np.arange(SHAPE[2])
    return where & ((columns // 7 % 2 == 0) | (np.arange(SHAPE[1]) < 8)[:, None])


def test_a_body_fills_the_ellipsoid_that_it_reaches_through() -> None:
    steps = np.array(SPACING[::-1])
    assert solidity(LARGE, steps) == pytest.approx(1, abs=0.03)
    assert solidity(LARGE | TWIN, steps) < 0.8
    assert solidity(comb(), steps) < 0.7
    assert solidity(ball(0.1, (9, 18, 40)), steps) == 1


def test_what_takes_up_much_of_gland_and_breast_without_a_body_is_diffuse_and_one_region() -> None:
    crumb = ball(4.0, (10, 20, 10))
    told = answer(comb(), crumb & ~comb(), early=210.0, late=180.0)
    assert told.finding is Finding.DIFFUSE
    assert len(told.lesions) == 1
    assert dice(told.lesions[0], comb()) > 0.8


def test_as_much_in_one_body_is_a_mass() -> None:
    body = ball(16.0, (9, 22, 30))
    assert body.sum() > 0.5 * comb().sum()
    assert answer(body, early=210.0, late=180.0).finding is Finding.MASS


def test_gland_that_enhances_all_over_is_neither_sure_nor_nothing() -> None:
    """A single breast of which two thirds take up two and a half times what the rest does, and keep it: a person must decide."""
    filled = np.zeros(SHAPE, bool)
    filled[3:17, 4:24, 6:54] = True
    told = answer(filled, early=150.0, late=190.0)
    assert told.finding is Finding.CANDIDATES
    assert all(one.confidence < 0.5 for one in told.lesions)


def test_a_tumour_that_fills_its_breast_is_found_by_its_washout() -> None:
    filled = np.zeros(SHAPE, bool)
    filled[3:17, 4:24, 6:54] = True
    told = answer(filled, early=210.0, late=180.0)
    assert told.finding is not Finding.CANDIDATES
    assert dice(told.lesions[0], filled) > 0.9
