"""Correlations of one pair and of whole tables, and what of many may be called found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tilscope.service.research.statistics.correlation import Kind, correlation, correlation_table
from tilscope.service.research.statistics.multiple_tests import benjamini_hochberg

KINDS: tuple[Kind, ...] = ("pearson", "spearman")


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_what_scipy_says(kind: Kind) -> None:
    one, other = np.random.default_rng(1).normal(size=(2, 30))
    theirs = stats.pearsonr(one, other) if kind == "pearson" else stats.spearmanr(one, other)
    ours = correlation(one, other, kind)
    assert (ours.r.value, ours.p, ours.n) == (pytest.approx(theirs[0]), pytest.approx(theirs[1]), 30)


def test_the_interval_is_fishers() -> None:
    one, other = np.random.default_rng(1).normal(size=(2, 30))
    low, high = stats.pearsonr(one, other).confidence_interval()
    estimate = correlation(one, other).r
    assert (estimate.low, estimate.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_its_pairs(kind: Kind) -> None:
    random = np.random.default_rng(2)
    one, other = random.normal(size=(40, 3)), random.normal(size=(40, 2))
    table = correlation_table(one, other, kind)
    assert table.r[2, 1] == pytest.approx(correlation(one[:, 2], other[:, 1], kind).r.value)
    gap = one.copy()
    gap[7, 2] = np.nan
    with_gap = correlation_table(gap, other, kind)
    assert with_gap.r[1] == pytest.approx(table.r[1])
    assert with_gap.n[2].tolist() == [39, 39]
    assert with_gap.p[2, 1] == pytest.approx(correlation(gap[:, 2], other[:, 1], kind).p)


def test_a_constant_column_correlates_with_nothing() -> None:
    table = correlation_table(np.full((10, 1), 0.1), np.random.default_rng(1).normal(size=(10, 2)))
    assert np.isnan(table.r).all()
    assert np.isnan(table.fdr).all()


def test_a_perfect_correlation_is_its_own_interval() -> None:
    estimate = correlation(np.arange(8.0), 2 * np.arange(8.0)).r
    assert estimate.low == pytest.approx(1.0)


def test_what_was_planted_is_found_and_of_the_rest_next_to_nothing() -> None:
    random = np.random.default_rng(3)
    features = random.normal(size=(120, 400))
    outcome = features[:, :4].sum(axis=1, keepdims=True) + random.normal(size=(120, 1))
    found = np.flatnonzero(correlation_table(features, outcome).fdr[:, 0] < 0.2)
    assert set(found) >= {0, 1, 2, 3}
    assert len(found) <= 8


def test_in_chance_alone_nothing_is_found_in_four_of_five_tables() -> None:
    random = np.random.default_rng(4)
    tables = [correlation_table(random.normal(size=(40, 50)), random.normal(size=(40, 1))) for _ in range(100)]
    # With nothing there, the false discovery rate is the chance of any finding at all: 20 of 100, at most 32 (P = 0.002).
    assert sum(bool((table.fdr < 0.2).any()) for table in tables) <= 32


def test_rates_never_fall_as_p_rises_and_keep_their_shape() -> None:
    p = np.array([[0.001, 0.9], [0.02, 0.021]])
    rates = benjamini_hochberg(p)
    assert rates.shape == (2, 2)
    assert rates.tolist() == stats.false_discovery_control(p.ravel()).reshape(2, 2).tolist()
