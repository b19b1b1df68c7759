"""How the scores of each class lie: box and waterfall plots, and the tests that go with them."""

from __future__ import annotations

import numpy as np
from scipy import stats

from tilscope.service.research.evaluation.cohort import ClassLabels, EvaluatedCohort
from tilscope.service.research.evaluation.cut_offs import cut_offs_of
from tilscope.service.research.evaluation.known_studies import known_studies
from tilscope.service.research.evaluation.models import ModelScores
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section
from tilscope.service.research.figures.classification import draw_boxes, draw_waterfall


def distributions(cohort: EvaluatedCohort, labels: ClassLabels, plan: EvaluationPlan) -> Section:
    numbers = [number for model in cohort.models for number in _of_one(labels, model)]
    figures = [_boxes(n, labels, model) for n, model in enumerate(cohort.models)]
    if is_of_two(labels, plan):
        figures += [_waterfall(cohort, labels, plan)]
    return Section("distributions", "Scores by class", (), tuple(numbers), tuple(figures))


def is_of_two(labels: ClassLabels, plan: EvaluationPlan) -> bool:
    """Whether one class stands against the rest: of three and more only where somebody names it."""
    return len(labels.classes) == 2 or bool(plan.positive)


def _of_one(labels: ClassLabels, model: ModelScores) -> list[Number]:
    groups = _groups(labels, model)
    rows = [
        Number(
            "median and quartiles",
            model.name,
            *_quartiles(values),
            n=len(values),
            group=name,
            method="quartiles, no interval",
        )
        for name, values in groups.items()
    ]
    filled = [values for values in groups.values() if len(values)]
    if len(filled) == 2:
        test = stats.mannwhitneyu(*filled)
        return [
            *rows,
            Number("Mann-Whitney U", model.name, float(test.statistic), p=float(test.pvalue), n=sum(map(len, filled))),
        ]
    test = stats.kruskal(*filled)
    return [
        *rows,
        Number("Kruskal-Wallis H", model.name, float(test.statistic), p=float(test.pvalue), n=sum(map(len, filled))),
    ]


def _quartiles(values: np.ndarray) -> tuple[float, float, float]:
    if not len(values):
        return (float("nan"),) * 3
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(middle), float(low), float(high)


def _groups(labels: ClassLabels, model: ModelScores) -> dict[str, np.ndarray]:
    there = np.isfinite(model.values)
    return {name: model.values[there & (labels.of == n)] for n, name in enumerate(labels.classes)}


def _boxes(n: int, labels: ClassLabels, model: ModelScores) -> Figure:
    groups = _groups(labels, model)
    caption = f"{model.name} by class: quartiles, whiskers to 1.5 of their distance, and every study."
    return Figure(
        f"boxes-{n + 1}", caption, lambda canvas: draw_boxes(canvas, groups, model.name), 2.0 + 1.1 * len(groups), 3.6
    )


def _waterfall(cohort: EvaluatedCohort, labels: ClassLabels, plan: EvaluationPlan) -> Figure:
    known = known_studies(cohort, labels, cohort.models[0])
    name, cut_off = cut_offs_of(known, plan, first=True)[0]
    return Figure(
        "waterfall",
        f"Every study's score less the cut-off ({name}): of a perfect score all {labels.names[0]} stand above it.",
        lambda canvas: draw_waterfall(canvas, known.scores, known.positive, labels.names, cut_off, known.model.name),
        6.2,
        3.3,
    )
