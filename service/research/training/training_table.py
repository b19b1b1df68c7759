"""What a forest is trained on: one row a study, one column a feature, no value missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.models.result import DIGITS

#: A feature that more studies lack than this is no candidate; a study that lacks a candidate is left out.
MOST_LACKING = 0.05


@dataclass(frozen=True, eq=False)
class TrainingTable:
    features: tuple[str, ...]
    """Ids of measurements."""
    values: NDArray[np.float64]
    labels: NDArray[np.int_]
    """1: the first of the signature's two classes."""
    patients: NDArray[np.str_]
    """Whose each study is."""
    left_out: Mapping[str, int]
    """Why studies and features do not count, and how many."""

    @property
    def patients_counted(self) -> int:
        return len(np.unique(self.patients))

    @property
    def left_out_in_words(self) -> str:
        return ", ".join(f"{count} {why}" for why, count in self.left_out.items()) or "none"


def complete(
    features: Sequence[str],
    rows: Sequence[Sequence[float]],
    labels: Sequence[int],
    left_out: Mapping[str, int] | None = None,
    patients: Sequence[str] | None = None,
) -> TrainingTable:
    """Without the features that many studies lack (NaN), and then without the studies that lack any.

    Without `patients` each study is another patient's.
    """
    counted = Counter(left_out or {})
    values = np.array(rows, dtype=float).reshape(len(rows), len(features))
    there = np.isfinite(values)
    candidates = there.sum(axis=0) >= (1 - MOST_LACKING) * len(rows)
    whole = there[:, candidates].all(axis=1)
    counted["features that many studies lack"] += int((~candidates).sum())
    counted["studies that lack a feature"] += int((~whole).sum())
    return TrainingTable(
        tuple(id for id, kept in zip(features, candidates, strict=True) if kept),
        values[whole][:, candidates],
        np.array(labels, dtype=int)[whole],
        np.array([str(n) for n in range(len(rows))] if patients is None else patients, dtype=str)[whole],
        {why: count for why, count in counted.items() if count},
    )


def number(value: Any) -> float:
    """As a report holds it, so that a forest sees in training what it will see at work; NaN where there is none.

    >>> number("0.12345678"), number("")
    (0.123457, nan)
    """
    try:
        return float(f"{float(value):.{DIGITS}g}")
    except (TypeError, ValueError):
        return float("nan")
