"""Qian 2024: a logistic LASSO on the tumour, on its ring, and on what these two have chosen; three tenths of the patients test."""

from __future__ import annotations

import numpy as np

from tilscope.models.result import RADIOMICS_MARK
from tilscope.models.signatures.qian2024.model import QIAN_2024
from tilscope.models.signatures.trained_linear import Weights
from tilscope.service.research.training.cross_validation import cross_validated
from tilscope.service.research.training.elastic_net import Numbers
from tilscope.service.research.training.folds import Places, folds_of, held_back
from tilscope.service.research.training.held_out import HeldOut, auc_on_unseen
from tilscope.service.research.training.linear_training import (
    LinearPlan,
    LinearTrained,
    Scale,
    nothing_chosen,
    require_enough,
)
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.research.training.units import Unit, Workplace

PERITUMORAL, INTRATUMORAL, COMBINED = QIAN_2024.linear_scores
_REGIONS = {PERITUMORAL: f"{RADIOMICS_MARK}qian2024/ring/", INTRATUMORAL: f"{RADIOMICS_MARK}qian2024/T/"}

Shared = tuple[Numbers, Numbers, Places, LinearPlan]


def train_qian(table: TrainingTable, plan: LinearPlan, place: Workplace) -> LinearTrained:
    require_enough(table, QIAN_2024, classes=True)
    test = held_back(table.labels, table.patients, plan.share, plan.seed)
    training = table.of(~test)
    scale = Scale.of(training.values)
    z = scale.z(training.values)
    folds = folds_of(training.labels, training.patients, plan.folds, plan.seed, classes=True)
    shared = (z, training.labels, folds, plan)
    places = {score: _starting_with(table, begins) for score, begins in _REGIONS.items()}
    units = [Unit(score, lasso_on, (of_region,)) for score, of_region in places.items() if of_region]
    done = place.results(units, shared)
    if not done.get(PERITUMORAL, {}).get("weights"):
        raise nothing_chosen(QIAN_2024, "the LASSO", PERITUMORAL)
    both = sorted({int(n) for one in done.values() for n in one["weights"]})
    done |= place.results([Unit(COMBINED, lasso_on, (both,))], shared)
    there = {score: done[score] for score in QIAN_2024.linear_scores if done.get(score, {}).get("weights")}
    weights = {
        score: Weights({table.features[int(n)]: w for n, w in one["weights"].items()}, one["intercept"])
        for score, one in there.items()
    }
    z_of_all = scale.z(table.values)
    predictions = {score: _summed(one["intercept"], one["weights"], z_of_all) for score, one in there.items()}
    held = HeldOut(table, test.astype(int), predictions)
    used = sorted({int(n) for one in there.values() for n in one["weights"]})
    return LinearTrained(
        weights=weights,
        mean={table.features[n]: float(scale.mean[n]) for n in used},
        sd={table.features[n]: float(scale.sd[n]) for n in used},
        scores={score: values[~test] for score, values in predictions.items()},
        held_out=held,
        tested=auc_on_unseen(held, plan.seed),
        trained_on=training,
        sentences=_sentences(plan),
        tables=tuple(_weighed(score, one) for score, one in weights.items()),
        further_tests={score: auc_on_unseen(held, plan.seed, score) for score in list(weights)[1:]},
    )


def lasso_on(shared: Shared, places: list[int]) -> dict[str, object]:
    """The intercept, and the weights by the place of their feature, at the penalty that the folds choose."""
    z, y, folds, plan = shared
    path, curve = cross_validated(z[:, places], y, folds, "classes")
    at = curve.place(plan.rule_or("least"))
    found = path.coefficients[at]
    return {
        "intercept": float(path.intercepts[at]),
        "weights": {str(places[n]): float(found[n]) for n in np.flatnonzero(found)},
    }


def _starting_with(table: TrainingTable, begins: str) -> list[int]:
    return [n for n, id in enumerate(table.features) if id.startswith(begins)]


def _summed(intercept: float, weights: dict[str, float], z: Numbers) -> Numbers:
    terms = (weight * z[:, int(n)] for n, weight in weights.items())
    return sum(terms, np.full(len(z), intercept))


def _sentences(plan: LinearPlan) -> list[str]:
    return [
        f"Logistic LASSO on z-scores of the ring's features, of the tumour's, and of what these two have chosen; penalty by "
        f"{plan.folds}-fold cross-validation within the training studies ({'least deviance' if plan.rule_or('least') == 'least' else 'strongest penalty within a standard error of the least deviance'}).",
        f"Tested on {plan.share:.0%} of the patients of each class, seen once; the weights come from the others, as in the paper.",
        "Not as in the paper: means and SDs are those of the training studies; the paper z-scored before it divided.",
        "Not as in the paper: the radscore has the fit's intercept, so that it is the logit of a probability; ranks and the "
        "class are the same with and without.",
        "The class is the side of the median of the training studies' radscores. How the paper's combined model was made is not "
        "told; its nine features are those of the other two.",
    ]


def _weighed(score: str, weights: Weights) -> str:
    rows = [f"| {id} | {weight:.4f} |" for id, weight in weights.coefficients.items()]
    head = f"{score}, intercept {weights.intercept:.4f}:"
    return "\n".join([head, "", "| feature | coefficient |", "|---|---|", *rows])
