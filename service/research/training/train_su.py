"""Su 2022: of thousands of features an elastic net chooses, a logistic regression weighs, and three tenths of the patients test.

The mix of the two penalties and their strength are chosen by cross-validation within the seven tenths; the test studies are
seen once, at the end.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import expit

from tilscope.models.signatures.su2022.model import SCORE, SU_2022
from tilscope.service.research.training.cross_validation import Curve, Rule, curve_of, fold_errors
from tilscope.service.research.training.elastic_net import Numbers, path_of, penalties_of
from tilscope.service.research.training.folds import Places, folds_of, held_back
from tilscope.service.research.training.held_out import HeldOut, auc_on_unseen
from tilscope.service.research.training.linear_training import (
    LinearPlan,
    LinearTrained,
    Scale,
    nothing_chosen,
    require_enough,
    weights_of,
)
from tilscope.service.research.training.refit import logistic
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.research.training.units import Unit, Workplace

#: Features, labels, folds, and by mix the penalties of its path.
Shared = tuple[Numbers, Numbers, Places, Mapping[float, Numbers]]

USUAL_RULE: Rule = "within-an-error"


def train_su(table: TrainingTable, plan: LinearPlan, place: Workplace) -> LinearTrained:
    require_enough(table, SU_2022, classes=True)
    test = held_back(table.labels, table.patients, plan.share, plan.seed)
    training = table.of(~test)
    mix, chosen = selected(training, plan, place)
    if not len(chosen):
        raise nothing_chosen(SU_2022, "the elastic net", SCORE[0])
    names = [table.features[n] for n in chosen]
    scale = Scale.of(training.values[:, chosen])
    fit = logistic(scale.z(training.values[:, chosen]), training.labels)
    probability = expit(fit.linear(scale.z(table.values[:, chosen])))
    held = HeldOut(table, test.astype(int), {SCORE[0]: probability})
    return LinearTrained(
        weights={SCORE[0]: weights_of(fit, names)},
        mean=dict(zip(names, scale.mean.tolist(), strict=True)),
        sd=dict(zip(names, scale.sd.tolist(), strict=True)),
        scores={SCORE[0]: probability[~test]},
        held_out=held,
        tested=auc_on_unseen(held, plan.seed),
        trained_on=training,
        sentences=_sentences(plan, mix, len(table.features), fit.separated),
        tables=(_weighed(names, fit.coefficients, fit.p),),
    )


def selected(table: TrainingTable, plan: LinearPlan, place: Workplace) -> tuple[float, Places]:
    """The best mix, and the places of the features that the net takes with it."""
    x, y = table.values, table.labels
    folds = folds_of(y, table.patients, plan.folds, plan.seed, classes=True)
    numbers = [int(n) for n in np.unique(folds)]
    units = [Unit(f"mix {mix:g} fold {n}", errors_of_fold, (mix, n)) for mix in plan.mixes for n in numbers]
    penalties = {mix: penalties_of(x, y, mix) for mix in plan.mixes}
    done = place.results(units, (x, y, folds, penalties))
    sizes = [int((folds == n).sum()) for n in numbers]
    curves: dict[float, Curve] = {}
    for mix in plan.mixes:
        by_fold = [np.array(done[f"mix {mix:g} fold {n}"]) for n in numbers]
        curves[mix] = curve_of(penalties[mix], by_fold, sizes)
    best = best_mix(curves, plan.rule_or(USUAL_RULE))
    path = path_of(x, y, "classes", best)
    at = min(curves[best].place(plan.rule_or(USUAL_RULE)), len(path.penalties) - 1)
    return best, np.flatnonzero(path.coefficients[at])


def best_mix(curves: Mapping[float, Curve], rule: Rule) -> float:
    """Of the least error; or, of those within a standard error of it, the one nearest to the LASSO, which takes the fewest."""
    least = min(curves, key=lambda mix: float(curves[mix].error.min()))
    if rule == "least":
        return least
    at = int(np.argmin(curves[least].error))
    limit = float(curves[least].error[at] + curves[least].standard_error[at])
    return max(mix for mix, curve in curves.items() if float(curve.error.min()) <= limit)


def errors_of_fold(shared: Shared, mix: float, fold: int) -> list[float]:
    x, y, folds, penalties = shared
    errors: list[float] = fold_errors(x, y, folds == fold, "classes", mix, penalties[mix]).tolist()
    return errors


def _sentences(plan: LinearPlan, mix: float, features: int, separated: bool) -> list[str]:
    mixes = ", ".join(f"{one:g}" for one in plan.mixes)
    found = [
        f"Elastic net on {features} features; its mix ({mix:g}, of {mixes}; 1 is the LASSO) and its penalty chosen by "
        f"{plan.folds}-fold cross-validation within the training studies ({'least deviance' if plan.rule_or(USUAL_RULE) == 'least' else 'of what is within a standard error of the least deviance, what takes the fewest'}).",
        f"Tested on {plan.share:.0%} of the patients of each class, seen once; the weights come from the others, as in the paper.",
        "Logistic regression without a penalty on what was chosen, on z-scores: the probabilities are those of raw features.",
        "The class is the side of the median of the training studies' probabilities, as in the paper.",
        "The paper does not say how its mix and penalty were chosen, nor between which mixes.",
    ]
    if separated:
        found.append(
            "Not as in the paper: what was chosen tells the training studies apart without an error, so that a likelihood has "
            "no maximum; a ridge holds the weights."
        )
    return found


def _weighed(names: list[str], coefficients: Numbers, p: Numbers) -> str:
    rows = [f"| {id} | {b:.4f} | {q:.2g} |" for id, b, q in zip(names, coefficients, p, strict=True)]
    return "\n".join(["| feature | coefficient (z-scored) | P, as if chosen beforehand |", "|---|---|---|", *rows])
