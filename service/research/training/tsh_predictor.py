"""Fan 2023's first step: tumour-stroma heterogeneity told from the tumour's cells alone, for patients without stroma.

The paper had both compartments of 112 patients and images of others. A forest on the tumour's cell abundances, chosen by
cross-validation, told the group of the first, and then gave the second their labels, from a probability of 0.5 on. Choosing
is done anew without each part of the patients that it is tested on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from tilscope.models.signatures.fan2023.model import FAN_2023
from tilscope.service.research.statistics.roc import auc
from tilscope.service.research.training.elastic_net import Numbers
from tilscope.service.research.training.folds import folds_of
from tilscope.service.research.training.held_out import HeldOut, auc_on_unseen
from tilscope.service.research.training.label_table import PATIENT, LabelChoice, read_labels
from tilscope.service.research.training.table_files import read_file, unusable
from tilscope.service.research.training.train_fan import FanPlan, forest_of
from tilscope.service.research.training.train_forest import require_enough
from tilscope.service.research.training.training_table import TrainingTable, complete, number
from tilscope.service.site.model_manifest import TestedOn

#: Populations that the paper ended with, and the most that are tried together.
MOST = 2
#: Of the ten populations, as `tilscope labels` calls them.
_POPULATION = "mcp_"


@dataclass(frozen=True, eq=False)
class TshPrediction:
    populations: tuple[str, ...]
    """That it looks at."""
    tested: TestedOn
    known: int
    """Patients whose group was known."""
    probabilities: Mapping[str, float]
    """Of the good-survival group, by patient."""


def predict_tsh(known: TrainingTable, wanted: Mapping[str, Numbers], plan: FanPlan) -> TshPrediction:
    """`wanted`: abundances by patient, in the order of the table's features."""
    require_enough(known, FAN_2023)
    folds = folds_of(known.labels, known.patients, plan.outer_folds, plan.seed, classes=True)
    given = np.zeros(len(known.labels))
    for fold in np.unique(folds):
        out = folds == fold
        given[out] = _told(known.of(~out), known.values[out], plan)[1]
    held = HeldOut(known, folds, {"tsh": given})
    patients = list(wanted)
    rows = np.array([wanted[one] for one in patients]).reshape(len(patients), len(known.features))
    chosen, probabilities = _told(known, rows, plan)
    names = tuple(known.features[n] for n in chosen)
    told = dict(zip(patients, probabilities.tolist(), strict=True))
    return TshPrediction(names, auc_on_unseen(held, plan.seed), len(known.labels), told)


def _told(table: TrainingTable, rows: Numbers, plan: FanPlan) -> tuple[tuple[int, ...], Numbers]:
    """The populations that do best in folds within the table, and by them the probability of each row."""
    folds = folds_of(table.labels, table.patients, plan.inner_folds, plan.seed + 1, classes=True)

    def fitness(genes: tuple[int, ...]) -> float:
        given = np.zeros(len(table.labels))
        for fold in np.unique(folds):
            out = folds == fold
            forest = forest_of(plan, plan.search_trees).fit(table.values[~out][:, genes], table.classes[~out])
            given[out] = forest.predict_proba(table.values[out][:, genes])[:, 1]
        return auc(table.labels, given)

    places = range(len(table.features))
    sets = [one for count in range(1, MOST + 1) for one in combinations(places, count)]
    best = max(sets, key=fitness)
    forest = forest_of(plan, plan.trees).fit(table.values[:, best], table.classes)
    if not len(rows):
        return best, np.zeros(0)
    probabilities: Numbers = forest.predict_proba(rows[:, best])[:, 1]
    return best, probabilities


def read_known(tumour: Path, labels: Path, choice: LabelChoice) -> TrainingTable:
    """The tumours' abundances and the groups of the patients whose stroma was measured as well."""
    names, by_patient = read_abundances(tumour)
    known = read_labels(labels, FAN_2023, choice)
    there = [(one, label) for one in by_patient if (label := known.of("", "", one, alone=True)) is not None]
    if not there:
        raise unusable(labels, f"it knows none of the patients in {tumour.name}")
    patients = [one for one, _ in there]
    return complete(
        names,
        [by_patient[one].tolist() for one in patients],
        [label.label for _, label in there],
        None,
        patients,
        patients,
    )


def read_abundances(path: Path) -> tuple[list[str], dict[str, Numbers]]:
    """The populations' names, and each patient's abundances; patients who lack one are left out."""
    file = read_file(path, (PATIENT,))
    names = [name for name in file.columns if name.startswith(_POPULATION)]
    if not names:
        raise unusable(path, f"it has no column {_POPULATION}..., as tilscope labels score --scores mcp writes them")
    patients = file.texts(PATIENT)
    if len(set(patients)) != len(patients):
        raise unusable(path, "a patient stands in it twice")
    table = np.array([[number(value) for value in file.columns[name]] for name in names]).T
    return names, {one: row for one, row in zip(patients, table, strict=True) if np.isfinite(row).all()}
