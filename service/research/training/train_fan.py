"""Fan 2023: of each pair of features that say the same one goes, a genetic algorithm chooses among the rest, a forest decides.

Choosing is most of the work, and where most can leak: it is done anew without each part of the patients that the model is
then tested on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from tilscope.models.signatures.fan2023.model import FAN_2023
from tilscope.service.research.statistics.roc import auc
from tilscope.service.research.training.elastic_net import Numbers
from tilscope.service.research.training.folds import Places, folds_of
from tilscope.service.research.training.genetic_search import Evolution, Genes, best_set
from tilscope.service.research.training.held_out import HeldOut
from tilscope.service.research.training.performance import performance
from tilscope.service.research.training.train_forest import Trained, require_enough
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.research.training.units import Unit, Workplace


@dataclass(frozen=True)
class FanPlan:
    seed: int = 1
    evolution: Evolution = field(default_factory=Evolution)
    alike: float = 0.8
    """Of two features that correlate more than this, one goes."""
    inner_folds: int = 10
    """On which a set of features is judged."""
    outer_folds: int = 5
    """On which all of it is tested."""
    search_trees: int = 25
    trees: int = 200
    least_leaf: int = 3


Shared = tuple[TrainingTable, Places, FanPlan]


def train_fan(table: TrainingTable, plan: FanPlan, place: Workplace) -> Trained:
    require_enough(table, FAN_2023)
    folds = folds_of(table.labels, table.patients, plan.outer_folds, plan.seed, classes=True)
    units = [Unit(f"without fold {n}" if n else "on all", chosen_without, (n,)) for n in range(plan.outer_folds + 1)]
    done = place.results(units, (table, folds, plan))
    predictions = np.zeros(len(table.labels))
    for fold in np.unique(folds):
        out, chosen = folds == fold, done[f"without fold {fold}"]["chosen"]
        forest = forest_of(plan, plan.trees).fit(table.values[~out][:, chosen], table.classes[~out])
        predictions[out] = forest.predict_proba(table.values[out][:, chosen])[:, 1]
    held = HeldOut(table, folds, {FAN_2023.score[0]: predictions})
    chosen = done["on all"]["chosen"]
    forest = forest_of(plan, plan.trees).fit(table.values[:, chosen], table.classes)
    shares = zip(chosen, forest.feature_importances_, strict=True)
    return Trained(
        forest,
        {table.features[n]: float(share) for n, share in shares},
        performance(table.classes, predictions, table.patients, plan.seed),
        held,
        _sentences(plan, len(table.features), done["on all"]),
        plan.seed,
    )


def chosen_without(shared: Shared, fold: int) -> dict[str, Any]:
    """The features that are chosen without one fold; 0 leaves nobody out."""
    table, folds, plan = shared
    part = table.of(folds != fold)
    kept = not_alike(part.values, plan.alike)
    found, fitness = _searched(part, kept, plan, plan.seed + fold)
    return {"chosen": kept[list(found)].tolist(), "kept": len(kept), "fitness": fitness}


def not_alike(x: Numbers, limit: float) -> Places:
    """The places of the features that stay: each that correlates with none before it by more than the limit.

    >>> one = np.array([1.0, 2.0, 3.0, 5.0]); not_alike(np.column_stack([one, 2 * one, one[::-1], one**0.1 % 0.3]), 0.99)
    array([0, 2, 3])
    """
    z = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    r = z.T @ z / len(x)
    kept: list[int] = []
    for n in range(x.shape[1]):
        if not (r[n, kept] > limit).any():
            kept.append(n)
    return np.array(kept, int)


def _searched(table: TrainingTable, kept: Places, plan: FanPlan, seed: int) -> tuple[Genes, float]:
    """The places among `kept` of the set whose forests do best in folds within these studies."""
    x, y = table.values[:, kept], table.classes
    folds = folds_of(table.labels, table.patients, plan.inner_folds, seed, classes=True)
    parts = [(folds != n, folds == n) for n in np.unique(folds)]

    def fitness(genes: Genes) -> float:
        given = np.zeros(len(y))
        for seen, out in parts:
            forest = forest_of(plan, plan.search_trees).fit(x[seen][:, genes], y[seen])
            given[out] = forest.predict_proba(x[out][:, genes])[:, 1]
        return auc(y, given)

    return best_set(fitness, len(kept), plan.evolution, np.random.default_rng(seed))


def forest_of(plan: FanPlan, trees: int) -> RandomForestClassifier:
    return RandomForestClassifier(
        n_estimators=trees, min_samples_leaf=plan.least_leaf, class_weight="balanced", random_state=plan.seed
    )


def _sentences(plan: FanPlan, features: int, on_all: dict[str, Any]) -> list[str]:
    evolution = plan.evolution
    return [
        f"Of {features} features, {on_all['kept']} are left when of each pair with r > {plan.alike:g} the later one has gone; which "
        "of a pair goes is not told in the paper.",
        f"Genetic algorithm, population {evolution.population}, {evolution.generations} generations, sets of at most {evolution.most} "
        f"features (the paper ended with six); a set is judged by the AUC of forests of {plan.search_trees} trees in "
        f"{plan.inner_folds} folds. AUC of the set that won there, which is flattered: {on_all['fitness']:.3f}.",
        f"Random forest of {plan.trees} trees on these, at least {plan.least_leaf} studies in a leaf, classes weighted alike.",
        "Not as in the paper: its tenfold cross-validation judged and tested at once. Here all of it is done anew without each of "
        f"{plan.outer_folds} parts of the patients, and the AUC is that of the predictions of these.",
    ]
