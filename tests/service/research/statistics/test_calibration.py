"""Whether probabilities mean what they say, and what a cut-off does. R's word on the numbers is in tests/judges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from tilscope.service.research.statistics.calibration import (
    brier,
    calibration_groups,
    decision_curve,
    hosmer_lemeshow,
    intercept_in_the_large,
    slope,
    smooth_curve,
)
from tilscope.service.research.statistics.cut_offs import confusion, proportion
from tilscope.service.research.statistics.logistic import fit_logistic


def cohort(seed: int = 1, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes, and the probabilities that they really had."""
    random = np.random.default_rng(seed)
    chances = expit(random.normal(size=n))
    return (random.random(n) < chances).astype(int), chances


def test_true_probabilities_are_calibrated() -> None:
    covered = [
        (slope(*cohort(seed)).holds(1.0), intercept_in_the_large(*cohort(seed)).holds(0.0)) for seed in range(100)
    ]
    assert min(np.sum(covered, axis=0)) >= 88
    assert sum(hosmer_lemeshow(*cohort(seed)).p < 0.05 for seed in range(100)) <= 12


def test_probabilities_that_are_twice_too_extreme_have_slope_one_half() -> None:
    labels, chances = cohort(n=4000)
    assert slope(labels, expit(2 * logit(chances))).value == pytest.approx(0.5, abs=0.05)
    assert hosmer_lemeshow(labels, expit(2 * logit(chances))).p < 1e-6


def test_probabilities_that_are_too_high_have_a_negative_intercept() -> None:
    labels, chances = cohort(n=4000)
    assert intercept_in_the_large(labels, expit(logit(chances) + 1)).value == pytest.approx(-1, abs=0.15)


def test_the_smooth_curve_of_true_probabilities_is_the_diagonal() -> None:
    places, observed = smooth_curve(*cohort(n=4000))
    assert np.abs(observed - places).max() < 0.08


def test_groups_hold_everybody_once() -> None:
    labels, chances = cohort()
    groups = calibration_groups(labels, chances)
    assert (groups.studies.sum(), groups.positives.sum()) == (400, labels.sum())
    assert groups.expected.sum() == pytest.approx(chances.sum())


def test_of_two_probabilities_there_are_two_groups_at_most() -> None:
    groups = calibration_groups(np.array([0, 1, 0, 1]), np.array([0.2, 0.2, 0.8, 0.8]))
    assert len(groups.studies) <= 2
    assert groups.studies.sum() == 4


def test_classes_that_are_told_apart_entirely_have_no_slope() -> None:
    fit = fit_logistic(np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]))
    assert np.isnan(fit.coefficients).all()


def test_brier_of_a_coin_is_a_quarter() -> None:
    assert brier(np.array([0, 1, 1, 0]), np.full(4, 0.5)) == 0.25


def test_net_benefit_counts_a_false_positive_by_the_odds() -> None:
    labels, chances = np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.3, 0.6, 0.1, 0.1])
    curve = decision_curve(labels, chances, np.array([0.2, 0.5]))
    # At 0.2 two true and one false are called, which weighs a quarter; at 0.5 one and one, of equal weight.
    assert curve.model == pytest.approx([(2 - 0.25) / 5, 0.0])
    assert curve.everybody == pytest.approx([(2 - 0.25 * 3) / 5, (2 - 3) / 5])


def test_a_cut_off_that_calls_nobody_has_no_predictive_value() -> None:
    found = confusion(np.array([1, 0]), np.array([0.1, 0.2]), 0.5)
    assert (found.sensitivity.value, found.specificity.value) == (0.0, 1.0)
    assert np.isnan(found.ppv.value)
    assert found.npv.value == 0.5


def test_of_twelve_without_a_miss_the_interval_does_not_end_at_one() -> None:
    estimate = proportion(12, 12)
    assert estimate.value == 1.0
    assert 0.7 < estimate.low < 0.8
