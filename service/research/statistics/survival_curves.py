"""How long patients of each group stay free of an event: Kaplan and Meier's curve, and the log-rank test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.statistics.chi_square import ChiSquareTest
from tilscope.service.research.statistics.estimate import LEVEL

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """[step]: from each time on, until the next. The first is time 0."""

    times: Floats
    survival: Floats
    low: Floats
    high: Floats
    followed: Floats
    """How long each patient was followed, ascending."""
    censored: Floats
    """The times at which a patient was last seen without an event."""
    events: int

    def at_risk(self, times: Floats) -> NDArray[np.int_]:
        """How many are still followed just before each of these times."""
        return len(self.followed) - np.searchsorted(self.followed, times, side="left")

    def at(self, times: Floats) -> Floats:
        """The part without an event at each of these times."""
        return self.survival[np.searchsorted(self.times, times, side="right") - 1]

    @property
    def median(self) -> float:
        """NaN where more than half have had no event."""
        below = np.flatnonzero(self.survival <= 0.5)
        return float(self.times[below[0]]) if len(below) else float("nan")


def survival_curve(time: Floats, event: NDArray[Any], level: float = LEVEL) -> SurvivalCurve:
    """Kaplan-Meier with Greenwood's variance on the log-log scale, where the interval stays between 0 and 1."""
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter(alpha=1 - level).fit(time, event)
    between = fitted.confidence_interval_.to_numpy()
    return SurvivalCurve(
        fitted.survival_function_.index.to_numpy(float),
        fitted.survival_function_.to_numpy()[:, 0],
        between[:, 0],
        between[:, 1],
        np.sort(np.asarray(time, float)),
        np.sort(np.asarray(time, float)[~np.asarray(event).astype(bool)]),
        int(np.asarray(event).astype(bool).sum()),
    )


def survival_curves(time: Floats, event: NDArray[Any], groups: NDArray[Any]) -> Mapping[str, SurvivalCurve]:
    return {str(name): survival_curve(time[groups == name], event[groups == name]) for name in np.unique(groups)}


def log_rank(time: Floats, event: NDArray[Any], groups: NDArray[Any]) -> ChiSquareTest:
    """Whether the groups differ at all; NaN where there is one group only."""
    from lifelines.statistics import multivariate_logrank_test

    if (found := len(np.unique(groups))) < 2:
        return ChiSquareTest(float("nan"), 0, float("nan"))
    test = multivariate_logrank_test(time, groups, event)
    return ChiSquareTest(float(test.test_statistic), found - 1, float(test.p_value))
