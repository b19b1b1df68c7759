"""A table as a file: Parquet with its provenance inside, or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilscope.models.refusals import BadInput


@dataclass(frozen=True)
class TableFile:
    columns: Mapping[str, Sequence[Any]]
    """Each from the first row to the last."""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str) -> Sequence[Any]:
        """Empty texts where there is no such column."""
        return self.columns.get(name) or [""] * self.rows

    def texts(self, name: str) -> list[str]:
        """Without the spaces around them; what is not there is empty."""
        return ["" if one is None else str(one).strip() for one in self.column(name)]


def read_file(path: Path, needed: Sequence[str]) -> TableFile:
    """`BadInput` in words where it cannot be read, or lacks a column."""
    try:
        file = _of_parquet(path) if path.suffix == ".parquet" else _of_csv(path)
    except (OSError, ValueError, csv.Error) as problem:
        raise unusable(path, f"it cannot be read ({type(problem).__name__})") from problem
    if missing := [name for name in needed if name not in file.columns]:
        raise unusable(path, f"it has no column {', '.join(missing)}")
    return file


def _of_parquet(path: Path) -> TableFile:
    from pyarrow import parquet  # heavy, and no CSV needs it

    table = parquet.read_table(path)
    return TableFile(table.to_pydict(), json.loads((table.schema.metadata or {}).get(b"tilscope", b"{}")))


def _of_csv(path: Path) -> TableFile:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    return TableFile({name: [row[name] for row in rows] for name in (rows[0] if rows else {}) if name is not None})


def unusable(path: Path, problem: str) -> BadInput:
    return BadInput("unusable-table", path=path, problem=problem)
