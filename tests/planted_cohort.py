"""Tables of a cohort whose truth is known: scores that depend on a hidden cause, and outcomes that depend on it by a law."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

CELLS = ("T_cells", "CD8_T_cells", "Cytotoxic", "NK_cells", "B_lineage", "Monocytic", "Fibroblasts", "Endothelial")
#: Of one unit of the cause.
LOG_ODDS, LOG_HAZARD = 1.2, -0.7

Columns = Mapping[str, Sequence[Any]]


def cohort(studies: int = 160, seed: int = 1, effect: float = 1.0) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Columns of the scores, and of the outcomes. With no effect both know nothing of each other."""
    random = np.random.default_rng(seed)
    cause = random.normal(size=studies)
    chance = expit(effect * LOG_ODDS * cause)
    good = random.random(studies) < chance
    time, end = random.exponential(4 * np.exp(-effect * LOG_HAZARD * cause)), random.uniform(1, 12, studies)
    age = random.normal(55, 10, studies)
    felt = effect * cause + random.normal(size=studies)
    shared = random.normal(size=(studies, 1)) * np.where(good, 1.6, 0.2)[:, None]
    cells = {
        f"{place}_{cell}": values
        for place, strength in (("tumour", 1.0), ("stroma", 0.5))
        for cell, values in zip(
            CELLS,
            (strength * shared + random.normal(size=(studies, len(CELLS))) + effect * 0.5 * cause[:, None]).T,
            strict=True,
        )
    }
    uids = [f"1.2.{n}" for n in range(studies)]
    scores = {
        "study_uid": uids,
        "patient_id": [f"P{n}" for n in range(studies)],
        "state": ["measured"] * studies,
        "tsh_good": expit(LOG_ODDS * cause),
        "cause": cause,
        "scanner": random.choice(["A Skyra (3T)", "B Signa (1.5T)"], studies),
    }
    outcomes = {
        "study_uid": uids,
        "label": np.where(good, "good", "poor"),
        "til": np.select([felt < 0.6, felt < 1.5], ["low", "intermediate"], "high"),
        "rfs_years": np.minimum(time, end),
        "recurrence": (time <= end).astype(int),
        "age": age,
        "er": random.choice(["positive", "negative"], studies),
        "nodes": random.poisson(2, studies),
        "clinical": expit(0.04 * (age - 55) + 0.6 * cause),
        **cells,
    }
    return _lists(scores), _lists(outcomes)


def write_csv(path: Path, columns: Columns) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def _lists(columns: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: np.asarray(values).tolist() for name, values in columns.items()}
