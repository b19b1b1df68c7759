"""What a model said of studies that it had not seen: how good that is, and the table that lies beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.statistics.bootstrap import percentiles, times_drawn
from tilscope.service.research.training.elastic_net import Numbers
from tilscope.service.research.training.performance import performance
from tilscope.service.research.training.training_table import TrainingTable
from tilscope.service.site.model_manifest import TestedOn

HELD_OUT = "held-out.csv"


@dataclass(frozen=True, eq=False)
class HeldOut:
    table: TrainingTable
    """All studies."""
    fold: NDArray[np.int_]
    """[study]: with which others it was left out; 0 where it was only ever trained on."""
    predictions: Mapping[str, Numbers]
    """[study] by score, the main one first; NaN where there is none."""

    @property
    def main(self) -> Numbers:
        return next(iter(self.predictions.values()))

    @property
    def left_out(self) -> NDArray[np.bool_]:
        there: NDArray[np.bool_] = (self.fold > 0) & np.isfinite(self.main)
        return there


def auc_on_unseen(held: HeldOut, seed: int, score: str = "") -> TestedOn:
    """The AUC, with an interval from patients drawn anew."""
    out, values = held.left_out, held.predictions[score] if score else held.main
    done = performance(held.table.classes[out], values[out], held.table.patients[out], seed)
    return TestedOn(statistic="AUC", value=done.auc, low=done.interval[0], high=done.interval[1])


def r_on_unseen(held: HeldOut, seed: int, score: str = "") -> TestedOn:
    """Pearson's r, with an interval from patients drawn anew."""
    values = held.predictions[score] if score else held.main
    out = held.left_out & np.isfinite(values)
    labels, values = held.table.labels[out], values[out]
    times = times_drawn(None, held.table.patients[out], seed).astype(float)
    low, high = percentiles(_weighted_r(labels, values, times))
    whole = _weighted_r(labels, values, np.ones((1, len(labels))))[0]
    return TestedOn(statistic="r", value=float(whole), low=low, high=high)


def _weighted_r(one: Numbers, other: Numbers, times: Numbers) -> Numbers:
    """[draw]; 0 where one of the two does not vary."""
    count = times.sum(axis=1)
    a, b = (x - (times @ x / count)[:, None] for x in (one, other))
    together = (times * a * b).sum(axis=1)
    apart = np.sqrt((times * a**2).sum(axis=1) * (times * b**2).sum(axis=1))
    r: Numbers = np.divide(together, apart, out=np.zeros(len(times)), where=apart > 1e-12)
    return r


def write_held_out(folder: Path, held: HeldOut) -> Path:
    """As CSV: study, patient, label, fold, and the prediction of each score; the main one is `prediction`."""
    names = ["prediction", *list(held.predictions)[1:]]
    path = folder / HELD_OUT
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(["study_uid", "patient_id", "label", "fold", *names]) + "\n")
        for row in np.flatnonzero(held.left_out):
            table = held.table
            numbers = [f"{values[row]:.9g}" if np.isfinite(values[row]) else "" for values in held.predictions.values()]
            facts = [_quoted(table.studies[row]), _quoted(table.patients[row]), f"{table.labels[row]:g}"]
            file.write(",".join([*facts, str(held.fold[row]), *numbers]) + "\n")
    return path


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
