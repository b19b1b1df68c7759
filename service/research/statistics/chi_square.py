"""What a test against a chi-squared law answers."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True)
class ChiSquareTest:
    statistic: float
    degrees: int
    p: float

    @classmethod
    def of(cls, statistic: float, degrees: int) -> ChiSquareTest:
        """
        >>> round(ChiSquareTest.of(3.841, 1).p, 3)
        0.05
        """
        return cls(float(statistic), degrees, float(stats.chi2.sf(statistic, degrees)))
