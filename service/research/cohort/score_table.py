"""The rows as one table: Parquet with its provenance inside, or CSV with what a CSV cannot hold beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from tilscope.models import PIPELINE_VERSION
from tilscope.models.settings import PipelineSettings, identity_of
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import settings_hash
from tilscope.service.research.cohort.score_rows import ScoreRow
from tilscope.service.research.extraction.feature_table import KEY

_TEXT, _TEXTS, _NUMBER = pa.string(), pa.list_(pa.string()), pa.float64()

_FACTS: tuple[tuple[str, pa.DataType, Callable[[ScoreRow], Any]], ...] = (
    ("study_uid", _TEXT, lambda row: row.study_uid),
    ("patient_id", _TEXT, lambda row: row.patient_id or None),
    ("study_date", _TEXT, lambda row: row.study_date or None),
    ("laterality", _TEXT, lambda row: row.laterality or None),
    ("state", _TEXT, lambda row: row.state.value),
    ("code", _TEXT, lambda row: row.code or None),
    ("reason", _TEXT, lambda row: row.reason or None),
    ("scanner", _TEXT, lambda row: row.scanner or None),
    ("warnings", _TEXTS, lambda row: list(row.warnings)),
    ("not_checkable", _TEXTS, lambda row: list(row.not_checkable)),
    ("finding", _TEXT, lambda row: row.series and row.series.finding.value),
    ("lesions", pa.int32(), lambda row: row.series and len(row.series.lesions)),
    ("lesion_laterality", _TEXT, lambda row: row.series and row.series.scored_laterality),
    ("lesion_source", _TEXT, lambda row: row.series and row.series.segmentation.source),
    ("drawn_by", _TEXT, lambda row: (row.series and row.series.segmentation.by) or None),
    ("segmenter", _TEXT, lambda row: row.series and row.series.segmenter),
    ("time_zero", _TEXT, lambda row: row.series and row.series.time_zero),
    ("time_zero_assumed", pa.bool_(), lambda row: row.series and row.series.time_zero_assumed),
    ("phase_times_s", pa.list_(_NUMBER), lambda row: [one.time_s for one in row.series.phases] if row.series else []),
    ("series_uids", _TEXTS, lambda row: list(row.series.series_uids) if row.series else []),
    ("picture", _TEXT, lambda row: row.picture or None),
    ("measurement_hash", _TEXT, lambda row: row.series and row.series.measurement_hash),
    ("settings_hash", _TEXT, lambda row: row.series and row.series.settings_hash),
    ("pipeline_version", _TEXT, lambda row: row.pipeline_version),
    ("demo", pa.bool_(), lambda row: row.series and row.series.demo),
    ("missing", _TEXT, lambda row: json.dumps(dict(row.missing)) if row.missing else None),
)
_OF_SIGNATURE = ("_class", "_state", "_reason", "_reference"), ("", "_percentile", "_low", "_high")


def score_table(rows: Sequence[ScoreRow], settings: PipelineSettings, made: datetime) -> pa.Table:
    """Facts first, then each signature's score and what belongs to it, then everything measured, in the order of the reports."""
    columns = [(name, kind, [value(row) for row in rows]) for name, kind, value in _FACTS]
    for signature in all_signatures():
        hash_here = settings_hash(signature, settings)
        columns.append((f"{signature.id}_settings_hash", _TEXT, [hash_here if row.series else None for row in rows]))
        texts, numbers = _OF_SIGNATURE
        columns += [(n, _NUMBER, [r.numbers.get(n) for r in rows]) for n in (f"{signature.id}{end}" for end in numbers)]
        columns += [(n, _TEXT, [r.texts.get(n) for r in rows]) for n in (f"{signature.id}{end}" for end in texts)]
    there = {name for name, _, _ in columns}
    for name in _names(({**row.numbers, **row.missing} for row in rows), there):
        columns.append((name, _NUMBER, [row.numbers.get(name) for row in rows]))
    for name in _names((row.texts for row in rows), there):
        columns.append((name, _TEXT, [row.texts.get(name) for row in rows]))
    fields = [pa.field(name, kind) for name, kind, _ in columns]
    metadata = {KEY: json.dumps(provenance(settings, made), ensure_ascii=False).encode()}
    arrays = [pa.array(values, kind) for _, kind, values in columns]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=metadata))


def provenance(settings: PipelineSettings, made: datetime) -> dict[str, Any]:
    """Travels with the table, so that a paper can cite what its numbers are."""
    return {
        "research_use_only": True,
        "made": made.isoformat(timespec="seconds"),
        "pipeline_version": PIPELINE_VERSION,
        "settings_hash": settings.digest(),
        "segmenter": identity_of(settings.segmentation.segmenter),
        "extractor": settings.extractor,
        "signatures": {
            one.id: {
                "title": one.title,
                "citation": one.citation,
                "version": one.version,
                "settings_hash": settings_hash(one, settings),
                "parameters": one.parameters,
            }
            for one in all_signatures()
        },
    }


def _names(of_rows: Iterable[Iterable[str]], but: set[str]) -> list[str]:
    """Each once, in the order in which they come first."""
    return [name for name in dict.fromkeys(name for names in of_rows for name in names) if name not in but]
