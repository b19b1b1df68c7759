"""Pearson's and Spearman's correlation with interval and test; of many pairs with the false discovery rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tilscope.service.research.statistics.estimate import LEVEL, Estimate
from tilscope.service.research.statistics.multiple_tests import benjamini_hochberg

Kind = Literal["pearson", "spearman"]
Floats = NDArray[np.float64]
#: Fisher's z has no spread to go by below.
_FEWEST = 4


@dataclass(frozen=True)
class Correlation:
    r: Estimate
    p: float
    """Two-sided."""
    n: int
    """Pairs of which both are known."""


@dataclass(frozen=True, eq=False)
class CorrelationTable:
    """[one, other]: each column of one table with each of another."""

    r: Floats
    low: Floats
    high: Floats
    p: Floats
    fdr: Floats
    """Over all pairs of the table."""
    n: NDArray[np.int_]


def correlation(one: Floats, other: Floats, kind: Kind = "pearson", level: float = LEVEL) -> Correlation:
    """Of the pairs that are known; NaN where there are fewer than four, or where one is constant."""
    known = np.isfinite(one) & np.isfinite(other)
    return _of_known(np.asarray(one, float)[known], np.asarray(other, float)[known], kind, level)


def correlation_table(one: Floats, other: Floats, kind: Kind = "pearson", level: float = LEVEL) -> CorrelationTable:
    """Every column of one with every column of the other.

    Parameters
    ----------
    one, other : array
        [study, column]; NaN where a value is not known.
    kind : str
        Pearson's or Spearman's.
    level : float
        Of the intervals.

    Returns
    -------
    CorrelationTable
        [column of one, column of the other].
    """
    if np.isfinite(one).all() and np.isfinite(other).all():
        return _whole_table(one, other, kind, level)
    pairs = [[correlation(column, against, kind, level) for against in other.T] for column in one.T]
    shape = (one.shape[1], other.shape[1])
    r, low, high, p, n = (
        np.array([of(pair) for row in pairs for pair in row]).reshape(shape)
        for of in (_value, _low, _high, lambda pair: pair.p, lambda pair: pair.n)
    )
    return CorrelationTable(r, low, high, p, benjamini_hochberg(p), n)


def fisher_interval(r: Floats, n: int, kind: Kind = "pearson", level: float = LEVEL) -> tuple[Floats, Floats]:
    """Fisher's z; for Spearman's with the variance of Bonett and Wright (Psychometrika 2000), which covers as it should."""
    r = np.clip(np.asarray(r, float), -1.0, 1.0)
    if n < _FEWEST:
        return np.full(r.shape, np.nan), np.full(r.shape, np.nan)
    variance = (1 + r**2 / 2 if kind == "spearman" else np.ones_like(r)) / (n - 3)
    # A perfect correlation is its own interval.
    with np.errstate(divide="ignore"):
        z = np.arctanh(r)
    reach = stats.norm.ppf(0.5 + level / 2) * np.sqrt(variance)
    return np.tanh(z - reach), np.tanh(z + reach)


def _of_known(one: Floats, other: Floats, kind: Kind, level: float) -> Correlation:
    n = len(one)
    if n < _FEWEST:
        return Correlation(Estimate(np.nan, np.nan, np.nan), np.nan, n)
    table = _whole_table(one[:, None], other[:, None], kind, level)
    return Correlation(Estimate(float(table.r[0, 0]), float(table.low[0, 0]), float(table.high[0, 0])), float(table.p[0, 0]), n)  # fmt: skip


def _whole_table(one: Floats, other: Floats, kind: Kind, level: float) -> CorrelationTable:
    """Without gaps it is one product of matrices: thousands of features take no longer than a moment."""
    n = len(one)
    if kind == "spearman":
        one, other = stats.rankdata(one, axis=0), stats.rankdata(other, axis=0)
    r = np.clip(_standardised(one).T @ _standardised(other), -1.0, 1.0)
    low, high = fisher_interval(r, n, kind, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = r * np.sqrt(max(n - 2, 0) / (1 - r**2))
    p = 2 * stats.t.sf(np.abs(t), max(n - 2, 1)) if n > 2 else np.full(r.shape, np.nan)
    return CorrelationTable(r, low, high, p, benjamini_hochberg(p), np.full(r.shape, n))


def _standardised(columns: Floats) -> Floats:
    """Of length one and mean zero; NaN where a column is constant."""
    centred = columns - columns.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    # What rounding leaves of a constant is no variation.
    constant = length <= 1e-12 * np.sqrt(len(columns)) * np.abs(columns).max(axis=0, initial=0.0)
    standardised: Floats = centred / np.where(constant, np.nan, length)
    return standardised


def _value(pair: Correlation) -> float:
    return pair.r.value


def _low(pair: Correlation) -> float:
    return pair.r.low


def _high(pair: Correlation) -> float:
    return pair.r.high
