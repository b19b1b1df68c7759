"""Whether probabilities mean what they say, and what deciding by them would be worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tilscope.service.research.evaluation.cohort import ClassLabels, EvaluatedCohort
from tilscope.service.research.evaluation.known_studies import KnownStudies, of_probabilities
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section
from tilscope.service.research.figures.probability import draw_calibration, draw_decisions
from tilscope.service.research.statistics.bootstrap import with_interval
from tilscope.service.research.statistics.calibration import (
    brier,
    calibration_groups,
    decision_curve,
    hosmer_lemeshow,
    intercept_in_the_large,
    slope,
    smooth_curve,
)

#: More draws say no more of a mean of squares, and each costs as much as the first.
_MOST_DRAWS = 500
_THRESHOLDS = np.arange(1, 100) / 100
#: Net benefit is told at each of these, and drawn at all.
_TOLD = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def calibration(cohort: EvaluatedCohort, labels: ClassLabels, plan: EvaluationPlan) -> Section:
    known = of_probabilities(cohort, labels)
    return Section(
        "calibration",
        "Calibration",
        (
            *(f"{model.name} gives no probability, and has no calibration." for model in cohort.models if not model.is_probability),
            "Perfect is an intercept of 0 and a slope of 1. Hosmer and Lemeshow's test has as many degrees of freedom as groups, since "
            "the model was fitted on other studies; it finds nothing in few studies and something in very many.",
        ),
        tuple(number for one in known for number in _numbers(one, plan)),
        tuple(_figure(n, one) for n, one in enumerate(known)),
    )  # fmt: skip


def decisions(cohort: EvaluatedCohort, labels: ClassLabels) -> Section:
    known = of_probabilities(cohort, labels)
    curves = {one.model.name: decision_curve(one.positive, one.scores, _THRESHOLDS) for one in known}
    numbers = [number for one in known for number in _net_benefits(one)]
    caption = "Net benefit of deciding by the model, by calling everybody and by calling nobody positive."
    return Section(
        "decisions",
        "Decision curve",
        ("Net benefit counts true positives a study, less false ones by the odds of the threshold probability.",),
        tuple(numbers),
        (Figure("decisions", caption, lambda canvas: draw_decisions(canvas, curves), 5.2, 3.6),),
    )


def _numbers(known: KnownStudies, plan: EvaluationPlan) -> list[Number]:
    name, n, labels, chances = known.model.name, len(known.scores), known.positive, known.scores
    draws = min(plan.draws, _MOST_DRAWS)
    squares = with_interval(
        lambda of: brier(labels[of], chances[of]), labels.astype(int), known.patients, plan.seed, draws
    )
    whole = float(labels.mean())
    groups = calibration_groups(labels, chances)
    return [
        Number.of_estimate("calibration in the large", name, intercept_in_the_large(labels, chances), n=n, method="logistic, Wald"),
        Number.of_estimate("calibration slope", name, slope(labels, chances), n=n, method="logistic, Wald"),
        Number.of_estimate("Brier score", name, squares, n=n, method=f"bootstrap by patient, {draws} draws"),
        Number("Brier score of the prevalence alone", name, whole * (1 - whole), n=n),
        Number.of_test("Hosmer-Lemeshow", name, hosmer_lemeshow(labels, chances), n),
        *(
            Number.of_estimate("observed part", name, observed, n=int(studies), group=f"predicted {predicted:.3f}", method="Wilson")
            for predicted, observed, studies in zip(groups.predicted, groups.observed, groups.studies, strict=True)
        ),
    ]  # fmt: skip


def _net_benefits(known: KnownStudies) -> Sequence[Number]:
    curve = decision_curve(known.positive, known.scores, np.array(_TOLD))
    return [
        Number("net benefit", name, float(value), n=len(known.scores), group=f"threshold {threshold:g}")
        for name, values in ((known.model.name, curve.model), ("calling everybody positive", curve.everybody))
        for threshold, value in zip(_TOLD, values, strict=True)
    ]


def _figure(n: int, known: KnownStudies) -> Figure:
    groups, smooth = calibration_groups(known.positive, known.scores), smooth_curve(known.positive, known.scores)
    return Figure(
        f"calibration-{n + 1}",
        f"{known.model.name}: observed over predicted, with Wilson's 95 % intervals, and how many studies have which prediction.",
        lambda canvas: draw_calibration(canvas, groups, smooth, known.scores),
        4.6,
        4.9,
    )
