"""A forest on all features or on the few that matter most, with an honest estimate of how well it does.

The features are chosen anew in every fold, from that fold's training part alone: chosen once on all studies, they would have
seen the studies that they are then tested on, and the estimate would be too good (Ambroise and McLachlan, PNAS 2002). For the same reason all studies,
and both breasts, of a patient lie in one fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline

from tilscope.models.refusals import Refused
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.research.training.held_out import HeldOut
from tilscope.service.research.training.performance import Performance, performance
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.research.training.units import Unit, Workplace

#: Studies, and patients. Below, no estimate of how well a forest does is worth its name.
FEWEST = 30
FOLDS = 5


@dataclass(frozen=True)
class Plan:
    """How a forest is trained; equal plans on equal tables give equal forests."""

    seed: int = 1
    takes: int = 8
    """Features: what a forest takes is measured in every study; 0 for all of them, as Han had it."""
    trees: int = 200
    least_leaf: int = 3
    """Studies in a leaf, at least."""
    repeats: int = 5
    """Of the cross-validation, each in other folds."""
    workers: int = 1
    """That share the trees of one forest."""


@dataclass(frozen=True, eq=False)
class Trained:
    forest: RandomForestClassifier
    importance: Mapping[str, float]
    """Of the features that it takes, in its own order: their share in the decrease of impurity."""
    performance: Performance
    held_out: HeldOut
    sentences: Sequence[str]
    """What was done, and wherever that is not what the paper did."""
    seed: int

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(self.importance)


def train(table: TrainingTable, signature: ForestSignature, plan: Plan, place: Workplace | None = None) -> Trained:
    """Refuses fewer than 30 studies or patients, and a class with fewer of them than there are folds."""
    require_enough(table, signature)
    held = _held_out(table, signature, plan, place or Workplace())
    steps = _steps(plan, len(table.features))
    steps.fit(table.values, table.classes)
    chosen = np.flatnonzero(steps[0].get_support())
    forest = steps[1]
    importance = {table.features[n]: float(share) for n, share in zip(chosen, forest.feature_importances_, strict=True)}
    done = performance(table.classes, held.main, table.patients, plan.seed)
    return Trained(forest, importance, done, held, _sentences(plan, len(chosen), len(table.features)), plan.seed)


def _held_out(table: TrainingTable, signature: ForestSignature, plan: Plan, place: Workplace) -> HeldOut:
    """The probability of each study by forests that were trained without any study of its patient; the mean of all repeats."""
    pairs = [(repeat, fold) for repeat in range(plan.repeats) for fold in range(FOLDS)]
    units = [Unit(f"repeat {repeat} fold {fold}", unseen_in_fold, (repeat, fold)) for repeat, fold in pairs]
    done = place.results(units, (table, plan))
    total, folds = np.zeros(len(table.labels)), np.zeros(len(table.labels), int)
    for repeat, fold in pairs:
        out = _folds(table, plan.seed + repeat)[fold]
        total[out] += done[f"repeat {repeat} fold {fold}"]
        if repeat == 0:
            folds[out] = fold + 1
    return HeldOut(table, folds, {signature.score[0]: total / plan.repeats})


def unseen_in_fold(shared: tuple[TrainingTable, Plan], repeat: int, fold: int) -> list[float]:
    """Of the studies of one fold, by a forest, and features, that the others have chosen."""
    table, plan = shared
    out = np.zeros(len(table.labels), bool)
    out[_folds(table, plan.seed + repeat)[fold]] = True
    steps = _steps(plan, len(table.features)).fit(table.values[~out], table.classes[~out])
    given: list[float] = steps.predict_proba(table.values[out])[:, 1].tolist()
    return given


def _folds(table: TrainingTable, seed: int) -> list[NDArray[np.intp]]:
    """The places of the studies of each fold."""
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return [np.sort(out) for _, out in folds.split(table.values, table.classes, table.patients)]


def _steps(plan: Plan, features: int) -> Pipeline:
    """The features of most weight in one forest, or all, and a forest on these."""
    facts = {"n_estimators": plan.trees, "min_samples_leaf": plan.least_leaf, "class_weight": "balanced"}
    chooser = RandomForestClassifier(random_state=plan.seed, n_jobs=plan.workers, **facts)
    forest = RandomForestClassifier(random_state=plan.seed, **facts)
    takes = min(plan.takes or features, features)
    return make_pipeline(SelectFromModel(chooser, threshold=-np.inf, max_features=takes), forest)


def _sentences(plan: Plan, chosen: int, features: int) -> list[str]:
    which = (
        f"on all {features} features, as Han had it"
        if chosen == features
        else f"on the {chosen} of {features} features that have most weight in such a forest on all of them"
    )
    return [
        f"Random forest of {plan.trees} trees, at least {plan.least_leaf} studies in a leaf, classes weighted alike; {which}.",
        f"{FOLDS}-fold cross-validation, {plan.repeats} times; all studies of a patient lay in one fold, and the features "
        "were chosen anew in every fold. The papers tell neither trees nor leaves, and had one round of folds.",
    ]


def require_enough(table: TrainingTable, signature: ForestSignature) -> None:
    for units, names in (("studies", np.arange(len(table.labels))), ("patients", table.patients)):
        found = len(np.unique(names))
        facts = {"found": found, "units": units, "signature": signature.id, "left_out": table.left_out_in_words}
        if found < FEWEST:
            raise Refused("training-too-few", needed=FEWEST, **facts)
        for label, name in zip((1, 0), signature.classes, strict=True):
            if (of_class := len(np.unique(names[table.labels == label]))) < FOLDS:
                raise Refused("training-one-class", of_class=of_class, name=name, needed=FOLDS, **facts)
