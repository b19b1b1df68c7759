"""R's packages, which the papers' authors used, as judges of our statistics.

A subject is three files beside this one: `SUBJECT.R`, which asks R and records its answers in `SUBJECT.json`, and
`SUBJECT.py`, whose function `comparisons()` puts our numbers beside them. Nothing else is registered anywhere: the tests
and the page `docs/judges.md` find the subjects by their scripts.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Comparison:
    """One number of ours beside R's."""

    statistic: str
    """What it is, and of what data."""
    ours: float
    theirs: float
    tolerance: float
    """The greatest difference that counts as agreement: absolute, in the number's own unit."""
    by: str
    """The package that answered, as in pROC."""
    differs_because: str = ""
    """Where they are known to differ, why both are right; such a pair must then really differ."""

    @property
    def agrees(self) -> bool:
        return bool(abs(self.ours - self.theirs) <= self.tolerance)


def table(name: str) -> dict[str, NDArray[np.float64]]:
    """The columns of a table that lies beside the scripts."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([float(row[column]) for row in rows]) for column in rows[0]}


def subjects() -> list[str]:
    return sorted(script.stem for script in FOLDER.glob("*.R"))


@cache
def recorded(subject: str) -> Mapping[str, Any]:
    """What R has answered: `R`, its version; `packages`, theirs by name; `answers`, by the script's own names."""
    answers: Mapping[str, Any] = json.loads((FOLDER / f"{subject}.json").read_text(encoding="utf-8"))
    return answers


def comparisons_of(subject: str) -> list[Comparison]:
    found: list[Comparison] = import_module(f"judges.{subject}").comparisons()
    return found
