"""Whether a model does as well in each part of the cohort."""

from __future__ import annotations

import numpy as np

from tilscope.service.research.evaluation.cohort import ClassLabels, EvaluatedCohort
from tilscope.service.research.evaluation.known_studies import KnownStudies, known_studies
from tilscope.service.research.evaluation.plan import EvaluationPlan
from tilscope.service.research.evaluation.report import Figure, Number, Section
from tilscope.service.research.figures.effects import draw_forest, height_of_forest
from tilscope.service.research.statistics.estimate import Estimate
from tilscope.service.research.statistics.roc import auc_with_interval, unpaired_test

#: A number with more values is divided at its median; receptors as 0 and 1, or grades, are classes.
_MOST_NUMBERS = 3


def subgroups(cohort: EvaluatedCohort, labels: ClassLabels, plan: EvaluationPlan) -> Section:
    """Of the first model, in each value of each column, against the rest."""
    known = known_studies(cohort, labels, cohort.models[0])
    numbers: list[Number] = []
    rows: list[tuple[str, Estimate]] = [("all studies", auc_with_interval(known.positive, known.scores))]
    sentences = [
        "Each subgroup is tested against the rest of the studies whose subgroup is known; with many subgroups, one in twenty differs by chance."
    ]
    for column in cohort.matching(plan.subgroups):
        values = groups_of(cohort, column)[known.where]
        for value in sorted(set(values) - {""}):
            number, why = _of_one(known, f"{column}: {value}", values == value, values != "")
            numbers.append(number)
            if why:
                sentences.append(why)
            else:
                rows.append((f"{column}: {value} (n = {number.n})", Estimate(number.value, number.low, number.high)))
    return Section(
        "subgroups",
        "Subgroups",
        tuple(sentences),
        tuple(numbers),
        (
            Figure(
                "subgroups",
                f"AUC of {known.model.name} in each subgroup, with DeLong's 95 % intervals.",
                lambda canvas: draw_forest(canvas, rows, "AUC", 0.5),
                6.4,
                height_of_forest(len(rows)),
            ),
        ),
    )


def groups_of(cohort: EvaluatedCohort, column: str) -> np.ndarray:
    """[study], the value in words; numbers with many values are divided at their median."""
    texts = cohort.texts(column)
    if len(set(texts) - {""}) <= _MOST_NUMBERS or not cohort.is_numeric(column):
        return texts
    values = cohort.numbers(column)
    middle = float(np.nanmedian(values))
    names = np.where(values > middle, f"above {middle:g}", f"up to {middle:g}")
    return np.where(np.isfinite(values), names, "")


def _of_one(known: KnownStudies, group: str, within: np.ndarray, is_known: np.ndarray) -> tuple[Number, str]:
    of = known.positive[within], known.scores[within]
    rest = known.positive[is_known & ~within], known.scores[is_known & ~within]
    estimate = auc_with_interval(*of)
    test = unpaired_test(of, rest) if len(rest[0]) else None
    number = Number.of_estimate(
        "AUC", known.model.name, estimate, n=int(within.sum()), group=group, method="DeLong; P against the rest",
        p=float("nan") if test is None else test.p,
    )  # fmt: skip
    return number, f"{group}: all {int(within.sum())} studies are of one class." if np.isnan(estimate.value) else ""
