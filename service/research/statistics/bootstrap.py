"""Intervals by drawing patients anew: a patient is drawn with all her studies, as they are not independent.

Patients are drawn within each class, so that no draw lacks one; those with studies of both classes are a class of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.statistics.estimate import LEVEL, Estimate

DRAWS = 2000
Floats = NDArray[np.float64]


def times_drawn(
    labels: NDArray[Any] | None, patients: NDArray[np.str_], seed: int, draws: int = DRAWS
) -> NDArray[np.int_]:
    """How often each study occurs in each draw.

    Parameters
    ----------
    labels : array or None
        [study], 1 or 0; None where there are no classes.
    patients : array
        [study], whose each is.
    seed : int
        Equal seeds give equal draws.
    draws : int
        How many.

    Returns
    -------
    array
        [draw, study], whole numbers.
    """
    random = np.random.default_rng(seed)
    names, whose = np.unique(patients, return_inverse=True)
    times = np.zeros((draws, len(names)), int)
    for members in _strata(labels, whose, len(names)):
        if n := int(members.sum()):
            times[:, members] = random.multinomial(n, np.full(n, 1 / n), draws)
    return times[:, whose]


def interval_of_auc(
    labels: NDArray[Any], scores: Floats, patients: NDArray[np.str_], seed: int, draws: int = DRAWS
) -> tuple[float, float]:
    """Of the AUC, the 95 % between the percentiles; all draws at once."""
    positive, negative = scores[labels == 1][:, None], scores[labels == 0]
    in_order = (positive > negative) + 0.5 * (positive == negative)
    times = times_drawn(labels, patients, seed, draws)
    of_positive, of_negative = times[:, labels == 1], times[:, labels == 0]
    pairs = of_positive.sum(axis=1) * of_negative.sum(axis=1)
    return percentiles((of_positive @ in_order * of_negative).sum(axis=1) / pairs)


def with_interval(
    statistic: Callable[[NDArray[np.int_]], float],
    labels: NDArray[Any] | None,
    patients: NDArray[np.str_],
    seed: int,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> Estimate:
    """A statistic of studies, given by their indices, with the percentiles of it over draws; draws without it are left out."""
    drawn = [
        statistic(np.repeat(np.arange(len(patients)), times)) for times in times_drawn(labels, patients, seed, draws)
    ]
    return Estimate(statistic(np.arange(len(patients))), *percentiles(np.array(drawn), level))


def percentiles(drawn: Floats, level: float = LEVEL) -> tuple[float, float]:
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [50 - 50 * level, 50 + 50 * level])
    return float(low), float(high)


def _strata(labels: NDArray[Any] | None, whose: NDArray[np.int_], n: int) -> list[NDArray[np.bool_]]:
    if labels is None:
        return [np.full(n, True)]
    positive = np.bincount(whose, labels == 1) > 0
    negative = np.bincount(whose, labels == 0) > 0
    return [positive & ~negative, negative & ~positive, positive & negative]
