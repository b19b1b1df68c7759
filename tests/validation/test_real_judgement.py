"""How a real study's answer is judged: what is right, what is another lesion, and what a smaller field of view may hide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from validation.bars import bars_of
from validation.figures_of_a_case import CaseFigures
from validation.page import page_of
from validation.real_cases import RealCase, RealFigures, RealLesion, packed, unpacked
from validation.real_judgement import Judgement, bars_of_real, judged

SHAPE = (6, 20, 20)
CASE = RealCase("an exam", "turned", changed=True)


def block(first: int, last: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[:, first:last, 5:15] = True
    return mask


def figures(**changes: Any) -> RealFigures:
    everywhere = np.ones(SHAPE, bool)
    masks = {
        "lesions": block(5, 10),
        "index": block(5, 10),
        "fgt": block(10, 18),
        "breast": everywhere,
        "view": everywhere,
    }
    packed_masks = {name: packed(changes.pop(name, mask)) for name, mask in masks.items()}
    lesions = (RealLesion(1, 3.0, 0.8, 1.0),)
    return replace(RealFigures("mass", "", lesions, 0.97, 0.0, packed_masks, 20.0), **changes)


def judge(found: RealFigures, case: RealCase = CASE, base: RealFigures | None = None) -> Judgement:
    return judged(case, found, base or figures(), SHAPE, 0.95)


def test_a_mask_is_the_same_after_it_was_kept_as_text() -> None:
    mask = np.random.default_rng(1).random((5, 7, 3)) > 0.5
    np.testing.assert_array_equal(unpacked(packed(mask), mask.shape), mask)


def test_the_same_answer_keeps_everything() -> None:
    assert judge(figures()).kept


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        (figures(dice=0.90), "index lesion right"),
        (figures(outside=0.05), "index lesion right"),
        (figures(lesions=block(5, 11)), "volume"),
        (figures(fgt=block(10, 17)), "FGT"),
        (figures(answer="refused (no-lesion)"), "answered"),
    ],
)
def test_what_is_broken_is_named(found: RealFigures, broken: str) -> None:
    assert judge(found).broken == [broken]


def test_a_sure_lesion_elsewhere_is_false_and_an_unsure_one_or_a_candidate_is_not() -> None:
    def beside(confidence: float, answer: str = "mass") -> RealFigures:
        found = figures(answer=answer)
        return replace(found, lesions=(*found.lesions, RealLesion(2, 1.0, confidence, 0.1)))

    assert judge(beside(0.7)).broken == ["no false lesion"]
    assert judge(beside(0.4)).kept
    assert judge(beside(0.7, "candidates")).kept


def test_what_the_field_of_view_no_longer_shows_is_no_change() -> None:
    view = np.ones(SHAPE, bool)
    view[:, 12:] = False
    cut = figures(view=view, fgt=block(10, 12))
    assert judge(cut).fgt_change == pytest.approx(0)
    assert judge(cut).kept


def test_a_gland_that_appears_from_nothing_is_a_change_without_bounds() -> None:
    nothing = figures(fgt=np.zeros(SHAPE, bool))
    assert judge(figures(), base=nothing).broken == ["FGT"]
    assert judge(nothing, base=nothing).kept


def test_a_refusal_is_kept_only_where_it_is_right_or_allowed() -> None:
    refused = figures(answer="refused (too-few-phases)")
    assert judge(refused, replace(CASE, refusal_is_right=True)).kept
    assert not judge(figures(), replace(CASE, refusal_is_right=True)).kept
    assert judge(refused, replace(CASE, may_be_refused=True)).kept
    assert judge(figures(), replace(CASE, may_be_refused=True)).kept


def test_a_wrong_refusal_breaks_every_bar_and_a_right_one_none() -> None:
    wrong = judge(figures(answer="refused (no-lesion)"))
    right = judge(figures(answer="refused (too-few-phases)"), replace(CASE, refusal_is_right=True))
    assert [bar.found for bar in bars_of_real([wrong])] == [0.0] * 5
    bars = bars_of_real([right])
    assert bars[0].kept
    assert [bar.row.split("|")[3].strip() for bar in bars[1:]] == ["nothing to measure"] * 4
    assert [bar.found for bar in bars_of_real([judge(figures()), wrong])] == [0.5] * 5


SPEED = {"seconds": {"segmentation": 1.0}, "peak_gb": 1.0}


def test_the_page_puts_what_is_real_first_and_what_was_tried_behind_the_phantoms() -> None:
    real = {"an exam": ("a source", [judge(figures()), judge(figures(dice=0.5))])}
    missed = CaseFigures(1000, "L", "dense", refused="no-lesion", pairs={"volume": (10.0, 9.0)})
    page = page_of(real, {"an exam": "picture.png"}, [missed], bars_of([missed]), SPEED)
    order = [
        "## Real exams",
        "### an exam",
        "## 1 phantoms like patients",
        "## What was tried and did not work",
        "## Time",
    ]
    places = [page.index(word) for word in order]
    assert places == sorted(places)
    assert "| turned | mass | 0.970 | +0.0 | 0 | +0.0 | 20 | yes |" in page
    assert "**no**: index lesion right" in page
    assert "| 1000 | dense | refused (no-lesion) |" in page


def test_a_page_without_phantoms_says_that_they_were_not_measured() -> None:
    page = page_of({}, {}, [], bars_of([]), SPEED)
    assert "## Phantoms like patients\n\nNot measured for this page" in page
    assert "| seed |" not in page
