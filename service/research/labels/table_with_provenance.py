"""A table that says what it was made of: Parquet with that inside, or CSV with it in FILE.csv.json beside."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from tilscope.service.extras import is_installed
from tilscope.service.research.labels.cohort_tables import sha256_of, unusable
from tilscope.service.site.atomic_files import write_durably

#: The key of the provenance in the metadata of Parquet, as in a table of features.
KEY = b"tilscope"
PARQUET, CSV = ".parquet", ".csv"
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "gseapy")
_MODULES = {"scikit-learn": "sklearn"}


@dataclass(frozen=True, eq=False)
class TableWithProvenance:
    """Columns of one length: numbers, where NaN is nothing, or texts, where '' is nothing."""

    columns: Mapping[str, Sequence[Any]]
    provenance: Mapping[str, Any]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def rows(self, which: Sequence[int]) -> TableWithProvenance:
        return TableWithProvenance(
            {name: [values[n] for n in which] for name, values in self.columns.items()}, self.provenance
        )

    def numbers(self, name: str, path: Path) -> Any:
        """[row]: a column as numbers, NaN for nothing; refused where it is texts."""
        if name not in self.columns:
            raise unusable(path, f"it has no column {name}; it has {', '.join(self.columns)}")
        try:
            return np.array([np.nan if value in ("", None) else float(value) for value in self.columns[name]])
        except ValueError:
            raise unusable(path, f"its column {name} holds other things than numbers") from None


def made_here(command: str, files: Sequence[Path], **facts: Any) -> dict[str, Any]:
    """What every provenance says: the command, the files and their hashes, the versions; and the facts of this one."""
    return {
        "command": f"tilscope labels {command}",
        "tilscope": version("tilscope"),
        "libraries": {name: version(name) for name in _LIBRARIES if is_installed(_MODULES.get(name, name))},
        "files": [{"name": path.name, "sha256": sha256_of(path)} for path in files],
        **facts,
    }


def check_suffix(path: Path) -> None:
    if path.suffix not in (PARQUET, CSV):
        raise unusable(path, f"its name must end with {PARQUET} or {CSV}")


def write(table: TableWithProvenance, path: Path) -> None:
    """Whole or not at all."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    arrays = {name: _array(pa, values) for name, values in table.columns.items()}
    text = json.dumps(table.provenance, ensure_ascii=False, indent=2).encode()
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if path.suffix == PARQUET:
            pq.write_table(pa.table(arrays).replace_schema_metadata({KEY: text}), unfinished)
        else:
            pa_csv.write_csv(pa.table(arrays), unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    if path.suffix == CSV:
        write_durably(_beside(path), text)


def read(path: Path) -> TableWithProvenance:
    """One that `write` has written, or a CSV of anybody: then without provenance."""
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    check_suffix(path)
    try:
        table = pq.read_table(path) if path.suffix == PARQUET else pa_csv.read_csv(path, convert_options=_as_texts())
        beside = _beside(path)
        text = (table.schema.metadata or {}).get(KEY, b"{}") if path.suffix == PARQUET else b"{}"
        provenance = json.loads(beside.read_bytes() if path.suffix == CSV and beside.exists() else text)
    except (OSError, ValueError) as fault:
        raise unusable(path, f"it cannot be read ({type(fault).__name__})") from fault
    columns = {
        name: ["" if value is None else value for value in table[name].to_pylist()] for name in table.column_names
    }
    return TableWithProvenance(columns, provenance)


def _as_texts() -> Any:
    """Identifiers are texts: 1.10 is no number, and 007 is not 7."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    return pa_csv.ConvertOptions(column_types=dict.fromkeys(("study_uid", "patient_id", "sample", "gene"), pa.string()))


def _array(pa: Any, values: Sequence[Any]) -> Any:
    if all(isinstance(value, str) for value in values):
        return pa.array([value or None for value in values], pa.string())
    listed = [None if value == "" else value for value in values]
    whole = all(value is None or isinstance(value, (int, np.integer)) for value in listed)
    return pa.array(listed, pa.int64() if whole else pa.float64(), from_pandas=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
