"""The same lesions measured by several readers, or with several changes: one array, and what was left out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput, Refused
from tilscope.service.research.extraction.feature_rows import Row, RowState

#: Lesions. Below, an interval says nothing.
FEWEST = 5
#: Lesions. Han and Su took 30 and 60 patients; below, the intervals are wide.
USUAL = 30

#: A study, and the side that its series shows: a sagittal pair is two.
Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class OneReading:
    """What one reader, or one change, has given."""

    name: str
    features: tuple[str, ...]
    values: Mapping[Key, NDArray[np.float64]]
    """In the order of `features`; NaN where there is no value."""


@dataclass(frozen=True, eq=False)
class RepeatedFeatures:
    features: tuple[str, ...]
    readers: tuple[str, ...]
    values: NDArray[np.float64]
    """Axes [lesion, reader, feature]; NaN where there is no value."""
    left_out: Mapping[str, int]

    @property
    def lesions(self) -> int:
        return len(self.values)


def readings_of_rows(
    rows: Iterable[tuple[Row, NDArray[np.float64]]], columns: Sequence[str]
) -> tuple[list[OneReading], Counter[str]]:
    """By the reader or the change that each row names, in the order in which they come; and why other rows do not count."""
    by_name: dict[str, dict[Key, NDArray[np.float64]]] = {}
    left_out: Counter[str] = Counter()
    for row, values in rows:
        if row.state is RowState.MEASURED:
            by_name.setdefault(row.reading, {})[row.study_uid, row.laterality] = values
        else:
            left_out[f"{row.state.value} ({row.code})"] += 1
    return [OneReading(name, tuple(columns), values) for name, values in by_name.items()], left_out


def repeated(readings: Sequence[OneReading], left_out: Mapping[str, int]) -> RepeatedFeatures:
    """The lesions that every reader has measured, and the features that every reader has given.

    Refused with fewer than five lesions; bad input where two readings are one, or have nothing in common.
    """
    features = _features_of_all(readings)
    lesions = list(dict.fromkeys(lesion for one in readings for lesion in one.values))
    common = [lesion for lesion in lesions if all(lesion in one.values for one in readings)]
    counted = dict(left_out)
    if some := len(lesions) - len(common):
        counted["lesions that some have not measured"] = some
    if len(common) < FEWEST or len(readings) < 2:
        raise Refused(
            "repeat-too-few",
            found=len(common) if len(readings) > 1 else 0,
            readers=", ".join(f"{one.name} ({len(one.values)})" for one in readings) or "two readers",
            needed=FEWEST,
            left_out=", ".join(f"{count} {why}" for why, count in counted.items()) or "none",
        )
    values = np.stack([_matrix(one, common, features) for one in readings], axis=1)
    _require_different(readings, values)
    return RepeatedFeatures(features, tuple(one.name for one in readings), values, counted)


def _features_of_all(readings: Sequence[OneReading]) -> tuple[str, ...]:
    features = readings[0].features if readings else ()
    for other in readings[1:]:
        there = set(other.features)
        features = tuple(name for name in features if name in there)
        if not features:
            raise BadInput("repeat-nothing-common", first=readings[0].name, second=other.name)
    return features


def _matrix(one: OneReading, lesions: Sequence[Key], features: Sequence[str]) -> NDArray[np.float64]:
    """Axes [lesion, feature]."""
    place = {name: number for number, name in enumerate(one.features)}
    columns = [place[name] for name in features]
    return np.array([one.values[lesion][columns] for lesion in lesions])


def _require_different(readings: Sequence[OneReading], values: NDArray[np.float64]) -> None:
    """A table that was given twice, or an outline that was copied, would agree with itself wonderfully."""
    for number in range(1, len(readings)):
        for earlier in range(number):
            if np.array_equal(values[:, earlier], values[:, number], equal_nan=True):
                raise BadInput("repeat-same", first=readings[earlier].name, second=readings[number].name)
