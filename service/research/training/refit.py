"""The chosen features fitted again without a penalty: least squares for numbers, the greatest likelihood for classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import expit

from tilscope.service.research.training.elastic_net import Numbers

#: Beyond this many steps, or this far out, a likelihood has no maximum: the features separate the classes.
_STEPS, _FAR = 50, 30.0
#: What then holds the weights: half the sum of their squares, as one study's worth of doubt.
_RIDGE = 1.0


@dataclass(frozen=True, eq=False)
class Fit:
    intercept: float
    coefficients: Numbers
    p: Numbers
    """Two-sided, of each coefficient; NaN where there is no degree of freedom."""
    separated: bool = False
    """The classes can be told apart without an error: the likelihood has no maximum, and a ridge holds the weights."""

    def linear(self, x: Numbers) -> Numbers:
        values: Numbers = self.intercept + x @ self.coefficients
        return values


def least_squares(x: Numbers, y: Numbers) -> Fit:
    """
    >>> fit = least_squares(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([1.0, 3.0, 5.0, 7.0]))
    >>> round(fit.intercept, 9), fit.coefficients.round(9).tolist()
    (1.0, [2.0])
    """
    design = np.column_stack([np.ones(len(y)), x])
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    free = len(y) - design.shape[1]
    if free <= 0:
        return Fit(float(found[0]), np.asarray(found[1:], np.float64), np.full(x.shape[1], np.nan))
    variance = float(((y - design @ found) ** 2).sum()) / free
    spread = np.sqrt(np.maximum(variance * np.diag(np.linalg.pinv(design.T @ design)), 1e-300))
    p: Numbers = 2 * stats.t.sf(np.abs(found / spread), free)[1:]
    return Fit(float(found[0]), np.asarray(found[1:], np.float64), p)


def logistic(x: Numbers, y: Numbers) -> Fit:
    """On features of about SD 1."""
    found, converged = _newton(x, y, 0.0)
    if not converged:
        found, _ = _newton(x, y, _RIDGE)
    information = _information(np.column_stack([np.ones(len(y)), x]), found, 0.0 if converged else _RIDGE)
    spread = np.sqrt(np.maximum(np.diag(np.linalg.pinv(information)), 1e-300))
    p = 2 * stats.norm.sf(np.abs(found / spread))[1:]
    return Fit(float(found[0]), found[1:], p, not converged)


def _newton(x: Numbers, y: Numbers, ridge: float) -> tuple[Numbers, bool]:
    design = np.column_stack([np.ones(len(y)), x])
    found = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        slope = design.T @ (y - expit(design @ found)) - ridge * np.r_[0.0, found[1:]]
        step = np.linalg.lstsq(_information(design, found, ridge), slope, rcond=None)[0]
        # A long step can leap over the maximum.
        found = found + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(design @ found).max() > _FAR and not ridge:
            return found, False
        if np.abs(step).max() < 1e-9:
            return found, True
    return found, False


def _information(design: Numbers, found: Numbers, ridge: float) -> Numbers:
    probability = expit(design @ found)
    weight = probability * (1 - probability)
    held = np.diag([0.0, *np.full(design.shape[1] - 1, ridge)])
    information: Numbers = (design * weight[:, None]).T @ design + held
    return information
