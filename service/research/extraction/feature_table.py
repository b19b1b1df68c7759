"""One file of all rows: Parquet with its provenance inside, or CSV with what a CSV cannot hold beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput
from tilscope.service.research.extraction.checkpoints import Checkpoints
from tilscope.service.research.extraction.extract_study import Extracted
from tilscope.service.research.extraction.feature_rows import Row, RowState
from tilscope.service.research.extraction.request import ExtractionRequest
from tilscope.service.site.atomic_files import write_durably

#: The key of the provenance in the schema's metadata.
KEY = b"tilscope"
PARQUET, CSV = ".parquet", ".csv"

_TEXT, _TEXTS = pa.string(), pa.list_(pa.string())


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """All rows of a cohort. Their values are in one matrix: as thousands of names a row they would fill the memory."""

    rows: tuple[Row, ...]
    values: NDArray[np.float64]
    """[row, column of the order]; NaN where there is none."""

    @classmethod
    def of(cls, extracted: Iterable[Extracted], checkpoints: Checkpoints, request: ExtractionRequest) -> FeatureRows:
        """In one order, whatever the studies came from and whoever was ready first."""
        columns = request.columns
        sorted_rows: list[tuple[Row, NDArray[np.float64]]] = []
        for one in extracted:
            rows = checkpoints.read(one.part) if one.part else one.rows
            if rows is None:
                raise RuntimeError(f"the part {one.part} has vanished from {checkpoints.folder}; run the command again")
            for row in rows:
                values = np.array([row.values.get(name, np.nan) for name in columns])
                sorted_rows.append((replace(row, values={}), values))
        sorted_rows.sort(key=lambda pair: (pair[0].study_uid, pair[0].laterality, pair[0].series_uids))
        matrix = np.array([values for _, values in sorted_rows]).reshape(len(sorted_rows), len(columns))
        return cls(tuple(row for row, _ in sorted_rows), matrix)

    def counted(self) -> dict[str, int]:
        """Rows by state."""
        return {state.value: sum(row.state is state for row in self.rows) for state in RowState}


def check_name(path: Path) -> None:
    if path.suffix not in (PARQUET, CSV):
        raise BadInput("unusable-table", path=path, problem=f"its name must end with {PARQUET} or {CSV}")


def table_of(rows: FeatureRows, request: ExtractionRequest, provenance: dict[str, Any]) -> pa.Table:
    columns = [(pa.field(name, kind), [of(row) for row in rows.rows]) for name, kind, of in _facts(request)]
    arrays = [pa.array(values, field.type) for field, values in columns]
    # As pandas has it, NaN is null: a value that cannot be had is no number.
    arrays += [pa.array(values, pa.float64(), from_pandas=True) for values in rows.values.T]
    fields = [field for field, _ in columns] + [pa.field(name, pa.float64()) for name in request.columns]
    metadata = {KEY: json.dumps(provenance, ensure_ascii=False).encode()}
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=metadata))


def write_table(table: pa.Table, path: Path) -> None:
    """Whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if path.suffix == PARQUET:
            pq.write_table(table, unfinished, compression="zstd", use_dictionary=False)
        else:
            _write_csv(table, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    if path.suffix == CSV:
        write_durably(path.with_name(f"{path.name}.json"), _beside_csv(table))


def _facts(request: ExtractionRequest) -> list[tuple[str, pa.DataType, Callable[[Row], Any]]]:
    """All columns that are no features; a text that is not known is null."""
    facts: list[tuple[str, pa.DataType, Callable[[Row], Any]]] = [
        ("study_uid", _TEXT, lambda row: row.study_uid),
        ("patient_id", _TEXT, lambda row: row.patient_id or None),
        ("laterality", _TEXT, lambda row: row.laterality or None),
        ("state", _TEXT, lambda row: row.state.value),
        ("code", _TEXT, lambda row: row.code or None),
        ("reason", _TEXT, lambda row: row.reason or None),
        ("lesion_laterality", _TEXT, lambda row: row.lesion_laterality or None),
        ("lesions", pa.int32(), lambda row: row.lesions),
        ("lesion_source", _TEXT, lambda row: row.lesion_source or None),
        ("drawn_by", _TEXT, lambda row: row.drawn_by or None),
        ("segmenter", _TEXT, lambda row: row.segmenter or None),
        ("scanner", _TEXT, lambda row: row.scanner or None),
        ("time_zero", _TEXT, lambda row: row.time_zero or None),
        ("time_zero_assumed", pa.bool_(), lambda row: row.time_zero_assumed),
        ("phase_times_s", pa.list_(pa.float64()), lambda row: list(row.phase_times_s)),
        ("phase_roles", _TEXTS, lambda row: list(row.phase_roles)),
        ("warnings", _TEXTS, lambda row: list(row.warnings)),
        ("series_uids", _TEXTS, lambda row: list(row.series_uids)),
        ("measurement_hash", _TEXT, lambda row: row.measurement_hash or None),
        ("settings_hash", _TEXT, lambda row: row.settings_hash or None),
        ("pipeline_version", _TEXT, lambda row: row.pipeline_version),
        ("missing", _TEXT, lambda row: json.dumps(dict(row.missing)) if row.missing else None),
    ]
    for one in request.complete_sets:
        facts.append((f"{one.name}_settings_hash", _TEXT, _always(request.settings_hash_of(one))))
        facts.append((f"{one.name}_phases", pa.list_(pa.int32()), _phases_of(one.name)))
    return facts


def _always(text: str) -> Callable[[Row], str]:
    return lambda row: text


def _phases_of(name: str) -> Callable[[Row], tuple[int, ...] | None]:
    return lambda row: row.phases_of_set.get(name)


def _beside_csv(table: pa.Table) -> bytes:
    """JSON: the provenance, and the reasons, which can be long."""
    rows = table.select(["study_uid", "laterality", "missing"]).to_pylist()
    reasons = [{**row, "missing": json.loads(row["missing"])} for row in rows if row["missing"]]
    document = {"provenance": json.loads(table.schema.metadata[KEY]), "missing": reasons}
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def _write_csv(table: pa.Table, path: Path) -> None:
    """Lists become texts."""
    flat = table.drop_columns(["missing"])
    for number, column in enumerate(flat.schema):
        if pa.types.is_list(column.type):
            texts = [";".join(str(item) for item in items or ()) for items in flat[column.name].to_pylist()]
            flat = flat.set_column(number, column.name, pa.array(texts))
    pa_csv.write_csv(flat, path)
