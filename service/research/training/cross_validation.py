"""Which penalty, and which mix of the two, predicts best what it has not seen: glmnet's cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.training.elastic_net import Family, Numbers, Path, errors, path_of

#: At the least error, or at the strongest penalty whose error is within a standard error of it.
Rule = Literal["least", "within-an-error"]


@dataclass(frozen=True, eq=False)
class Curve:
    """The error of each penalty on studies left out."""

    penalties: Numbers
    error: Numbers
    standard_error: Numbers

    def place(self, rule: Rule) -> int:
        """Of the chosen penalty; of equals the strongest."""
        least = int(np.argmin(self.error))
        if rule == "least":
            return least
        return int(np.argmax(self.error <= self.error[least] + self.standard_error[least]))


def fold_errors(
    x: Numbers, y: Numbers, out: NDArray[np.bool_], family: Family, mix: float, penalties: Numbers
) -> Numbers:
    """The mean error of each penalty on the studies of one fold, by a path that has not seen them."""
    path = path_of(x[~out], y[~out], family, mix, penalties)
    means: Numbers = errors(path, x[out], y[out], family).mean(axis=0)
    return means


def curve_of(penalties: Numbers, by_fold: Sequence[Numbers], sizes: Sequence[int]) -> Curve:
    """Folds count by their studies."""
    table, weight = np.array(by_fold), np.array(sizes, float)
    mean = np.average(table, axis=0, weights=weight)
    variance = np.average((table - mean) ** 2, axis=0, weights=weight) / (len(weight) - 1)
    return Curve(penalties, mean, np.sqrt(variance))


def cross_validated(
    x: Numbers, y: Numbers, folds: NDArray[np.int_], family: Family, mix: float = 1.0
) -> tuple[Path, Curve]:
    """The path on all studies, and the error of its penalties on each fold by the others.

    Parameters
    ----------
    x : ndarray of float, [study, feature]
        In any unit.
    y : ndarray of float, [study]
        Numbers, or the classes 1 and 0.
    folds : ndarray of int, [study]
        Which fold each study is left out with.
    family : str
        'numbers' or 'classes'.
    mix : float
        1 for the LASSO.

    Returns
    -------
    tuple of Path and Curve
        For the same penalties.
    """
    whole = path_of(x, y, family, mix)
    numbers = np.unique(folds)
    by_fold = [fold_errors(x, y, folds == n, family, mix, whole.penalties) for n in numbers]
    return whole, curve_of(whole.penalties, by_fold, [int((folds == n).sum()) for n in numbers])
