"""The papers' numbers beside ours: current, complete, and honest about what does not agree."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from papers.numbers_of_qian2024 import sizes_are_the_only_ones
from papers.printed_number import NOT_REPRODUCED, REPRODUCED, UNKNOWN, PrintedNumber, rounded, through
from papers.reproduction_page import PAPERS, all_numbers, page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reproduction.md"


@cache
def numbers() -> dict[str, list[PrintedNumber]]:
    return all_numbers()


@pytest.mark.parametrize("paper", PAPERS)
def test_what_is_not_reproduced_says_what_follows_and_nothing_else_does(paper: str) -> None:
    rows = numbers()[paper]
    assert [one.what for one in rows if one.verdict == NOT_REPRODUCED and not one.remark] == []
    # A remark on what agrees would be an excuse kept ready.
    assert [one.what for one in rows if one.verdict == REPRODUCED and one.remark] == []
    assert [one.what for one in rows if one.verdict == UNKNOWN and not one.why] == []


def test_no_row_stands_twice() -> None:
    for paper, rows in numbers().items():
        named = [(one.what, one.printed, one.verdict) for one in rows if one.verdict != UNKNOWN]
        assert len(set(named)) == len(named), paper


def test_of_qians_sets_there_is_one_division_that_has_all_its_rates() -> None:
    assert sizes_are_the_only_ones()


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(numbers()), "run: make reproduction"


def test_a_number_beyond_its_rounding_is_not_reproduced() -> None:
    assert rounded("", "", "0.40", 0.4049).verdict == REPRODUCED
    assert rounded("", "", "0.40", 0.406).verdict == NOT_REPRODUCED
    assert rounded("", "", "< 0.001", 0.002).verdict == NOT_REPRODUCED


def test_the_rounding_of_what_goes_in_counts() -> None:
    twice = through("", "", "0.81", lambda x: 2 * x, "0.40")
    assert twice.verdict == REPRODUCED
    assert twice.tolerance == pytest.approx(0.005 + 0.01)
    assert through("", "", "0.82", lambda x: 2 * x, "0.40").verdict == NOT_REPRODUCED
