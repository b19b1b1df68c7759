"""Wu 2018: the LASSO a hundred times in ten folds, what it nearly always chooses fitted by least squares, and with CYT.

The paper's numbers come from the studies that it trained on. Here the whole way, from the choice of features on, is done
anew without each tenth of the patients, and r is that of the predictions of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tilscope.models.signatures.trained_linear import CYT, SIGNATURE, Weights
from tilscope.models.signatures.wu2018.model import COMPOSITE, SCORE, WU_2018
from tilscope.service.research.statistics.correlation import correlation_table
from tilscope.service.research.statistics.multiple_tests import benjamini_hochberg
from tilscope.service.research.statistics.roc import youden
from tilscope.service.research.training.cross_validation import curve_of, fold_errors
from tilscope.service.research.training.elastic_net import Numbers, path_of
from tilscope.service.research.training.folds import Places, folds_of
from tilscope.service.research.training.held_out import HeldOut, r_on_unseen
from tilscope.service.research.training.linear_training import (
    LinearPlan,
    LinearTrained,
    Scale,
    nothing_chosen,
    require_enough,
    weights_of,
)
from tilscope.service.research.training.refit import least_squares
from tilscope.service.research.training.train_forest import FEWEST
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.research.training.units import Unit, Workplace

#: Univariate: the paper's rule for what goes with TILs.
P_LIMIT, FDR_LIMIT = 0.05, 0.2
#: The pathologists' classes, in percent.
LOW, INTERMEDIATE = 10.0, 40.0
#: Studies of a class, below which no cut-off is worth its name.
_FEWEST_OF_CLASS = 5

Shared = tuple[TrainingTable, Places, LinearPlan]


def train_wu(table: TrainingTable, plan: LinearPlan, place: Workplace) -> LinearTrained:
    require_enough(table, WU_2018, classes=False)
    folds = folds_of(table.labels, table.patients, plan.folds, plan.seed, classes=False)
    units = [Unit(f"without fold {n}" if n else "on all", fitted_without, (n,)) for n in range(plan.folds + 1)]
    done = place.results(units, (table, folds, plan))
    model = done["on all"]
    if not model["weights"][SCORE[0]]["coefficients"]:
        raise nothing_chosen(WU_2018, f"the LASSO in more than {plan.often:.0%} of its repeats", SCORE[0])
    held = _held_out(table, folds, done)
    composite = COMPOSITE[0] in model["weights"] and bool(np.isfinite(held.predictions[COMPOSITE[0]]).any())
    further = {COMPOSITE[0]: r_on_unseen(held, plan.seed, COMPOSITE[0])} if composite else {}
    cut_offs = _cut_offs(table.labels, held.main)
    return LinearTrained(
        weights={id: Weights(one["coefficients"], one["intercept"]) for id, one in model["weights"].items()},
        mean=model["mean"],
        sd=model["sd"],
        scores={id: values[np.isfinite(values)] for id, values in _predicted(model, table).items()},
        held_out=held,
        tested=r_on_unseen(held, plan.seed),
        trained_on=table,
        sentences=_sentences(plan, composite, cut_offs),
        tables=(_univariate(table), _shares(table, model["shares"]), *_full_regression(table, model)),
        cut_offs=cut_offs,
        further_tests=further,
    )


def fitted_without(shared: Shared, fold: int) -> dict[str, Any]:
    """All that is learned without one fold; 0 leaves nobody out."""
    table, folds, plan = shared
    return fitted(table.of(folds != fold), plan)


def fitted(table: TrainingTable, plan: LinearPlan) -> dict[str, Any]:
    """Weights, means and SDs by name, and in which part of the repeats each feature was chosen."""
    shares = times_chosen(table, plan)
    chosen = np.flatnonzero(shares > plan.often)
    names = [table.features[n] for n in chosen]
    scale = Scale.of(table.values[:, chosen])
    fit = least_squares(scale.z(table.values[:, chosen]), table.labels)
    weights = {SCORE[0]: weights_of(fit, names)}
    mean = dict(zip(names, scale.mean.tolist(), strict=True))
    sd = dict(zip(names, scale.sd.tolist(), strict=True))
    signature = fit.linear(scale.z(table.values[:, chosen]))
    known = _cyt_known(table)
    if int(known.sum()) >= FEWEST and len(chosen):
        both = np.column_stack([signature, table.covariates["cyt"]])[known]
        of_both = Scale.of(both)
        weights[COMPOSITE[0]] = weights_of(least_squares(of_both.z(both), table.labels[known]), (SIGNATURE, CYT))
        mean |= dict(zip((SIGNATURE, CYT), of_both.mean.tolist(), strict=True))
        sd |= dict(zip((SIGNATURE, CYT), of_both.sd.tolist(), strict=True))
    plain = {id: {"coefficients": dict(w.coefficients), "intercept": w.intercept} for id, w in weights.items()}
    return {"weights": plain, "mean": mean, "sd": sd, "shares": shares.tolist()}


def times_chosen(table: TrainingTable, plan: LinearPlan) -> Numbers:
    """[feature]: in which part of the repeats the LASSO, at the penalty that its ten folds choose, takes it."""
    x, y = table.values, table.labels
    whole = path_of(x, y, "numbers")
    taken = np.zeros(len(table.features))
    for repeat in range(plan.repeats):
        folds = folds_of(y, table.patients, plan.folds, 1000 * plan.seed + repeat, classes=False)
        numbers = np.unique(folds)
        by_fold = [fold_errors(x, y, folds == n, "numbers", 1.0, whole.penalties) for n in numbers]
        curve = curve_of(whole.penalties, by_fold, [int((folds == n).sum()) for n in numbers])
        taken += whole.coefficients[curve.place(plan.rule_or("least"))] != 0
    return taken / plan.repeats


def _predicted(model: Mapping[str, Any], table: TrainingTable) -> dict[str, Numbers]:
    """Of every study, by score; NaN for the composite of one whose CYT is not known."""
    values = dict(zip(table.features, table.values.T, strict=True))
    values[CYT] = table.covariates.get("cyt", np.full(len(table.labels), np.nan))
    found: dict[str, Numbers] = {}
    for id, one in model["weights"].items():
        terms = (w * (values[n] - model["mean"][n]) / model["sd"][n] for n, w in one["coefficients"].items())
        found[id] = one["intercept"] + sum(terms, np.zeros(len(table.labels)))
        if id == SCORE[0]:
            values[SIGNATURE] = found[id]
    return found


def _held_out(table: TrainingTable, folds: Places, done: Mapping[str, Any]) -> HeldOut:
    predictions = {id: np.full(len(table.labels), np.nan) for id in done["on all"]["weights"]}
    for fold in np.unique(folds):
        out = folds == fold
        of_fold = _predicted(done[f"without fold {fold}"], table.of(out))
        for id, values in predictions.items():
            if id in of_fold:
                values[out] = of_fold[id]
    return HeldOut(table, folds, predictions)


def _cyt_known(table: TrainingTable) -> Any:
    return np.isfinite(table.covariates.get("cyt", np.full(len(table.labels), np.nan)))


def _cut_offs(labels: Numbers, predictions: Numbers) -> tuple[float, ...]:
    """Youden's, between each class and the next; () where one has too few studies or they are not in order."""
    classes = (labels > LOW).astype(int) + (labels > INTERMEDIATE)
    if min(np.bincount(classes, minlength=3)) < _FEWEST_OF_CLASS:
        return ()
    found = []
    for lower in (0, 1):
        pair = (classes == lower) | (classes == lower + 1)
        cut_off = youden(classes[pair] == lower + 1, predictions[pair])
        below = predictions[pair & (predictions < cut_off)]
        # Halfway to the next: a border belongs to the lower class, Youden's cut-off to the higher one.
        found.append(float((cut_off + below.max()) / 2) if below.size else float(cut_off))
    return tuple(found) if found[0] < found[1] else ()


