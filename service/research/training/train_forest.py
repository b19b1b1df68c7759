"""A forest on the few features that matter most, with an honest estimate of how well it does.

The features are chosen anew in every fold, from that fold's training part alone: chosen once on all studies, they would have
seen the studies that they are then tested on, and the estimate would be too good (Ambroise and McLachlan, PNAS 2002). For the same reason all studies,
and both breasts, of a patient lie in one fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline

from tilscope.models.refusals import Refused
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.research.statistics.bootstrap import interval_of_auc
from tilscope.service.research.training.training_table import TrainingTable

#: Studies, and patients. Below, no estimate of how well a forest does is worth its name.
FEWEST = 30
FOLDS = 5


@dataclass(frozen=True)
class Plan:
    """How a forest is trained; equal plans on equal tables give equal forests."""

    seed: int = 1
    takes: int = 8
    """Features: what a forest takes is measured in every study."""
    trees: int = 200
    least_leaf: int = 3
    """Studies in a leaf, at least."""
    repeats: int = 5
    """Of the cross-validation, each in other folds."""
    workers: int = 1


@dataclass(frozen=True)
class Performance:
    """On studies of patients that the forest had not seen: every study was left out once in each repeat."""

    auc: float
    interval: tuple[float, float]
    """95 %, from patients drawn anew with replacement within each class."""
    threshold: float
    """Greatest sensitivity plus specificity (Youden)."""
    sensitivity: float
    specificity: float


@dataclass(frozen=True, eq=False)
class Trained:
    forest: RandomForestClassifier
    importance: Mapping[str, float]
    """Of the features that it takes, in its own order: their share in the decrease of impurity."""
    performance: Performance
    plan: Plan

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(self.importance)


def train(table: TrainingTable, signature: ForestSignature, plan: Plan) -> Trained:
    """Refuses fewer than 30 studies or patients, and a class with fewer of them than there are folds."""
    _require_enough(table, signature)
    steps = _steps(plan)
    unseen = np.mean([_unseen(steps, table, plan, plan.seed + n) for n in range(plan.repeats)], axis=0)
    steps.fit(table.values, table.labels)
    chosen = np.flatnonzero(steps[0].get_support())
    forest = steps[1]
    importance = {table.features[n]: float(share) for n, share in zip(chosen, forest.feature_importances_, strict=True)}
    return Trained(forest, importance, performance(table.labels, unseen, table.patients, plan.seed), plan)


def performance(
    labels: NDArray[np.int_], probabilities: NDArray[np.float64], patients: NDArray[np.str_], seed: int
) -> Performance:
    """Of probabilities that were given without knowing the labels."""
    low, high = interval_of_auc(labels, probabilities, patients, seed)
    false_alarms, found, thresholds = roc_curve(labels, probabilities)
    best = int(np.argmax(found - false_alarms))
    return Performance(
        auc=float(roc_auc_score(labels, probabilities)),
        interval=(low, high),
        # A threshold of 0 or 1 would separate no classes.
        threshold=float(np.clip(thresholds[best], 0.01, 0.99)),
        sensitivity=float(found[best]),
        specificity=float(1 - false_alarms[best]),
    )


def _steps(plan: Plan) -> Pipeline:
    """The features of most weight in one forest, and a forest on these."""
    facts = {"n_estimators": plan.trees, "min_samples_leaf": plan.least_leaf, "class_weight": "balanced"}
    chooser = RandomForestClassifier(random_state=plan.seed, n_jobs=plan.workers, **facts)
    forest = RandomForestClassifier(random_state=plan.seed, **facts)
    return make_pipeline(SelectFromModel(chooser, threshold=-np.inf, max_features=plan.takes), forest)


def _unseen(steps: Pipeline, table: TrainingTable, plan: Plan, seed: int) -> NDArray[np.float64]:
    """The probability of each study by a forest that was trained without any study of its patient."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    given: NDArray[np.float64] = cross_val_predict(
        steps, table.values, table.labels, groups=table.patients, cv=folds, method="predict_proba", n_jobs=plan.workers
    )
    return given[:, 1]


def _require_enough(table: TrainingTable, signature: ForestSignature) -> None:
    for units, names in (("studies", np.arange(len(table.labels))), ("patients", table.patients)):
        found = len(np.unique(names))
        facts = {"found": found, "units": units, "signature": signature.id, "left_out": table.left_out_in_words}
        if found < FEWEST:
            raise Refused("training-too-few", needed=FEWEST, **facts)
        for label, name in zip((1, 0), signature.classes, strict=True):
            if (of_class := len(np.unique(names[table.labels == label]))) < FOLDS:
                raise Refused("training-one-class", of_class=of_class, name=name, needed=FOLDS, **facts)
