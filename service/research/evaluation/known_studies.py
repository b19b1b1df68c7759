"""One model's studies whose class is known: what every section on classes looks at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.evaluation.cohort import ClassLabels, EvaluatedCohort
from tilscope.service.research.evaluation.models import ModelScores

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KnownStudies:
    model: ModelScores
    positive: NDArray[np.bool_]
    """[known study]"""
    scores: Floats
    patients: NDArray[np.str_]
    where: NDArray[np.int_]
    """[known study], its place in the cohort."""

    @property
    def of_whom(self) -> str:
        return f"{int(self.positive.sum())} of {len(self.positive)} positive"


def known_studies(cohort: EvaluatedCohort, labels: ClassLabels, model: ModelScores) -> KnownStudies:
    where = np.flatnonzero(labels.known & np.isfinite(model.values))
    return KnownStudies(model, labels.is_positive[where], model.values[where], cohort.patients[where], where)


def of_probabilities(cohort: EvaluatedCohort, labels: ClassLabels) -> list[KnownStudies]:
    """Of the models that give probabilities."""
    return [known_studies(cohort, labels, model) for model in cohort.models if model.is_probability]
