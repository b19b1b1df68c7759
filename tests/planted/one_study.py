"""One paper's study from end to end on a planted cohort: tables, training, and the evaluation on patients it has not seen."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from typer.testing import CliRunner

from planted.cohort import PlantedCohort
from planted.laws import PLANTINGS
from tilscope.models.result import RADIOMICS_MARK
from tilscope.service.cli import app

#: What makes a study one of minutes: the papers' own numbers are the defaults of `tilscope train`.
MINUTES = {"wu2018": ("--repeats", "20"), "fan2023": ("--population", "12", "--generations", "6", "--trees", "50")}


def run_study(paper: str, folder: Path, seed: int, workers: int) -> list[str]:
    """Writes everything into the folder; gives what was done, in sentences."""
    planting = PLANTINGS[paper]
    cohort = planting.cohort(paper, seed, 2 * planting.studies)
    folder.mkdir(parents=True, exist_ok=True)
    development = np.arange(2 * planting.studies) < planting.studies
    for name, part in (("development", development), ("external", ~development)):
        write_features(folder / f"{name}-features.csv", paper, cohort, part)
        write_labels(folder / f"{name}-labels.csv", cohort, part)
    model = folder / "model"
    _tilscope(
        "train", paper, "--features", folder / "development-features.csv", "--labels", folder / "development-labels.csv",
        "--out", model, "--name", "planted", "--about", "A planted cohort: features drawn, not measured.",
        "--seed", seed, "--workers", workers, *MINUTES.get(paper, ()),
    )  # fmt: skip
    label = "til_class" if planting.numbers else "label"
    order = ("--classes", "low,intermediate,high") if planting.numbers else ()
    _tilscope(
        "evaluate", model, folder / "external-features.csv", "--outcomes", folder / "external-labels.csv",
        "--out", folder / "report", "--label", label, *order, "--time", "years", "--event", "event",
    )  # fmt: skip
    return [
        f"{paper}: {planting.studies} studies to train on, as many of other patients to evaluate on.",
        f"Planted: {', '.join(cohort.planted)}.",
        f"The model, its card and its held-out predictions: {model}.",
        f"The report: {folder / 'report' / 'report.html'}.",
    ]


def write_features(path: Path, paper: str, cohort: PlantedCohort, part: np.ndarray) -> None:
    """As `tilscope features` names its columns."""
    bare = [id.removeprefix(RADIOMICS_MARK) for id in cohort.table.features]
    columns = [name if name.startswith(f"{paper}/") else f"{paper}/{name}" for name in bare]
    rows = np.flatnonzero(part)
    table = cohort.table
    _write(
        path,
        ["study_uid", "patient_id", *columns],
        ([table.studies[n], table.patients[n], *(f"{v:.6g}" for v in table.values[n])] for n in rows),
    )


def write_labels(path: Path, cohort: PlantedCohort, part: np.ndarray) -> None:
    table, rows = cohort.table, np.flatnonzero(part)
    known: Mapping[str, Any] = {
        "study_uid": table.studies,
        "patient_id": table.patients,
        "label": table.labels,
        "til_class": np.array(["low", "intermediate", "high"])[(table.labels > 10).astype(int) + (table.labels > 40)],
        "CYT": table.covariates["cyt"],
        "years": cohort.years.round(4),
        "event": cohort.event.astype(int),
    }
    _write(path, list(known), ([values[n] for values in known.values()] for n in rows))


def _write(path: Path, names: list[str], rows: Iterable[Iterable[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])


def _tilscope(*words: object) -> None:
    """The command as a person types it."""
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    if done.exit_code:
        raise SystemExit(done.output)
