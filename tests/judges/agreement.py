"""Intraclass correlations beside psych."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from judges import FOLDER, Comparison, recorded
from tilscope.service.research.statistics.agreement import agreement

#: psych has Shrout and Fleiss' formula of the interval of ICC(2,1), we have McGraw and Wong's: the same on paper.
_EXACT = 1e-9


def comparisons() -> list[Comparison]:
    answers = recorded("agreement")["answers"]
    found: list[Comparison] = []
    for name, readings in agreement_tables().items():
        ours = agreement(readings)
        assert ours is not None
        for form, estimate in (("absolute", ours.absolute), ("consistent", ours.consistent)):
            what = f"{'ICC(2,1)' if form == 'absolute' else 'ICC(3,1)'} of {name}"
            numbers = (estimate.value, estimate.low, estimate.high)
            limits = ("", ", lower 95 % limit", ", upper 95 % limit")
            for limit, mine, theirs in zip(limits, numbers, answers[name][form], strict=True):
                found.append(Comparison(what + limit, mine, theirs, _EXACT, "psych"))
    return found


def agreement_tables() -> dict[str, NDArray[np.float64]]:
    """[subject, reader] by name."""
    rows: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with (FOLDER / "agreement.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["table"]][row["subject"]].append(float(row["value"]))
    return {name: np.array(list(of_subject.values())) for name, of_subject in rows.items()}
