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
from tilscope.service.research.training.training_table import TrainingTable

#: Studies, and patients. Below, no estimate of how well a forest does is worth its name.
FEWEST = 30
FOLDS = 5
_DRAWS = 2000


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
    steps.fit(table.values, table.classes)
    chosen = np.flatnonzero(steps[0].get_support())
    forest = steps[1]
    importance = {table.features[n]: float(share) for n, share in zip(chosen, forest.feature_importances_, strict=True)}
    return Trained(forest, importance, performance(table.classes, unseen, table.patients, plan.seed), plan)


def performance(
    labels: NDArray[np.int_], probabilities: NDArray[np.float64], patients: NDArray[np.str_], seed: int
) -> Performance:
    """Of probabilities that were given without knowing the labels."""
    low, high = _interval(labels, probabilities, patients, seed)
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


def _interval(
    labels: NDArray[np.int_], probabilities: NDArray[np.float64], patients: NDArray[np.str_], seed: int
) -> tuple[float, float]:
    """The AUC is the part of all pairs of a positive and a negative study that are in order; ties count half."""
    positive, negative = probabilities[labels == 1][:, None], probabilities[labels == 0]
    in_order = (positive > negative) + 0.5 * (positive == negative)
    times = times_resampled(labels, patients, seed)
    of_positive, of_negative = times[:, labels == 1], times[:, labels == 0]
    pairs = of_positive.sum(axis=1) * of_negative.sum(axis=1)
    resampled = (of_positive @ in_order * of_negative).sum(axis=1) / pairs
    low, high = np.percentile(resampled, [2.5, 97.5])
    return float(low), float(high)


def times_resampled(labels: NDArray[np.int_], patients: NDArray[np.str_], seed: int) -> NDArray[np.int_]:
    """[draw, study]. A patient is resampled with all her studies; those with studies of both classes are a class of their own."""
    random = np.random.default_rng(seed)
    names, whose = np.unique(patients, return_inverse=True)
    positive = np.bincount(whose, labels == 1) > 0
    negative = np.bincount(whose, labels == 0) > 0
    times = np.zeros((_DRAWS, len(names)), int)
    for members in (positive & ~negative, negative & ~positive, positive & negative):
        if n := int(members.sum()):
            times[:, members] = random.multinomial(n, np.full(n, 1 / n), _DRAWS)
    return times[:, whose]


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
        steps, table.values, table.classes, groups=table.patients, cv=folds, method="predict_proba", n_jobs=plan.workers
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
