"""How much of what was planted is found, by the number of studies, and how often something is found where nothing is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from planted.cohort import PlantedCohort, recall, signature_of
from planted.laws import PLANTINGS
from tilscope.models.refusals import Refused
from tilscope.models.signatures.forest_signature import ForestSignature
from tilscope.service.research.training.genetic_search import Evolution
from tilscope.service.research.training.linear_training import LinearPlan
from tilscope.service.research.training.train_fan import FanPlan, train_fan
from tilscope.service.research.training.train_forest import Plan, train
from tilscope.service.research.training.train_qian import train_qian
from tilscope.service.research.training.train_su import train_su
from tilscope.service.research.training.train_wu import train_wu
from tilscope.service.research.training.units import Workplace

#: A feature that correlates so much with a planted one says the same.
TWIN = 0.8
#: Fewer repeats than the paper's hundred choose the same features, nearly always.
REPEATS = 10


def measured(folder: Path, paper: str, studies: int, seed: int, null: bool, workers: int) -> dict[str, Any]:
    """One training; from the folder where it was done before."""
    path = folder / f"{paper}-{studies}-{seed}{'-null' if null else ''}.json"
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    cohort = PLANTINGS[paper].cohort(paper, seed, studies)
    found = _trained(paper, cohort.null(seed) if null else cohort, seed, workers)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found), encoding="utf-8")
    return found


def _trained(paper: str, cohort: PlantedCohort, seed: int, workers: int) -> dict[str, Any]:
    try:
        features, value, low, high = _model(paper, cohort, seed, Workplace(workers))
    except Refused as reason:
        return {"refused": reason.code, "found": 0, "recall": 0.0, "recall_twins": 0.0, "beyond_chance": False}
    of_chance = 0.0 if PLANTINGS[paper].numbers else 0.5
    return {
        "found": len(features),
        "recall": recall(features, cohort),
        "recall_twins": recall(features, cohort, TWIN),
        "value": value,
        "low": low,
        "high": high,
        "beyond_chance": low > of_chance,
    }


def _model(
    paper: str, cohort: PlantedCohort, seed: int, place: Workplace
) -> tuple[tuple[str, ...], float, float, float]:
    """The features that it took, and how it did on studies that it had not seen."""
    signature = signature_of(paper)
    if isinstance(signature, ForestSignature):
        if paper == "fan2023":
            plan = FanPlan(seed=seed, evolution=Evolution(12, 6), search_trees=10, inner_folds=5)
            forest = train_fan(cohort.table, plan, place)
        else:
            forest = train(cohort.table, signature, Plan(seed=seed, takes=8, repeats=1, trees=100), place)
        return forest.features, forest.performance.auc, *forest.performance.interval
    recipe = {"wu2018": train_wu, "su2022": train_su, "qian2024": train_qian}[paper]
    trained = recipe(cohort.table, replace(LinearPlan(seed=seed), repeats=REPEATS), place)
    return trained.features, trained.tested.value, trained.tested.low, trained.tested.high


def mean_of(results: list[dict[str, Any]], name: str) -> float:
    return float(np.mean([float(one[name]) for one in results]))
