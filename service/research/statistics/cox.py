"""Cox's proportional hazards: hazard ratios, whether they are proportional, and what covariates add to others."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tilscope.service.research.statistics.chi_square import ChiSquareTest
from tilscope.service.research.statistics.estimate import LEVEL, Estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoxModel:
    """By covariate. Tied events are treated as Efron did."""

    log_hazard: Mapping[str, float]
    errors: Mapping[str, float]
    log_likelihood: float
    likelihood_ratio: ChiSquareTest
    """Against no covariate at all."""
    linear_predictor: Floats
    """[study], the higher the sooner."""
    studies: int
    events: int

    def hazard_ratio(self, covariate: str, level: float = LEVEL) -> Estimate:
        """Of one unit more."""
        value, reach = self.log_hazard[covariate], stats.norm.ppf(0.5 + level / 2) * self.errors[covariate]
        return Estimate(*(float(np.exp(of)) for of in (value, value - reach, value + reach)))

    def p(self, covariate: str) -> float:
        """Wald's."""
        return float(2 * stats.norm.sf(abs(self.log_hazard[covariate] / self.errors[covariate])))


class NotEstimable(ValueError):
    """No hazard ratio can be estimated; the sentence says why."""


def cox(covariates: Mapping[str, Floats], time: Floats, event: NDArray[Any]) -> CoxModel:
    """Raises `NotEstimable` where covariates are constant or each other's, or where one tells the events entirely."""
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    if constant := [name for name, values in covariates.items() if np.ptp(values) == 0]:
        raise NotEstimable(f"{', '.join(constant)} is the same in all")
    events = int(np.asarray(event).astype(bool).sum())
    if events < len(covariates) + 1:
        raise NotEstimable(f"{events} events are too few for {len(covariates)} covariates")
    # Names of our own: a covariate may be called anything, time included.
    columns = {f"x{n}": np.asarray(values, float) for n, values in enumerate(covariates.values())}
    scale = {name: float(values.std()) for name, values in columns.items()}
    frame = pd.DataFrame({name: (values - values.mean()) / scale[name] for name, values in columns.items()})
    frame["time"], frame["event"] = time, np.asarray(event).astype(int)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = CoxPHFitter().fit(frame, "time", "event", fit_options={"precision": 1e-12, "max_steps": 100})
            test = fitted.log_likelihood_ratio_test()
    except (ConvergenceError, np.linalg.LinAlgError, ValueError) as problem:
        raise NotEstimable("the covariates tell each other or the events entirely, so that no fit settles") from problem
    slopes = {name: float(fitted.params_[x]) / scale[x] for name, x in zip(covariates, columns, strict=True)}
    errors = {name: float(fitted.standard_errors_[x]) / scale[x] for name, x in zip(covariates, columns, strict=True)}
    if not all(np.isfinite([*slopes.values(), *errors.values()])):
        raise NotEstimable("the fit does not settle")
    predictor = sum(
        (slopes[name] * (values - np.mean(values)) for name, values in covariates.items()), np.zeros(len(time))
    )
    return CoxModel(
        slopes,
        errors,
        float(fitted.log_likelihood_),
        ChiSquareTest(float(test.test_statistic), len(columns), float(test.p_value)),
        predictor,
        len(time),
        events,
    )


def added_value(fewer: CoxModel, more: CoxModel) -> ChiSquareTest:
    """Whether the covariates that only the larger model has add anything (likelihood-ratio test)."""
    added = len(more.log_hazard) - len(fewer.log_hazard)
    return ChiSquareTest.of(max(2 * (more.log_likelihood - fewer.log_likelihood), 0.0), added)


def proportional_hazards(
    covariates: Mapping[str, Floats], model: CoxModel, time: Floats, event: NDArray[Any]
) -> Mapping[str, ChiSquareTest]:
    """Whether hazard ratios change with time: the score test for a slope over 1 minus Kaplan-Meier, as cox.zph makes it.

    Grambsch and Therneau (Biometrika 1994) with the whole covariance, which R has used since survival 3.0; `all` tests all
    covariates together.
    """
    values = np.column_stack([np.asarray(one, float) for one in covariates.values()])
    weights = np.exp(model.linear_predictor)
    moments = _moments_at_events(values, weights, np.asarray(time, float), np.asarray(event).astype(bool))
    clock = _centred_clock(moments.at_risk)
    score = clock @ moments.residuals
    plain = moments.covariances.sum(axis=0)
    once = np.tensordot(clock, moments.covariances, 1)
    twice = np.tensordot(clock**2, moments.covariances, 1)
    left = twice - once.T @ np.linalg.solve(plain, once)
    tests = {}
    for n, name in enumerate(covariates):
        alone = twice[n, n] - once[:, n] @ np.linalg.solve(plain, once[:, n])
        tests[name] = ChiSquareTest.of(score[n] ** 2 / alone, 1)
    tests["all"] = ChiSquareTest.of(float(score @ np.linalg.solve(left, score)), values.shape[1])
    return tests


@dataclass(frozen=True, eq=False)
class _Moments:
    """[event], in the order of time."""

    residuals: Floats
    """[event, covariate]: Schoenfeld's."""
    covariances: Floats
    """[event, covariate, covariate] of who was at risk."""
    at_risk: Floats
    """[event, 2]: how many, and how many events there are at this time."""


def _moments_at_events(values: Floats, weights: Floats, time: Floats, event: NDArray[np.bool_]) -> _Moments:
    residuals, covariances, at_risk = [], [], []
    for moment in np.unique(time[event]):
        risk, now = time >= moment, (time == moment) & event
        deaths = int(now.sum())
        for n in range(deaths):
            # Efron: of those who have their event now, the average is at risk as one after the other goes.
            share = weights * (risk - n / deaths * now)
            share = share[risk] / share[risk].sum()
            mean = share @ values[risk]
            centred = values[risk] - mean
            residuals.append(values[now].mean(axis=0) - mean)
            covariances.append((share[:, None] * centred).T @ centred)
            at_risk.append((int(risk.sum()), deaths))
    return _Moments(np.array(residuals), np.array(covariances), np.array(at_risk, float))


def _centred_clock(at_risk: Floats) -> Floats:
    """1 minus Kaplan-Meier just before each event."""
    _, first = np.unique(at_risk[:, 0], return_index=True)
    first = np.sort(first)
    steps = 1 - at_risk[first, 1] / at_risk[first, 0]
    before = np.concatenate([[1.0], np.cumprod(steps)[:-1]])
    clock: Floats = 1 - np.repeat(before, at_risk[first, 1].astype(int))
    centred: Floats = clock - clock.mean()
    return centred
