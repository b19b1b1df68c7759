"""What is called positive at a cut-off, and how often that is right."""

from __future__ import annotations

from functools import partial

import numpy as np

from tilscope.service.research.evaluation.cohort import ClassLabels, EvaluatedCohort
from tilscope.service.research.evaluation.known_studies import KnownStudies, known_studies
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section, figure
from tilscope.service.research.figures.classification import draw_confusion
from tilscope.service.research.statistics.bootstrap import percentiles, times_drawn
from tilscope.service.research.statistics.cut_offs import Confusion, confusion
from tilscope.service.research.statistics.roc import youden

Named = tuple[str, float]
_MOST_FIGURES = 4


def cut_offs(cohort: EvaluatedCohort, labels: ClassLabels, plan: EvaluationPlan) -> Section:
    numbers: list[Number] = []
    figures: list[Figure] = []
    for place, model in enumerate(cohort.models):
        known = known_studies(cohort, labels, model)
        for name, value in cut_offs_of(known, plan, first=place == 0):
            found = confusion(known.positive, known.scores, value)
            group = f"{name} {figure(value)}"
            numbers += [*_counts(model.name, group, found), *_rates(known, group, found, plan)]
            figures.append(_figure(len(figures), model.name, group, found, labels))
    return Section(
        "cut_offs",
        "Cut-offs",
        (
            "A score that reaches a cut-off is called positive. Youden's cut-off was chosen on these very studies: its sensitivity "
            "and specificity are a little flattered, and those of a cut-off that was fixed beforehand are not.",
        ),
        tuple(numbers),
        tuple(figures[:_MOST_FIGURES]),
    )


def cut_offs_of(known: KnownStudies, plan: EvaluationPlan, first: bool) -> list[Named]:
    """Those fixed beforehand come first; the last is Youden's."""
    fixed = [("given", value) for value in plan.cut_offs] if first else []
    brought = [("the model's", value) for value in known.model.cut_offs]
    return [*fixed, *brought, ("Youden's", youden(known.positive, known.scores))]


def _counts(model: str, group: str, found: Confusion) -> list[Number]:
    counts = {
        "true positives": found.true_positive,
        "false positives": found.false_positive,
        "false negatives": found.false_negative,
        "true negatives": found.true_negative,
    }
    return [Number(name, model, count, group=group) for name, count in counts.items()]


def _rates(known: KnownStudies, group: str, found: Confusion, plan: EvaluationPlan) -> list[Number]:
    times = times_drawn(known.positive.astype(int), known.patients, plan.seed, plan.draws)
    called = known.scores >= found.cut_off
    drawn = {
        name: _ratio(times[:, of].sum(axis=1), times[:, among].sum(axis=1))
        for name, of, among in (
            ("sensitivity", called & known.positive, known.positive),
            ("specificity", ~called & ~known.positive, ~known.positive),
            ("accuracy", called == known.positive, np.full(len(called), True)),
            ("positive predictive value", called & known.positive, called),
            ("negative predictive value", ~called & ~known.positive, ~called),
        )
    }
    rows = []
    for name, rate in found.rates.items():
        low, high = percentiles(drawn[name])
        rows.append(Number.of_estimate(name, known.model.name, rate, n=len(called), group=group, method="Wilson"))
        rows.append(Number(name, known.model.name, rate.value, low, high, n=len(called), group=group, method=f"bootstrap by patient, {plan.draws} draws"))  # fmt: skip
    return rows


def _ratio(of: np.ndarray, among: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(of / among)


def _figure(n: int, model: str, group: str, found: Confusion, labels: ClassLabels) -> Figure:
    draw = partial(draw_confusion, found=found, classes=labels.names, title=f"{model} at {group}")
    return Figure(
        f"confusion-{n + 1}", f"What {model} calls studies at {group}; percentages are of rows.", draw, 3.6, 3.0
    )
