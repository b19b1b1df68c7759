"""The spread beside a score: the same patient, with the outline drawn a little otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
import textured_study

from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.readable_numbers import spread_range, spread_text
from tilscope.models.result import SignatureResult
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import evaluate_all
from tilscope.models.signatures.base import Installed, SignatureCase, conclude, settings_hash
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.spread import outline_changed, outline_moved
from tilscope.models.signatures.su2022.model import SU_2022

SETTINGS = PipelineSettings()


def sagittal_ball() -> sitk.Image:
    mask = image_of(textured_study.ball(9.0), textured_study.image(np.zeros(textured_study.SHAPE)))
    assert mask.GetSpacing()[0] < mask.GetSpacing()[2], "slices of 2 mm"
    return mask


def test_an_outline_grows_and_shrinks_by_a_voxel_within_its_slices() -> None:
    mask = sagittal_ball()
    inside, wider, narrower = (mask_of(m) for m in (mask, outline_changed(mask, 1), outline_changed(mask, -1)))
    slices = [m.any(axis=(1, 2)) for m in (inside, wider)]
    np.testing.assert_array_equal(*slices)
    middle = textured_study.CENTRE[0]
    rows = [int(m[middle].any(axis=1).sum()) for m in (narrower, inside, wider)]
    assert rows == [rows[1] - 2, rows[1], rows[1] + 2]


def test_an_outline_moves_by_a_voxel_within_its_slices() -> None:
    mask = sagittal_ball()
    np.testing.assert_array_equal(mask_of(outline_moved(mask)), np.roll(mask_of(mask), (1, 1), (1, 2)))
    stored_otherwise = sitk.Flip(sitk.PermuteAxes(mask, (1, 0, 2)), (True, False, False))
    moved = PatientAxes(stored_otherwise).array(outline_moved(stored_otherwise))
    np.testing.assert_array_equal(moved != 0, mask_of(outline_moved(mask)), "the same, however it is stored")


def scored(case: SignatureCase) -> SignatureResult:
    """Su's: the one whose score needs no reference."""
    (result,) = evaluate_all(case.prepared, case.regions, SETTINGS, signatures=[SU_2022], spread=True)
    return result


def with_outline(case: SignatureCase, mask: sitk.Image) -> SignatureCase:
    lesion = replace(case.regions.index_lesion, mask=mask)
    return replace(case, regions=replace(case.regions, lesions=(lesion,)))


def test_the_spread_is_that_of_the_scores_that_the_other_outlines_give() -> None:
    case = textured_study.study()
    mask = case.regions.index_lesion.mask
    drawn = (mask, outline_changed(mask, 1), outline_changed(mask, -1), outline_moved(mask))
    scores = [scored(with_outline(case, one)).value for one in drawn]
    found = scored(case)
    assert all(score is not None for score in scores)
    assert found.spread == (min(scores), max(scores))
    assert found.spread[0] < found.spread[1]


def test_a_score_whose_outline_may_not_be_narrower_has_no_spread() -> None:
    """Of a lesion of 3 voxels across nothing is left: a range of what could be computed would look too good."""
    small = textured_study.study(tumour=textured_study.ball(2.3))
    result = scored(small)
    assert result.value is not None
    assert result.spread is None
    assert spread_text(result) == ""


def test_without_a_score_there_is_no_spread_but_what_a_later_reference_would_make_it_of() -> None:
    case = textured_study.study()
    without, with_it = (
        evaluate_all(case.prepared, case.regions, SETTINGS, signatures=[QIAN_2024], spread=spread)[0]
        for spread in (False, True)
    )
    assert without.spread is with_it.spread is None
    assert without.nearby == ()
    values = {feature.id: feature.value for feature in with_it.features}
    at_the_mean = Reference(
        "qian2024", "made up", 40, settings_hash(QIAN_2024, SETTINGS), values, dict.fromkeys(values, 1e3)
    )
    later = conclude(QIAN_2024, with_it.features, SETTINGS, Installed(reference=at_the_mean), with_it.nearby)
    assert later.value == 0
    assert later.spread is not None
    assert later.spread[0] <= 0 <= later.spread[1]
    assert later.spread[0] < later.spread[1]


@pytest.mark.parametrize(("spread", "words"), [((0.4449, 0.6051), "0.44 to 0.61"), (None, "")])
def test_a_spread_has_the_digits_of_its_score(spread: tuple[float, float] | None, words: str) -> None:
    assert spread_range(replace(scored(textured_study.study()), spread=spread)) == words
