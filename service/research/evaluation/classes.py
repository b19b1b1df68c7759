"""Three classes and more: one ROC curve a pair, as Wu drew them, and what a model's own borders call each class."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from tilscope.service.research.evaluation.cohort import ClassLabels, EvaluatedCohort
from tilscope.service.research.evaluation.models import ModelScores
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section
from tilscope.service.research.figures.classification import NamedCurve, draw_roc
from tilscope.service.research.statistics.bootstrap import interval_of_auc
from tilscope.service.research.statistics.cut_offs import confusion
from tilscope.service.research.statistics.roc import auc_with_interval, paired_test, roc_curve, youden

Pair = tuple[int, int]


def classes(cohort: EvaluatedCohort, labels: ClassLabels, plan: EvaluationPlan) -> Section:
    pairs = list(combinations(range(len(labels.classes)), 2))
    numbers = [n for model in cohort.models for pair in pairs for n in _of_pair(cohort, labels, model, pair, plan)]
    numbers += [n for one, other in combinations(cohort.models, 2) for pair in pairs for n in _against(labels, one, other, pair)]  # fmt: skip
    numbers += [n for model in cohort.models for n in _called(labels, model)]
    return Section(
        "classes",
        "Classes in pairs",
        (
            f"The classes, from the lowest to the highest: {', '.join(labels.classes)}. Of each pair the higher one is called positive, "
            "and the other classes are left out. Youden's cut-offs were chosen on these very studies. An interval of an AUC of 1 has no "
            "width and says nothing.",
        ),
        tuple(numbers),
        tuple(_figure(n, labels, model, pairs) for n, model in enumerate(cohort.models)),
    )


def _pair_name(labels: ClassLabels, pair: Pair) -> str:
    return f"{labels.classes[pair[1]]} against {labels.classes[pair[0]]}"


def _studies(labels: ClassLabels, model: ModelScores, pair: Pair) -> np.ndarray:
    return np.flatnonzero(np.isin(labels.of, pair) & np.isfinite(model.values))


def _of_pair(
    cohort: EvaluatedCohort, labels: ClassLabels, model: ModelScores, pair: Pair, plan: EvaluationPlan
) -> list[Number]:
    where = _studies(labels, model, pair)
    positive, scores = labels.of[where] == pair[1], model.values[where]
    group, name = _pair_name(labels, pair), model.name
    if not 0 < positive.sum() < len(positive):
        return [Number("AUC", name, float("nan"), n=len(where), group=group, method="a class is empty")]
    low, high = interval_of_auc(positive.astype(int), scores, cohort.patients[where], plan.seed, plan.draws)
    estimate, at = auc_with_interval(positive, scores), confusion(positive, scores, youden(positive, scores))
    return [
        Number.of_estimate("AUC", name, estimate, n=len(where), group=group, method="DeLong"),
        Number("AUC", name, estimate.value, low, high, n=len(where), group=group, method=f"bootstrap by patient, {plan.draws} draws"),
        Number("Youden's cut-off", name, at.cut_off, n=len(where), group=group),
        *(Number.of_estimate(of, name, rate, n=len(where), group=group, method="Wilson, at Youden's cut-off") for of, rate in at.rates.items()),
    ]  # fmt: skip


def _against(labels: ClassLabels, one: ModelScores, other: ModelScores, pair: Pair) -> list[Number]:
    where = np.intersect1d(_studies(labels, one, pair), _studies(labels, other, pair))
    test = paired_test(labels.of[where] == pair[1], one.values[where], other.values[where])
    of = f"{one.name} minus {other.name}"
    return [Number("difference of AUCs", of, test.difference.value, test.difference.low, test.difference.high, test.p, len(where), _pair_name(labels, pair), "DeLong, paired")]  # fmt: skip


def _called(labels: ClassLabels, model: ModelScores) -> list[Number]:
    """Counts, where the model brings a border between each two classes; a border belongs to the lower one, as in Wu."""
    if len(model.cut_offs) != len(labels.classes) - 1:
        return []
    there = labels.known & np.isfinite(model.values)
    called = (model.values[there, None] > np.array(model.cut_offs)).sum(axis=1)
    return [
        Number("studies", model.name, int(((labels.of[there] == known) & (called == given)).sum()), group=f"is {name}, called {labels.classes[given]}")
        for known, name in enumerate(labels.classes)
        for given in range(len(labels.classes))
    ]  # fmt: skip


def _figure(n: int, labels: ClassLabels, model: ModelScores, pairs: list[Pair]) -> Figure:
    curves = []
    for pair in pairs:
        where = _studies(labels, model, pair)
        positive, scores = labels.of[where] == pair[1], model.values[where]
        if 0 < positive.sum() < len(positive):
            curves.append(
                NamedCurve(_pair_name(labels, pair), roc_curve(positive, scores), auc_with_interval(positive, scores))
            )
    return Figure(f"roc-pairs-{n + 1}", f"{model.name}: one ROC curve for each pair of classes.", lambda canvas: draw_roc(canvas, curves), 4.6, 4.9)  # fmt: skip
