"""What a model is trained on: one row a study, one column a feature, no value missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    labels: NDArray[np.float64]
    """1: the first of the signature's two classes, 0: the second; or numbers, as Wu's percentages."""
    patients: NDArray[np.str_]
    """Whose each study is."""
    left_out: Mapping[str, int]
    """Why studies and features do not count, and how many."""
    studies: NDArray[np.str_] = field(default_factory=lambda: np.array([], str))
    """Their UIDs."""
    covariates: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What the table of labels tells besides, by its name in small letters; NaN where it is not known."""

    @property
    def classes(self) -> NDArray[np.int_]:
        """The labels, where they are classes."""
        return self.labels.astype(int)

    def of(self, studies: NDArray[np.bool_]) -> TrainingTable:
        """Of a part of the studies."""
        return replace(
            self,
            values=self.values[studies],
            labels=self.labels[studies],
            patients=self.patients[studies],
            studies=self.studies[studies] if len(self.studies) else self.studies,
            covariates={name: values[studies] for name, values in self.covariates.items()},
        )

    def with_features(self, kept: NDArray[np.bool_]) -> TrainingTable:
        """Of a part of the features."""
        names = tuple(id for id, one in zip(self.features, kept, strict=True) if one)
        return replace(self, features=names, values=np.ascontiguousarray(self.values[:, kept]))

    @property
    def patients_counted(self) -> int:
        return len(np.unique(self.patients))

    @property
    def left_out_in_words(self) -> str:
        return ", ".join(f"{count} {why}" for why, count in self.left_out.items()) or "none"


def complete(
    features: Sequence[str],
    rows: Sequence[Sequence[float]],
    labels: Sequence[float],
    left_out: Mapping[str, int] | None = None,
    patients: Sequence[str] | None = None,
    studies: Sequence[str] | None = None,
    covariates: Mapping[str, Sequence[float]] | None = None,
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
        np.array(labels, dtype=float)[whole],
        np.array([str(n) for n in range(len(rows))] if patients is None else patients, dtype=str)[whole],
        {why: count for why, count in counted.items() if count},
        np.array([str(n) for n in range(len(rows))] if studies is None else studies, dtype=str)[whole],
        {name: np.array(known, dtype=float)[whole] for name, known in (covariates or {}).items()},
    )


def without_constants(table: TrainingTable) -> TrainingTable:
    """A feature that is the same in all studies tells nothing, and has no SD."""
    varies = np.ptp(table.values, axis=0) > 0 if len(table.values) else np.ones(len(table.features), bool)
    if varies.all():
        return table
    left_out = {**table.left_out, "features that are the same in all studies": int((~varies).sum())}
    return replace(table.with_features(varies), left_out=left_out)


def number(value: Any) -> float:
    """As a report holds it, so that a model sees in training what it will see at work; NaN where there is none.

    >>> number("0.12345678"), number("")
    (0.123457, nan)
    """
    try:
        return float(f"{float(value):.{DIGITS}g}")
    except (TypeError, ValueError):
        return float("nan")
