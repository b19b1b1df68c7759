"""The AUC with DeLong's interval and tests, and Youden's cut-off. R's word on the numbers is in tests/judges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tilscope.service.research.statistics.roc import (
    auc,
    auc_with_interval,
    paired_test,
    roc_curve,
    unpaired_test,
    youden,
)


def two_normals(seed: int, apart: float, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = np.repeat([1, 0], n)
    return labels, random.normal(size=2 * n) + apart * labels


def test_the_interval_covers_the_planted_auc_in_about_95_of_100_cohorts() -> None:
    apart = 1.2
    planted = stats.norm.cdf(apart / np.sqrt(2))
    covered = [auc_with_interval(*two_normals(seed, apart)).holds(planted) for seed in range(300)]
    # 300 trials of 95 %: fewer than 270 or all of them would be no chance (P < 0.0005).
    assert 270 <= sum(covered) < 300


def test_two_scores_that_know_the_same_differ_as_often_as_the_test_says() -> None:
    random = np.random.default_rng(1)
    labels = np.repeat([1, 0], 50)
    scores = random.normal(size=(300, 2, 100)) + labels
    false_alarms = sum(paired_test(labels, one, other).p < 0.05 for one, other in scores)
    assert 4 <= false_alarms <= 28


def test_ties_count_half() -> None:
    assert auc(np.array([1, 0, 0]), np.array([1.0, 1.0, 0.0])) == 0.75


def test_a_score_is_not_better_than_itself() -> None:
    labels, scores = two_normals(1, 1.0)
    test = paired_test(labels, scores, scores)
    assert (test.difference.value, test.p) == (0.0, 1.0)


def test_the_order_of_two_subgroups_turns_the_sign() -> None:
    good, poor = two_normals(1, 2.0), two_normals(2, 0.2)
    assert unpaired_test(good, poor).difference.value == -unpaired_test(poor, good).difference.value > 0
    assert unpaired_test(good, poor).p < 0.01


def test_an_empty_class_has_no_auc() -> None:
    assert np.isnan(auc(np.zeros(5), np.arange(5.0)))
    assert np.isnan(auc_with_interval(np.zeros(5), np.arange(5.0)).low)


def test_a_class_of_one_has_an_auc_and_no_interval() -> None:
    estimate = auc_with_interval(np.array([1, 0, 0]), np.array([3.0, 1.0, 2.0]))
    assert estimate.value == 1.0
    assert np.isnan(estimate.low)


def test_youden_calls_positive_what_reaches_the_cut_off() -> None:
    labels, scores = np.array([0, 0, 1, 0, 1, 1]), np.array([1.0, 2, 3, 4, 5, 6])
    assert youden(labels, scores) == 5.0
    curve = roc_curve(labels, scores)
    at = list(curve.cut_offs).index(5.0)
    assert (curve.sensitivity[at], curve.specificity[at]) == (pytest.approx(2 / 3), 1.0)
    assert (curve.sensitivity[0], curve.specificity[0], curve.sensitivity[-1], curve.specificity[-1]) == (0, 1, 1, 0)
