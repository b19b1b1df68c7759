"""A forest on the few features that matter most, with an honest estimate of how well it does.

The features are chosen anew in every fold, from that fold's training part alone: chosen once on all studies, they would have
seen the studies that they are then tested on, and the estimate would be too good (Ambroise and McLachlan, PNAS 2002).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline

from models.answers import Refused
from models.signatures.forest_signature import ForestSignature
from service.training.table import TrainingTable

#: Below, no estimate of how well a forest does is worth its name.
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
    """On studies that the forest had not seen: every study was left out once in each repeat."""

    auc: float
    interval: tuple[float, float]
    """95 %, from studies drawn anew with replacement within each class."""
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
    """Refuses fewer than 30 studies, and a class with fewer studies than there are folds."""
    _require_enough(table, signature)
    steps = _steps(plan)
    unseen = np.mean([_unseen(steps, table, plan, plan.seed + n) for n in range(plan.repeats)], axis=0)
    steps.fit(table.values, table.labels)
    chosen = np.flatnonzero(steps[0].get_support())
    forest = steps[1]
    importance = {table.features[n]: float(share) for n, share in zip(chosen, forest.feature_importances_, strict=True)}
    return Trained(forest, importance, performance(table.labels, unseen, plan.seed), plan)


def performance(labels: NDArray[np.int_], probabilities: NDArray[np.float64], seed: int) -> Performance:
    """Of probabilities that were given without knowing the labels."""
    low, high = _interval(labels, probabilities, seed)
    false_alarms, found, thresholds = roc_curve(labels, probabilities)
    best = int(np.argmax(found - false_alarms))
    return Performance(
        auc=float(roc_auc_score(labels, probabilities)),
        interval=(low, high),
        # Of nothing and of everything no class could be told.
        threshold=float(np.clip(thresholds[best], 0.01, 0.99)),
        sensitivity=float(found[best]),
        specificity=float(1 - false_alarms[best]),
    )


def _interval(labels: NDArray[np.int_], probabilities: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """The AUC is the part of all pairs of a positive and a negative study that are in order; ties count half."""
    positive, negative = probabilities[labels == 1][:, None], probabilities[labels == 0]
    in_order = (positive > negative) + 0.5 * (positive == negative)
    random = np.random.default_rng(seed)
    # How often each study was drawn, in each draw.
    of_positive, of_negative = (random.multinomial(n, np.full(n, 1 / n), _DRAWS) for n in in_order.shape)
    drawn = (of_positive @ in_order * of_negative).sum(axis=1) / in_order.size
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _steps(plan: Plan) -> Pipeline:
    """The features of most weight in one forest, and a forest on these."""
    facts = {"n_estimators": plan.trees, "min_samples_leaf": plan.least_leaf, "class_weight": "balanced"}
    chooser = RandomForestClassifier(random_state=plan.seed, n_jobs=plan.workers, **facts)
    forest = RandomForestClassifier(random_state=plan.seed, **facts)
    return make_pipeline(SelectFromModel(chooser, threshold=-np.inf, max_features=plan.takes), forest)


def _unseen(steps: Pipeline, table: TrainingTable, plan: Plan, seed: int) -> NDArray[np.float64]:
    """The probability of each study by a forest that was trained without it."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    given: NDArray[np.float64] = cross_val_predict(
        steps, table.values, table.labels, cv=folds, method="predict_proba", n_jobs=plan.workers
    )
    return given[:, 1]


def _require_enough(table: TrainingTable, signature: ForestSignature) -> None:
    left_out = table.left_out_in_words
    found = len(table.labels)
    if found < FEWEST:
        raise Refused("training-too-few", found=found, signature=signature.id, needed=FEWEST, left_out=left_out)
    for label, name in zip((1, 0), signature.classes, strict=True):
        if (of_class := int((table.labels == label).sum())) < FOLDS:
            facts = {"of_class": of_class, "name": name, "needed": FOLDS, "left_out": left_out}
            raise Refused("training-one-class", found=found, signature=signature.id, **facts)
