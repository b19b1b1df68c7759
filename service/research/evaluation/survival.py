"""Whether a score tells who stays free of an event, alone and beside what is known anyhow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.evaluation.cohort import EvaluatedCohort
from tilscope.service.research.evaluation.follow_up import SurvivalTimes
from tilscope.service.research.evaluation.models import ModelScores
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section, figure, p_in_words
from tilscope.service.research.evaluation.subgroups import groups_of
from tilscope.service.research.figures.effects import draw_forest, height_of_forest
from tilscope.service.research.figures.survival import draw_survival
from tilscope.service.research.statistics.concordance import concordance_with_interval
from tilscope.service.research.statistics.cox import CoxModel, NotEstimable, added_value, cox, proportional_hazards
from tilscope.service.research.statistics.estimate import Estimate
from tilscope.service.research.statistics.survival_curves import SurvivalCurve, log_rank, survival_curves

Floats = NDArray[np.float64]
#: Covariates with more values that are no numbers are no covariates.
_MOST_LEVELS = 6
#: As many draws of pairs of studies as are quick for a thousand of them.
_MOST_DRAWS = 500


def survival(cohort: EvaluatedCohort, follow_up: SurvivalTimes, plan: EvaluationPlan) -> Section:
    numbers: list[Number] = []
    figures: list[Figure] = []
    sentences = [
        f"{int(follow_up.event.sum())} of {int(follow_up.known.sum())} studies with follow-up have an event."
        + _censored(plan)
    ]
    for n, model in enumerate(cohort.models):
        found, drawn, told = _groups(cohort, follow_up, plan, model, n)
        numbers, figures, sentences = [*numbers, *found], [*figures, *drawn], [*sentences, *told]
    found, drawn, told = _models(cohort, follow_up, plan)
    return Section("survival", "Survival", (*sentences, *told), (*numbers, *found), (*figures, *drawn))


def _censored(plan: EvaluationPlan) -> str:
    return "" if plan.censor_at is None else f" Nobody is followed for longer than {plan.censor_at:g} {plan.time_unit}."


# ------------------------------------------------------------------------------------------------- groups by the score


def _groups(
    cohort: EvaluatedCohort, follow_up: SurvivalTimes, plan: EvaluationPlan, model: ModelScores, n: int
) -> tuple[list[Number], list[Figure], list[str]]:
    """High against low scores among all, and within each subgroup."""
    there = follow_up.known & np.isfinite(model.values)
    name, cut_off = _cut_off(model, plan, there, first=n == 0)
    high = np.where(model.values >= cut_off, "high", "low")
    told = [f"{model.name} is divided at {name} {figure(cut_off)}; a score that reaches it is high."]
    parts = {"": there}
    for column in cohort.matching(plan.subgroups) if n == 0 else []:
        groups = groups_of(cohort, column)
        parts |= {f"{column}: {value}": there & (groups == value) for value in sorted(set(groups) - {""})}
    numbers: list[Number] = []
    figures: list[Figure] = []
    for part, within in parts.items():
        if len(set(high[within])) < 2 or not follow_up.event[within].any():
            told.append(
                f"{part or model.name}: one group is empty or has no event among its studies; nothing is compared."
            )
            continue
        found, drawn = _compared(follow_up, plan, model, high, within, part, f"{n + 1}-{len(figures) + 1}")
        numbers, figures = [*numbers, *found], [*figures, drawn]
    return numbers, figures, told


def _cut_off(model: ModelScores, plan: EvaluationPlan, there: NDArray[np.bool_], first: bool) -> tuple[str, float]:
    if first and plan.cut_offs:
        return "the given cut-off", plan.cut_offs[0]
    if model.cut_offs:
        return "the model's cut-off", model.cut_offs[0]
    return "this cohort's own median", float(np.median(model.values[there]))


def _compared(
    follow_up: SurvivalTimes,
    plan: EvaluationPlan,
    model: ModelScores,
    high: NDArray[np.str_],
    within: NDArray[np.bool_],
    part: str,
    n: str,
) -> tuple[list[Number], Figure]:
    time, event, groups = follow_up.time[within], follow_up.event[within], high[within]
    curves, test = survival_curves(time, event, groups), log_rank(time, event, groups)
    numbers = [Number.of_test("log-rank", model.name, test, len(time), part)]
    try:
        hazard = cox({"high": (groups == "high").astype(float)}, time, event)
        numbers.append(Number.of_estimate("hazard ratio", f"{model.name}, high against low", hazard.hazard_ratio("high"), p=hazard.p("high"), n=len(time), group=part, method="Cox, univariate"))  # fmt: skip
    except NotEstimable:
        pass  # of a group without an event there is no ratio; the log-rank test stands
    for name, curve in curves.items():
        numbers += _of_curve(f"{model.name} {name}", curve, plan, part)
    title = (
        f"{part}{': ' if part else ''}log-rank P {p_in_words(test.p) if test.p < 0.001 else f'= {p_in_words(test.p)}'}"
    )
    caption = (
        f"Kaplan-Meier by {model.name}{f' in {part}' if part else ''}, with 95 % intervals and the numbers at risk."
    )
    draw = partial(
        draw_survival, curves=curves, time=f"time ({plan.time_unit})", outcome=f"without {plan.event}", title=title
    )
    return numbers, Figure(f"survival-{n}", caption, draw, 5.6, 4.4)


def _of_curve(name: str, curve: SurvivalCurve, plan: EvaluationPlan, part: str) -> list[Number]:
    """At the quarters of the longest follow-up, with who is still followed then."""
    ends = np.linspace(0, curve.followed[-1], 5)[1:4]
    steps = np.searchsorted(curve.times, ends, side="right") - 1
    rows = [
        Number("without the event", name, float(curve.survival[step]), float(curve.low[step]), float(curve.high[step]), n=int(at_risk), group=f"{part}{' ' if part else ''}at {figure(end)} {plan.time_unit}", method="Kaplan-Meier, log-log; n at risk")
        for step, end, at_risk in zip(steps, ends, curve.at_risk(ends), strict=True)
    ]  # fmt: skip
    return [*rows, Number("median time to the event", name, curve.median, n=len(curve.followed), group=part)]


# ------------------------------------------------------------------------------------------------------ hazard ratios


def _models(
    cohort: EvaluatedCohort, follow_up: SurvivalTimes, plan: EvaluationPlan
) -> tuple[list[Number], list[Figure], list[str]]:
    """Cox of each score and covariate alone, of the covariates, and of these with the first score; C of each."""
    scores = {model.name: model.values for model in cohort.models}
    covariates, told = covariates_of(cohort, plan.covariates)
    first = cohort.models[0].name
    complete = follow_up.known & np.all(
        [np.isfinite(values) for values in (scores[first], *covariates.values())], axis=0
    )
    told.append(
        f"Hazard ratios are of one SD more of a score or a number, and of a class against the rest; {int(complete.sum())} studies are complete."
    )
    numbers: list[Number] = []
    alone: list[tuple[str, Estimate]] = []
    for name, values in {**scores, **covariates}.items():
        there = follow_up.known & np.isfinite(values)
        fitted, why = _fit({name: _standardised(values, there)}, follow_up, there)
        if fitted is None:
            told.append(f"{name}: {why}; it has no hazard ratio.")
            continue
        numbers += _of_model(fitted, "Cox, univariate")
        alone.append((name, fitted.hazard_ratio(name)))
        if name in scores:
            numbers += _concordance(name, values, cohort, follow_up, there, plan)
    figures = [_forest("alone", alone, "each alone")] if alone else []
    if covariates:
        found, together, more = _together(
            first, {first: scores[first], **covariates}, cohort, follow_up, complete, plan
        )
        numbers, told = [*numbers, *found], [*told, *more]
        figures += [_forest("together", together, "all together")] if together else []
    return numbers, figures, told


def _together(
    first: str,
    every: Mapping[str, Floats],
    cohort: EvaluatedCohort,
    follow_up: SurvivalTimes,
    complete: NDArray[np.bool_],
    plan: EvaluationPlan,
) -> tuple[list[Number], list[tuple[str, Estimate]], list[str]]:
    columns = {name: _standardised(values, complete) for name, values in every.items()}
    more, why = _fit(columns, follow_up, complete)
    fewer, _ = _fit({name: values for name, values in columns.items() if name != first}, follow_up, complete)
    if more is None or fewer is None:
        return [], [], [f"All covariates together: {why or 'the covariates without the score have no fit'}."]
    time, event, n = follow_up.time[complete], follow_up.event[complete], int(complete.sum())
    tests = proportional_hazards({name: values[complete] for name, values in columns.items()}, more, time, event)
    numbers = _of_model(more, "Cox, multivariate")
    numbers += [Number.of_test("proportional hazards", name, test, n) for name, test in tests.items()]
    numbers.append(Number.of_test("added value (likelihood ratio)", f"{first} beside the covariates", added_value(fewer, more), n))  # fmt: skip
    for name, model in (("the covariates", fewer), (f"the covariates and {first}", more)):
        numbers += _concordance(name, -_filled(model.linear_predictor, complete), cohort, follow_up, complete, plan)
    bad = [name for name, test in tests.items() if test.p < 0.05]
    told = [f"Hazards are not proportional (P < 0.05) for {', '.join(bad)}: a single ratio is an average over time."] if bad else []  # fmt: skip
    return numbers, [(name, more.hazard_ratio(name)) for name in columns], told


def _fit(
    covariates: Mapping[str, Floats], follow_up: SurvivalTimes, there: NDArray[np.bool_]
) -> tuple[CoxModel | None, str]:
    try:
        return cox(
            {name: values[there] for name, values in covariates.items()}, follow_up.time[there], follow_up.event[there]
        ), ""
    except NotEstimable as why:
        return None, str(why)


def _of_model(model: CoxModel, method: str) -> list[Number]:
    return [
        Number.of_estimate("hazard ratio", name, model.hazard_ratio(name), p=model.p(name), n=model.studies, method=f"{method}, {model.events} events")
        for name in model.log_hazard
    ]  # fmt: skip


def _concordance(
    name: str,
    values: Floats,
    cohort: EvaluatedCohort,
    follow_up: SurvivalTimes,
    there: NDArray[np.bool_],
    plan: EvaluationPlan,
) -> list[Number]:
    """C of a score that is the higher the longer patients stay free; below 0.5, the other way round."""
    draws = min(plan.draws, _MOST_DRAWS)
    c = concordance_with_interval(-values[there], follow_up.time[there], follow_up.event[there], cohort.patients[there], plan.seed, draws)  # fmt: skip
    if c.value < 0.5:
        c = Estimate(1 - c.value, 1 - c.high, 1 - c.low)
        return [Number.of_estimate("C-index", name, c, n=int(there.sum()), group="higher is sooner", method=f"Harrell; bootstrap by patient, {draws} draws")]  # fmt: skip
    return [Number.of_estimate("C-index", name, c, n=int(there.sum()), group="higher is later", method=f"Harrell; bootstrap by patient, {draws} draws")]  # fmt: skip


def covariates_of(cohort: EvaluatedCohort, patterns: tuple[str, ...]) -> tuple[dict[str, Floats], list[str]]:
    """By name: numbers as they are, words as one column for each but the most frequent."""
    found: dict[str, Floats] = {}
    told: list[str] = []
    for column in cohort.matching(patterns):
        texts = cohort.texts(column)
        levels = [str(level) for level in sorted(set(texts) - {""})]
        if cohort.is_numeric(column):
            found[column] = cohort.numbers(column)
        elif 2 <= len(levels) <= _MOST_LEVELS:
            usual = max(levels, key=lambda level: int((texts == level).sum()))
            found |= {
                f"{column}: {level}": np.where(texts == "", np.nan, (texts == level).astype(float))
                for level in levels
                if level != usual
            }
            told.append(f"{column} is compared with {usual}.")
        else:
            told.append(f"{column} has {len(levels)} values that are no numbers and is left out.")
    return found, told


def _standardised(values: Floats, there: NDArray[np.bool_]) -> Floats:
    """By one SD; what has two values stays as it is."""
    known = values[there]
    if len(np.unique(known)) <= 2:
        return values
    spread: Floats = (values - known.mean()) / known.std(ddof=1)
    return spread


def _filled(values: Floats, there: NDArray[np.bool_]) -> Floats:
    whole = np.full(len(there), np.nan)
    whole[there] = values
    return whole


def _forest(name: str, rows: list[tuple[str, Estimate]], how: str) -> Figure:
    return Figure(
        f"hazard-ratios-{name}", f"Hazard ratios with 95 % intervals, {how}.",
        lambda canvas: draw_forest(canvas, rows, "hazard ratio", 1.0, logarithmic=True), 6.4, height_of_forest(len(rows)),
    )  # fmt: skip
