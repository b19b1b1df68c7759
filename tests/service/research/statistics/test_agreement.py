"""Intraclass correlations. R's word on the numbers is in tests/judges; here is what has an answer, and what has none."""

from __future__ import annotations

import numpy as np
import pytest
from judges.agreement import agreement_tables
from numpy.typing import NDArray

from tilscope.service.research.statistics.agreement import agreement
from tilscope.service.research.statistics.estimate import Estimate

ALL = Estimate(1.0, 1.0, 1.0)


def test_a_reader_who_measures_more_lowers_the_agreement_and_not_the_consistency() -> None:
    one = np.random.default_rng(1).normal(size=30)
    found = agreement(np.stack([one, one + 2], axis=1))
    assert found is not None
    assert found.absolute.value < 0.5
    assert found.consistent == ALL


def test_equal_readings_agree_wholly_whatever_their_unit() -> None:
    one = 1e9 + np.random.default_rng(2).normal(size=30)
    found = agreement(np.stack([one, one], axis=1))
    assert found is not None
    assert found.absolute == found.consistent == ALL


def test_a_subject_that_one_reader_lacks_is_left_out() -> None:
    readings = agreement_tables()["two readers of forty"]
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
    """Variances 4 (subjects) and 1 (error): ICC(3,1) is 0.8."""
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        found = agreement(rng.normal(0, 2, (20, 1)) + rng.normal(0, 1, (20, 2)))
        assert found is not None
        covered += found.consistent.holds(0.8)
    # Of 400 at 95 %, fewer than 367 come up once in a thousand times, and all 400 never.
    assert 367 <= covered < 400
