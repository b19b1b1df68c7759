"""Kaplan-Meier, log-rank, Cox and its tests, and C, beside R's survival, on two public cohorts of breast cancer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from judges import Comparison, recorded, table
from tilscope.service.research.statistics.concordance import concordance
from tilscope.service.research.statistics.cox import added_value, cox, proportional_hazards
from tilscope.service.research.statistics.survival_curves import log_rank, survival_curve

#: Of chances and statistics that are sums; of what an iteration finds, ours or R's.
_SUM, _FOUND = 1e-9, 1e-6

Compare = Callable[[str, float, float, float], Comparison]


@cache
def comparisons() -> list[Comparison]:
    return [one for cohort in ("rotterdam", "gbsg") for one in _of(cohort)]


def _of(cohort: str) -> Iterator[Comparison]:
    columns, answers = table(f"survival_{cohort}.csv"), recorded("survival")["answers"][cohort]

    def compare(statistic: str, ours: float, theirs: float, tolerance: float) -> Comparison:
        return Comparison(f"{cohort}: {statistic}", ours, theirs, tolerance, "survival")

    yield from _curves(columns, answers, compare)
    yield from _models(columns, answers, compare)


def _curves(columns: Mapping[str, Any], answers: Mapping[str, Any], compare: Compare) -> Iterator[Comparison]:
    time, event = columns["time"], columns["event"]
    curve, theirs = survival_curve(time, event), answers["kaplan_meier"]
    days = np.array(theirs["days"], float)
    step = np.searchsorted(curve.times, days, side="right") - 1
    for n, day in enumerate(theirs["days"]):
        what = f"Kaplan-Meier at {day} days"
        yield compare(what, curve.at(days)[n], theirs["survival"][n], _SUM)
        yield compare(f"{what}, lower limit", curve.low[step[n]], theirs["low"][n], _SUM)
        yield compare(f"{what}, upper limit", curve.high[step[n]], theirs["high"][n], _SUM)
        yield compare(f"at risk at {day} days", float(curve.at_risk(days)[n]), theirs["at_risk"][n], 0)
    test = log_rank(time, event, columns["grade"])
    yield compare("log-rank between grades, chi-squared", test.statistic, answers["log_rank"]["statistic"], _FOUND)
    yield compare("log-rank between grades, P", test.p, answers["log_rank"]["p"], _SUM)


def _models(columns: Mapping[str, Any], answers: Mapping[str, Any], compare: Compare) -> Iterator[Comparison]:
    time, event = columns["time"], columns["event"]
    some, all_four = ({name: columns[name] for name in names} for names in (("age", "grade"), ("age", "grade", "nodes", "hormon")))  # fmt: skip
    model = cox(all_four, time, event)
    for name, theirs in answers["cox"]["coefficients"].items():
        yield compare(f"Cox, log hazard of {name}", model.log_hazard[name], theirs, _FOUND)
        yield compare(f"Cox, standard error of {name}", model.errors[name], answers["cox"]["errors"][name], _FOUND)
    yield compare("Cox, log-likelihood", model.log_likelihood, answers["cox"]["log_likelihood"], _FOUND)
    yield compare("Cox, likelihood ratio", model.likelihood_ratio.statistic, answers["cox"]["likelihood_ratio"], _FOUND)
    added = added_value(cox(some, time, event), model)
    yield compare("added by nodes and hormon, chi-squared", added.statistic, answers["added"]["statistic"], _FOUND)
    yield compare("added by nodes and hormon, P", added.p, answers["added"]["p"], _SUM)
    tests = proportional_hazards(all_four, model, time, event)
    for name, theirs in answers["zph"]["statistic"].items():
        ours = tests["all" if name == "GLOBAL" else name]
        yield compare(f"proportional hazards of {name}, chi-squared", ours.statistic, theirs, _FOUND)
        yield compare(f"proportional hazards of {name}, P", ours.p, answers["zph"]["p"][name], _FOUND)
    yield compare("concordance", concordance(model.linear_predictor, time, event), answers["concordance"], _SUM)
