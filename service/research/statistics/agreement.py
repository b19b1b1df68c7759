"""How well readers agree: intraclass correlations of single readings with their intervals.

Every subject is measured by every reader, in two ways (Shrout and Fleiss, Psychol Bull 1979;86:420; McGraw and Wong, Psychol
Methods 1996;1:30):

* ICC(2,1), absolute agreement: readers are a sample of all readers, and one who measures more than the others lowers it;
* ICC(3,1), consistency: these readers are the only ones, and a constant difference between them costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from tilscope.service.research.statistics.estimate import LEVEL, Estimate

#: Readings that differ by less than this part of the greatest are the same but for rounding.
SAME = 1e-12


@dataclass(frozen=True)
class Agreement:
    """Of one quantity between readers: 1 where they agree, 0 or below where they do no better than chance."""

    absolute: Estimate
    """ICC(2,1)."""
    consistent: Estimate
    """ICC(3,1)."""
    subjects: int
    """That every reader has measured."""


@dataclass(frozen=True)
class _MeanSquares:
    """Of the analysis of variance with subjects as rows and readers as columns, one value in each cell."""

    subjects: int
    readers: int
    between_subjects: float
    between_readers: float
    error: float

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the error."""
        return (self.subjects - 1) * (self.readers - 1)


def agreement(readings: NDArray[np.float64], level: float = LEVEL) -> Agreement | None:
    """Both intraclass correlations of one quantity.

    Parameters
    ----------
    readings : ndarray of float64, shape (subjects, readers)
        In any unit; a subject that a reader has not measured (NaN) is left out.
    level : float
        Of the intervals, 0 to 1.

    Returns
    -------
    Agreement or None
        None with fewer than two readers, fewer than three subjects, or where the quantity is the same in all of them: then there is
        nothing to tell subjects apart by.

    Examples
    --------
    Six subjects and four judges of Shrout and Fleiss, who found 0.29 and 0.71:

    >>> found = agreement(np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]]))
    >>> round(found.absolute.value, 2), round(found.consistent.value, 2)
    (0.29, 0.71)
    """
    whole = readings[np.isfinite(readings).all(axis=1)]
    if whole.shape[0] < 3 or whole.shape[1] < 2 or np.ptp(whole) <= SAME * np.abs(whole).max():
        return None
    found = _mean_squares(whole)
    tail = (1 - level) / 2
    return Agreement(_absolute(found, tail), _consistent(found, tail), found.subjects)


def _mean_squares(readings: NDArray[np.float64]) -> _MeanSquares:
    n, k = readings.shape
    # Neither the unit nor the zero of a quantity enters: so large numbers lose no digits.
    values = readings - readings.mean()
    of_subjects, of_readers = values.mean(axis=1), values.mean(axis=0)
    rest = values - of_subjects[:, None] - of_readers
    rounding = (SAME * np.abs(readings).max()) ** 2

    def mean_square(deviations: NDArray[np.float64], times: int, freedom: int) -> float:
        found = times * float((deviations**2).sum()) / freedom
        return found if found > rounding else 0.0

    return _MeanSquares(
        n,
        k,
        mean_square(of_subjects, k, n - 1),
        mean_square(of_readers, n, k - 1),
        mean_square(rest, 1, (n - 1) * (k - 1)),
    )


def _consistent(found: _MeanSquares, tail: float) -> Estimate:
    k, between, error = found.readers, found.between_subjects, found.error
    if error == 0:
        return Estimate(1.0, 1.0, 1.0)
    ratio = between / error
    low = ratio / _quantile(tail, found.subjects - 1, found.freedom)
    high = ratio * _quantile(tail, found.freedom, found.subjects - 1)
    return Estimate(*((f - 1) / (f + k - 1) for f in (ratio, low, high)))


def _absolute(found: _MeanSquares, tail: float) -> Estimate:
    """The interval by Satterthwaite's degrees of freedom, as McGraw and Wong give it."""
    n, k = found.subjects, found.readers
    between, readers, error = found.between_subjects, found.between_readers, found.error
    value = (between - error) / (between + (k - 1) * error + k * (readers - error) / n)
    if value >= 1:
        return Estimate(1.0, 1.0, 1.0)
    of_readers = k * value / (n * (1 - value)) * readers
    of_error = (1 + k * value * (n - 1) / (n * (1 - value))) * error
    spread = of_readers**2 / (k - 1) + of_error**2 / found.freedom
    freedom = (of_readers + of_error) ** 2 / spread if spread > 0 else float(found.freedom)
    rest = k * readers + (k * n - k - n) * error
    below, above = _quantile(tail, n - 1, freedom), _quantile(tail, freedom, n - 1)
    return Estimate(
        value,
        n * (between - below * error) / (below * rest + n * between),
        n * (above * between - error) / (rest + n * above * between),
    )


def _quantile(tail: float, above: float, below: float) -> float:
    """Of F with these degrees of freedom, what is exceeded in this share."""
    return float(fdtri(above, below, 1 - tail))
