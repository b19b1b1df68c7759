"""Feature tables of several readers, as `tilscope features` writes them, each read as one reading of the same lesions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tilscope.models.refusals import BadInput
from tilscope.service.research.extraction.feature_rows import RowState
from tilscope.service.research.extraction.feature_table import CSV, KEY, PARQUET, check_name
from tilscope.service.research.repeatability.repeated_features import OneReading

_STUDY, _SIDE, _STATE, _SETTINGS = "study_uid", "laterality", "state", "settings_hash"


@dataclass(frozen=True, eq=False)
class ReadTables:
    readings: tuple[OneReading, ...]
    left_out: Mapping[str, int]
    """Why rows do not count, and how many."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """By table, what each says of itself."""


def read_tables(paths: Sequence[Path]) -> ReadTables:
    """Bad input where one is no such table, or where two were computed in different ways: settings are no readers."""
    left_out: Counter[str] = Counter()
    readings, provenance = [], {}
    settings: dict[str, tuple[str, Path]] = {}
    names = _short_names(paths)
    for path, name in zip(paths, names, strict=True):
        table = _read(path)
        _require_same_settings(path, table, settings)
        readings.append(_reading(path, name, table, left_out))
        provenance[name] = json.loads((table.schema.metadata or {}).get(KEY, b"{}"))
    return ReadTables(tuple(readings), left_out, provenance)


def _short_names(paths: Sequence[Path]) -> list[str]:
    """The files' names; with their folders where two are called the same."""
    short = [path.stem for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def _read(path: Path) -> pa.Table:
    check_name(path)
    try:
        table = pq.read_table(path) if path.suffix == PARQUET else _of_csv(path)
    except (OSError, ValueError, pa.ArrowException) as problem:
        raise _unusable(path, f"it cannot be read ({type(problem).__name__})") from problem
    if _STUDY not in table.column_names:
        raise _unusable(path, f"it has no column {_STUDY}")
    return table


def _of_csv(path: Path) -> pa.Table:
    assert path.suffix == CSV
    # A UID is no number, however few dots it has.
    texts = {name: pa.string() for name in (_STUDY, _SIDE, _STATE)}
    return pa_csv.read_csv(path, convert_options=pa_csv.ConvertOptions(column_types=texts, strings_can_be_null=False))


def _reading(path: Path, name: str, table: pa.Table, left_out: Counter[str]) -> OneReading:
    features = [column for column in table.column_names if "/" in column]
    for column in features:
        kind = table.schema.field(column).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)):
            raise _unusable(path, f"column {column} holds something that is no number")
    matrix = np.array([table[column].to_numpy() for column in features], dtype=float).reshape(len(features), -1).T
    values = {}
    for number, (study, side, state) in enumerate(
        zip(*(_texts(table, c) for c in (_STUDY, _SIDE, _STATE)), strict=True)
    ):
        if state not in ("", RowState.MEASURED):
            left_out[f"rows {state} in {name}"] += 1
        elif (study, side) in values:
            raise _unusable(path, f"{study} has two rows")
        else:
            values[study, side] = matrix[number]
    return OneReading(name, tuple(features), values)


def _texts(table: pa.Table, column: str) -> list[str]:
    """Empty ones where there is no such column."""
    if column not in table.column_names:
        return [""] * table.num_rows
    return ["" if text is None else str(text) for text in table[column].to_pylist()]


def _require_same_settings(path: Path, table: pa.Table, known: dict[str, tuple[str, Path]]) -> None:
    """Of every set, and of the pipeline; a table that names none is taken at its word."""
    for column in (name for name in table.column_names if name.endswith(_SETTINGS)):
        for made in filter(None, table[column].unique().to_pylist()):
            earlier, where = known.setdefault(column, (str(made), path))
            if made != earlier:
                sentence = f"its features were computed under settings {made}, those of {where} under {earlier}"
                raise _unusable(path, sentence)


def _unusable(path: Path, problem: str) -> BadInput:
    return BadInput("unusable-table", path=path, problem=problem)
