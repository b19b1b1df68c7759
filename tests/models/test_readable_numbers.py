"""Numbers as pages and reports show them: digits by quantity, and never a sign on nothing."""

from __future__ import annotations

import pytest

from tilscope.models.readable_numbers import digits, score_text, shown, signed
from tilscope.models.result import Measurement, Missing


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (9.94, "%", "9.9"), (10.0, "%", "10"), (-12.6, "%", "−13"), (34.5, "mm", "34"), (5.04, "mm", "5.0"),
        (0.0049, "cm3", "< 0.01"), (0.0, "cm3", "0.00"), (0.005, "cm3", "0.01"), (9.994, "cm3", "9.99"),
        (10.0, "cm3", "10.0"), (99.94, "cm3", "99.9"), (100.0, "cm3", "100"), (1.3333, "{ratio}", "1.33"),
        (0.0588742, "/mm", "0.0589"), (-0.0001, "{ratio}", "0.00"),
    ],
)  # fmt: skip
def test_a_quantity_has_the_digits_that_another_reader_would_repeat(value: float, unit: str, words: str) -> None:
    assert digits(Measurement("any", "Any", value, unit)) == words


def test_round_shapes_have_two_decimals_whatever_their_unit() -> None:
    assert digits(Measurement("sphericity", "Sphericity", 0.87654, "1")) == "0.88"


def test_what_has_no_value_says_why() -> None:
    nothing = Measurement("any", "Any", None, "%", Missing.CALCULATION_FAILURE, "no voxel")
    assert digits(nothing) == "–"
    assert shown(nothing) == f"– {Missing.CALCULATION_FAILURE.value}"
    assert score_text(nothing) == shown(nothing)


def test_a_score_has_two_decimals_where_it_is_a_plain_number() -> None:
    assert score_text(Measurement("score", "Score", 0.604145, "1")) == "0.60"
    assert score_text(Measurement("score", "Score", 12.3, "%")) == shown(Measurement("score", "Score", 12.3, "%"))


@pytest.mark.parametrize(("value", "words"), [(0.1234, "+0.12"), (-0.1234, "−0.12"), (0.0, "0")])
def test_a_change_shows_its_sign(value: float, words: str) -> None:
    assert signed(value) == words
