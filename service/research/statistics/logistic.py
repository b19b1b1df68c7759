"""Logistic regression without a penalty, of few columns: what calibration is measured with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

from tilscope.service.research.statistics.estimate import LEVEL, Estimate

Floats = NDArray[np.float64]
_ROUNDS, _SETTLED = 50, 1e-10


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """Of the intercept, which is first, and of the columns in their order. NaN where the classes are told apart entirely."""

    coefficients: Floats
    errors: Floats
    log_likelihood: float

    def estimate(self, column: int, level: float = LEVEL) -> Estimate:
        """Wald's interval."""
        value, reach = self.coefficients[column], stats.norm.ppf(0.5 + level / 2) * self.errors[column]
        return Estimate(float(value), float(value - reach), float(value + reach))


def fit_logistic(columns: Floats, labels: NDArray[Any], offset: Floats | float = 0.0) -> LogisticFit:
    """By Newton's steps.

    Parameters
    ----------
    columns : array
        [study, column], without the intercept.
    labels : array
        [study], 1 or 0.
    offset : array or float
        [study], added to the linear predictor as it is.

    Returns
    -------
    LogisticFit
        [intercept, column...].
    """
    design = np.column_stack([np.ones(len(labels)), columns])
    labels = np.asarray(labels, float)
    coefficients = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        chance = expit(design @ coefficients + offset)
        information = (design * (chance * (1 - chance))[:, None]).T @ design
        try:
            step = np.linalg.solve(information, design.T @ (labels - chance))
        except np.linalg.LinAlgError:
            return _nothing(design.shape[1])
        coefficients = coefficients + step
        # Where the classes are apart the coefficients grow for ever; no odds of medicine are e to the 50.
        if not np.abs(coefficients).max() < 50:
            return _nothing(design.shape[1])
        if np.abs(step).max() < _SETTLED:
            linear = design @ coefficients + offset
            return LogisticFit(
                coefficients,
                np.sqrt(np.diag(np.linalg.inv(information))),
                float((labels * linear - np.logaddexp(0, linear)).sum()),
            )
    return _nothing(design.shape[1])


def _nothing(columns: int) -> LogisticFit:
    return LogisticFit(np.full(columns, np.nan), np.full(columns, np.nan), float("nan"))
