"""A penalised sum of squares of a few features, minimised exactly.

Coordinate descent creeps where features resemble each other, as texture features do. Where it is known which weights are not
zero, and their signs, the minimum is that of a linear system; so the signs are searched for instead (Lee, Battle, Raina and
Ng, Efficient sparse coding algorithms, NIPS 2006). From a start that is near, two or three systems are solved.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

Numbers = NDArray[np.float64]

#: Of the mean square of a feature: two features that say the same need not be told apart.
_ALIKE = 1e-9
#: Of the penalty: a slope that is no further beyond it does not count.
_BEYOND = 1e-7


def least_penalised(gram: Numbers, target: Numbers, flat: float, round_: float, start: Numbers) -> Numbers:
    """The b of the least  b'Gb/2 - t'b + flat |b|_1 + round |b|^2/2.

    Parameters
    ----------
    gram : ndarray of float, [feature, feature]
        G, of the features with each other.
    target : ndarray of float, [feature]
        t, of the features with what they are to explain.
    flat : float
        The penalty of the absolute values; above 0.
    round_ : float
        The penalty of the squares.
    start : ndarray of float, [feature]
        Weights to begin with; the nearer, the sooner.

    Returns
    -------
    ndarray of float, [feature]
        Zero where a feature has no weight.

    Examples
    --------
    A slope of 3 is drawn back by the penalty, and one below it has no weight.

    >>> least_penalised(np.eye(2), np.array([3.0, -0.5]), 1.0, 0.0, np.zeros(2)).round(6).tolist()
    [2.0, 0.0]
    """
    held = gram + (round_ + _ALIKE * max(float(np.trace(gram)) / max(len(gram), 1), 1e-300)) * np.eye(len(gram))
    weights, signs = start.copy(), np.sign(start)
    for _ in range(20 + 10 * len(gram)):
        if not _settled(held, target - flat * signs, weights, signs):
            continue
        slope = target - held @ weights
        entering = (signs == 0) & (np.abs(slope) > flat * (1 + _BEYOND))
        if not entering.any():
            break
        signs[entering] = np.sign(slope[entering])
    return weights


def _settled(held: Numbers, pull: Numbers, weights: Numbers, signs: Numbers) -> bool:
    """Weights moved towards the minimum that these signs have, as far as they hold; whether that was all the way."""
    on = np.flatnonzero(signs)
    if not len(on):
        return True
    goal = cho_solve(cho_factor(held[np.ix_(on, on)], check_finite=False), pull[on], check_finite=False)
    turned, new = goal * signs[on] <= 0, weights[on] == 0
    if (turned & new).any():
        signs[on[turned & new]] = 0
        return False
    if not turned.any():
        weights[on] = goal
        return True
    at = weights[on]
    part = np.where(turned, at / np.where(turned, at - goal, 1.0), np.inf)
    at = at + part.min() * (goal - at)
    at[part == part.min()] = 0.0
    weights[on], signs[on] = at, np.sign(at)
    return False
