"""LASSO and elastic net beside glmnet: the paths, and the penalty that ten folds choose."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import numpy as np

from judges import FOLDER, Comparison, recorded
from tilscope.service.research.training.cross_validation import cross_validated
from tilscope.service.research.training.elastic_net import Family, path_of

#: Penalties are computed, not searched for. Weights are searched for, by both until little moves; they are in SDs of their
#: feature here, and where a path ends the likelihood of classes is flat.
_PENALTY, _WEIGHT, _ERROR = 1e-9, 1e-4, 1e-6


def comparisons() -> list[Comparison]:
    with (FOLDER / "glmnet.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    x = np.column_stack([column for name, column in columns.items() if name.startswith("x")])
    answers = recorded("glmnet")["answers"]
    return [*_paths(x, columns, answers["paths"]), *_chosen(x, columns, answers["chosen"])]


def _paths(x: np.ndarray, columns: dict[str, np.ndarray], answers: dict[str, dict[str, list]]) -> Iterator[Comparison]:
    for name, theirs in answers.items():
        family, mix, studies = _asked(name)
        path = path_of(x[:studies], _labels(columns, family)[:studies], family, mix)
        there = min(len(path.penalties), len(theirs["penalties"]))
        ratio = path.penalties[:there] / np.array(theirs["penalties"][:there])
        yield Comparison(f"{name}: penalties of the path", len(path.penalties), len(theirs["penalties"]), 0, "glmnet")
        yield Comparison(f"{name}: greatest penalty against glmnet's, as a ratio", ratio.max(), 1.0, _PENALTY, "glmnet")
        sd = np.r_[1.0, x[:studies].std(axis=0)]
        for at, model in zip(theirs["at"], theirs["models"], strict=True):
            ours = np.r_[path.intercepts[at], path.coefficients[at]]
            worst = int(np.argmax(np.abs(ours - model) * sd))
            which = "intercept" if worst == 0 else f"weight of x{worst - 1}"
            what = f"{name}, penalty {at + 1}: {which}, where the two differ most"
            yield Comparison(what, ours[worst] * sd[worst], model[worst] * sd[worst], _WEIGHT, "glmnet")


def _chosen(
    x: np.ndarray, columns: dict[str, np.ndarray], answers: dict[str, dict[str, float]]
) -> Iterator[Comparison]:
    for name, theirs in answers.items():
        family, mix, _ = _asked(f"{name}, 60 studies")
        _, curve = cross_validated(x, _labels(columns, family), columns["fold"].astype(int), family, mix)
        least, within = (curve.penalties[curve.place(rule)] for rule in ("least", "within-an-error"))
        yield Comparison(
            f"{name}: penalty of the least error in ten folds", least, theirs["least"], _PENALTY * 100, "glmnet"
        )
        yield Comparison(f"{name}: strongest penalty within an error of it", within, theirs["within_an_error"], _PENALTY * 100, "glmnet")  # fmt: skip
        yield Comparison(f"{name}: the least error", curve.error.min(), theirs["error"], _ERROR * 100, "glmnet")


def _asked(name: str) -> tuple[Family, float, int]:
    """As in 'classes, mix 0.5, 60 studies'."""
    family, mix, studies = name.split(", ")
    return "numbers" if family == "numbers" else "classes", float(mix.split()[1]), int(studies.split()[0])


def _labels(columns: dict[str, np.ndarray], family: Family) -> np.ndarray:
    return columns["number" if family == "numbers" else "class"]