def _sentences(plan: LinearPlan, composite: bool, cut_offs: tuple[float, ...]) -> list[str]:
    found = [
        f"LASSO in {plan.folds} folds, {plan.repeats} times; features chosen in more than {plan.often:.0%} of the "
        f"repeats, at the penalty of the {'least error' if plan.rule_or('least') == 'least' else 'strongest within an error'}; refit by least squares.",
        "Not as in the paper: its r is of the studies that it was trained on. Here features and weights are found anew "
        f"without each of {plan.folds} parts of the patients, and r is of the predictions of these.",
        "The paper does not say at which penalty a repeat counts; here it is that of glmnet's cross-validation.",
    ]
    if composite:
        found.append(
            "Composite: least squares on the z-scored signature and CYT of the studies whose CYT is known; the other "
            "covariates are tested in the table below and left out, as in the paper."
        )
    else:
        found.append(f"No composite: CYT is known of fewer than {FEWEST} studies.")
    found.append(
        f"Classes at {' and '.join(f'{one:.1f}' for one in cut_offs)} %, Youden's between neighbouring classes of the "
        "labels (10 and 40 %), on predictions of studies left out; the paper's are of the training studies."
        if cut_offs
        else "Too few studies of a class, or classes out of order: the cut-offs are those that divide this cohort as the "
        "paper's was divided (73, 20 and 7 in 100)."
    )
    return found


def _univariate(table: TrainingTable) -> str:
    found = correlation_table(table.values, table.labels[:, None])
    r, p = found.r[:, 0], found.p[:, 0]
    fdr = benjamini_hochberg(p)
    rows = [
        f"| {id} | {r[n]:.3f} | {p[n]:.2g} | {fdr[n]:.2g} | {'yes' if p[n] < P_LIMIT and fdr[n] < FDR_LIMIT else ''} |"
        for n, id in enumerate(table.features)
    ]
    head = "Each feature by itself against the label (Pearson; Benjamini-Hochberg):"
    return "\n".join([head, "", "| feature | r | P | FDR | P < 0.05 and FDR < 0.2 |", "|---|---|---|---|---|", *rows])


def _shares(table: TrainingTable, shares: list[float]) -> str:
    rows = [f"| {id} | {share:.2f} |" for id, share in zip(table.features, shares, strict=True)]
    return "\n".join(["How often the LASSO chose each:", "", "| feature | part of the repeats |", "|---|---|", *rows])


def _full_regression(table: TrainingTable, model: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the label on the signature and all covariates that are known, on the studies where all of them are."""
    if COMPOSITE[0] not in model["weights"]:
        return ()
    columns = {SIGNATURE: _predicted(model, table)[SCORE[0]]}
    columns |= {name.upper(): values for name, values in table.covariates.items()}
    x = np.column_stack(list(columns.values()))
    whole = np.isfinite(x).all(axis=1)
    if int(whole.sum()) < FEWEST:
        return ()
    fit = least_squares(Scale.of(x[whole]).z(x[whole]), table.labels[whole])
    rows = [f"| {id} | {b:.3f} | {p:.2g} |" for id, b, p in zip(columns, fit.coefficients, fit.p, strict=True)]
    head = f"The label on all that is known, of {int(whole.sum())} studies (z-scored):"
    return ("\n".join([head, "", "| | coefficient | P |", "|---|---|---|", *rows]),)
