"""Tables of a cohort, Parquet or CSV, as columns; `BadInput` in words where one is not what it should be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput

STUDY, PATIENT, SIDE, STATE = "study_uid", "patient_id", "laterality", "state"
#: Read as texts, whatever they look like.
_TEXTS = (STUDY, PATIENT, SIDE)
#: A study, and the side where a row is of one breast only; '' for both.
Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class CohortTable:
    path: Path
    columns: Mapping[str, Sequence[Any]]
    """From the first row to the last; None where a value is missing."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def of_signatures(self) -> Mapping[str, Mapping[str, Any]]:
        """What the provenance of a table of features, or of scores, says of each signature: its parameters and settings."""
        told: Mapping[str, Mapping[str, Any]] = self.provenance.get("sets") or self.provenance.get("signatures") or {}
        return told

    def texts(self, name: str) -> list[str]:
        """'' where there is no such column, or no value."""
        values = self.columns[name] if name in self.columns else [None] * len(self)
        return ["" if value is None else str(value).strip() for value in values]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """NaN where there is no value; a text that is no number is bad input."""
        return np.array([self._number(name, value) for value in self.require(name)])

    def _number(self, name: str, value: Any) -> float:
        if value is None or (isinstance(value, str) and not value.strip()):
            return float("nan")
        try:
            return float(value)
        except (TypeError, ValueError):
            raise self.unusable(f"its column {name} holds {value!r}, which is no number") from None

    def is_numeric(self, name: str) -> bool:
        try:
            return bool(np.isfinite(self.numbers(name)).any())
        except BadInput:
            return False

    def require(self, name: str) -> Sequence[Any]:
        if name not in self.columns:
            raise self.unusable(f"it has no column {name}; it has {_few(self.columns)}")
        return self.columns[name]

    def matching(self, patterns: Sequence[str]) -> list[str]:
        """Columns by name or by a pattern such as tumour_*, in the table's order."""
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in self.columns):
                raise self.unusable(f"none of its columns is {pattern}; it has {_few(self.columns)}")
        return [name for name in self.columns if any(fnmatchcase(name, pattern) for pattern in patterns)]

    def unusable(self, problem: str) -> BadInput:
        return BadInput("unusable-table", path=self.path, problem=problem)


def read_table(path: Path) -> CohortTable:
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    try:
        if path.suffix == ".parquet":
            read = pq.read_table(path)
        else:
            convert = pa_csv.ConvertOptions(
                column_types=dict.fromkeys(_TEXTS, pa.string()),
                null_values=["", "NA", "NaN", "nan"],
                strings_can_be_null=True,
            )
            # A byte order mark, as spreadsheets write it, is no part of a name.
            options = pa_csv.ReadOptions(encoding="utf-8-sig")
            read = pa_csv.read_csv(path, read_options=options, convert_options=convert)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as problem:
        why = f"it cannot be read ({type(problem).__name__})"
        raise BadInput("unusable-table", path=path, problem=why) from problem
    if not read.num_rows:
        raise BadInput("unusable-table", path=path, problem="it has no row")
    if twice := sorted(name for name, times in Counter(read.column_names).items() if times > 1):
        raise BadInput("unusable-table", path=path, problem=f"it has more than one column {', '.join(twice)}")
    return CohortTable(path, _Columns(read), _provenance(path, read.schema.metadata or {}))


class _Columns(Mapping[str, Sequence[Any]]):
    """Of a file with thousands of columns only those are unpacked that somebody looks at."""

    def __init__(self, read: Any) -> None:
        self._read = read
        self._unpacked: dict[str, Sequence[Any]] = {}

    def __getitem__(self, name: str) -> Sequence[Any]:
        if name not in self._unpacked:
            self._unpacked[name] = self._read.column(name).to_pylist()
        return self._unpacked[name]

    def __contains__(self, name: object) -> bool:
        return name in self._read.column_names

    def __iter__(self) -> Iterator[str]:
        return iter(self._read.column_names)

    def __len__(self) -> int:
        return len(self._read.column_names)


def _provenance(path: Path, metadata: Mapping[bytes, bytes]) -> Mapping[str, Any]:
    """Inside a Parquet file; beside a CSV, where TILscope has written it."""
    beside = path.with_name(f"{path.name}.json")
    try:
        if b"tilscope" in metadata:
            told = json.loads(metadata[b"tilscope"])
        else:
            told = json.loads(beside.read_text(encoding="utf-8"))["provenance"] if beside.is_file() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # somebody's own file of that name says nothing of ours
    return told if isinstance(told, dict) else {}


def _few(names: Mapping[str, Any], most: int = 12) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
