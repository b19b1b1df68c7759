"""How well each model tells the two classes apart, and whether one does it better than another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy import stats

from tilscope.service.research.evaluation.cohort import ClassLabels, EvaluatedCohort
from tilscope.service.research.evaluation.known_studies import KnownStudies, known_studies
from tilscope.service.research.evaluation.models import ModelScores
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section
from tilscope.service.research.figures.classification import NamedCurve, draw_roc
from tilscope.service.research.statistics.bootstrap import interval_of_auc
from tilscope.service.research.statistics.roc import auc, auc_with_interval, paired_test, roc_curve

FEWEST_OF_CLASS = 10


def discrimination(cohort: EvaluatedCohort, labels: ClassLabels, plan: EvaluationPlan) -> Section:
    known = [known_studies(cohort, labels, model) for model in cohort.models]
    numbers = [number for one in known for number in _of_one(one, plan)]
    for one, other in combinations(cohort.models, 2):
        numbers += _against(cohort, labels, one, other)
    curves = [NamedCurve(one.model.name, roc_curve(one.positive, one.scores), auc_with_interval(one.positive, one.scores)) for one in known]  # fmt: skip
    positive, negative = labels.names
    return Section(
        "discrimination",
        "Discrimination",
        (
            f"Positive is {positive}, against {negative}; a higher score counts as more likely {positive}.",
            *(_verdict(one) for one in known),
            *_warning(known[0], labels),
        ),
        tuple(numbers),
        (
            Figure(
                "roc",
                "ROC curves with DeLong's 95 % intervals of the AUC.",
                lambda canvas: draw_roc(canvas, curves),
                4.6,
                4.9,
            ),
        ),
    )


def _of_one(known: KnownStudies, plan: EvaluationPlan) -> list[Number]:
    name, n = known.model.name, len(known.scores)
    delong = auc_with_interval(known.positive, known.scores)
    low, high = interval_of_auc(known.positive.astype(int), known.scores, known.patients, plan.seed, plan.draws)
    ranks = stats.mannwhitneyu(known.scores[known.positive], known.scores[~known.positive]).pvalue
    return [
        Number(
            "AUC", name, delong.value, delong.low, delong.high, float(ranks), n, method="DeLong; P of Mann and Whitney"
        ),
        Number("AUC", name, delong.value, low, high, n=n, method=f"bootstrap by patient, {plan.draws} draws"),
    ]


def _against(cohort: EvaluatedCohort, labels: ClassLabels, one: ModelScores, other: ModelScores) -> list[Number]:
    """On the studies that have both scores."""
    both = labels.known & np.isfinite(one.values) & np.isfinite(other.values)
    test = paired_test(labels.is_positive[both], one.values[both], other.values[both])
    of = f"{one.name} minus {other.name}"
    return [Number("difference of AUCs", of, test.difference.value, test.difference.low, test.difference.high, test.p, int(both.sum()), method="DeLong, paired")]  # fmt: skip


def _warning(known: KnownStudies, labels: ClassLabels) -> list[str]:
    """Where a class is so small that an interval is rough itself."""
    counts = {labels.names[0]: int(known.positive.sum()), labels.names[1]: int((~known.positive).sum())}
    return [
        f"Only {count} studies are {name}: at least {FEWEST_OF_CLASS} of a class are needed for intervals that hold their word."
        for name, count in counts.items()
        if count < FEWEST_OF_CLASS
    ]


def _verdict(known: KnownStudies) -> str:
    estimate = auc_with_interval(known.positive, known.scores)
    told = f"{known.model.name}: AUC {estimate} on {len(known.scores)} studies, {known.of_whom}."
    if estimate.value in (0.0, 1.0):
        return f"{told} The classes are told apart entirely; there DeLong's interval and the bootstrap's have no width and say nothing."
    if estimate.holds(0.5):
        return f"{told} The interval holds 0.5: it may do no better than chance."
    if auc(known.positive, known.scores) < 0.5:
        return f"{told} It is below 0.5: high scores go with the other class. Is the right class called positive?"
    return told
