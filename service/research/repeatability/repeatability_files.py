"""What was found, as files: a table of every feature, the list that a training may use, and where they come from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tilscope.service.research.extraction.feature_table import CSV, KEY, PARQUET
from tilscope.service.research.repeatability.repeatable import FeatureAgreement, Rule
from tilscope.service.research.statistics.estimate import Estimate
from tilscope.service.site.atomic_files import write_durably


def write_agreement(path: Path, found: Sequence[FeatureAgreement], provenance: Mapping[str, Any]) -> None:
    """Parquet with its provenance inside, or CSV with it beside; whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.new")
    said = json.dumps(provenance, ensure_ascii=False)
    table = _table(found).replace_schema_metadata({KEY: said.encode()})
    try:
        if path.suffix == PARQUET:
            pq.write_table(table, unfinished, compression="zstd")
        else:
            pa_csv.write_csv(table, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    if path.suffix == CSV:
        write_durably(
            path.with_name(f"{path.name}.json"), json.dumps(provenance, indent=2, ensure_ascii=False).encode()
        )


def write_usable(path: Path, found: Sequence[FeatureAgreement], rule: Rule, about: str) -> None:
    """One feature a line; lines that begin with # are for people."""
    names = [one.feature for one in found if one.usable]
    head = [f"# {len(names)} of {len(found)} features that may be used: {rule.words}.", f"# {about}"]
    write_durably(path, "\n".join([*head, *names, ""]).encode())


def usable_beside(table: Path) -> Path:
    """Where the list lies."""
    return table.with_name(f"{table.stem}.usable.txt")


def _table(found: Sequence[FeatureAgreement]) -> pa.Table:
    columns: dict[str, Any] = {
        "feature": [one.feature for one in found],
        "lesions": pa.array([None if one.agreement is None else one.agreement.subjects for one in found], pa.int32()),
    }
    for name, of in (("icc_2_1", _absolute), ("icc_3_1", _consistent)):
        figures = [of(one) for one in found]
        for suffix, figure in (("", "value"), ("_low", "low"), ("_high", "high")):
            values = [None if one is None else getattr(one, figure) for one in figures]
            columns[name + suffix] = pa.array(values, pa.float64())
    columns["usable"] = pa.array([one.usable for one in found], pa.bool_())
    columns["reason"] = [one.reason for one in found]
    return pa.table(columns)


def _absolute(one: FeatureAgreement) -> Estimate | None:
    return None if one.agreement is None else one.agreement.absolute


def _consistent(one: FeatureAgreement) -> Estimate | None:
    return None if one.agreement is None else one.agreement.consistent
