"""Intraclass correlations: R's psych is the judge, and what has no answer has none."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tilscope.service.research.statistics.agreement import Intraclass, agreement

JUDGES = Path(__file__).parents[3] / "judges"
ANSWERS = json.loads((JUDGES / "agreement.json").read_text(encoding="utf-8"))["answers"]
#: psych computes its interval of ICC(2,1) by Shrout and Fleiss' formula, we by McGraw and Wong's: the same on paper.
TOLERANCE = 1e-9


def readings_of(table: str) -> NDArray[np.float64]:
    rows: dict[str, list[float]] = defaultdict(list)
    with (JUDGES / "agreement.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["table"] == table:
                rows[row["subject"]].append(float(row["value"]))
    return np.array(list(rows.values()))


def three(one: Intraclass) -> list[float]:
    return [one.value, one.low, one.high]


@pytest.mark.parametrize("table", ANSWERS)
def test_values_and_intervals_are_those_of_psych(table: str) -> None:
    found = agreement(readings_of(table))
    assert found is not None
    assert found.subjects == ANSWERS[table]["subjects"]
    assert three(found.absolute) == pytest.approx(ANSWERS[table]["absolute"], abs=TOLERANCE)
    assert three(found.consistent) == pytest.approx(ANSWERS[table]["consistent"], abs=TOLERANCE)


def test_a_reader_who_measures_more_lowers_the_agreement_and_not_the_consistency() -> None:
    one = np.random.default_rng(1).normal(size=30)
    found = agreement(np.stack([one, one + 2], axis=1))
    assert found is not None
    assert found.absolute.value < 0.5
    assert three(found.consistent) == [1, 1, 1]


def test_equal_readings_agree_wholly_whatever_their_unit() -> None:
    one = 1e9 + np.random.default_rng(2).normal(size=30)
    found = agreement(np.stack([one, one], axis=1))
    assert found is not None
    assert three(found.absolute) == three(found.consistent) == [1, 1, 1]


def test_a_subject_that_one_reader_lacks_is_left_out() -> None:
    readings = readings_of("two readers of forty")
    holed = readings.copy()
    holed[3, 1] = np.nan
    assert agreement(holed) == agreement(np.delete(readings, 3, axis=0))


@pytest.mark.parametrize(
    "readings",
    [
        np.full((10, 2), 7.1),
        np.random.default_rng(3).normal(size=(2, 2)),
        np.random.default_rng(3).normal(size=(10, 1)),
    ],
    ids=["a constant", "two subjects", "one reader"],
)
def test_without_differences_subjects_or_readers_there_is_no_answer(readings: NDArray[np.float64]) -> None:
    assert agreement(readings) is None


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Variances 4 (subjects), 0.25 (readers), 1 (error): ICC(3,1) is 0.8."""
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        found = agreement(rng.normal(0, 2, (20, 1)) + rng.normal(0, 1, (20, 2)))
        assert found is not None
        covered += found.consistent.low <= 0.8 <= found.consistent.high
    # Of 400 at 95 %, fewer than 367 come up once in a thousand times.
    assert covered >= 367
