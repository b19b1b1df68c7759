"""A table of scores as the cohort of a reference: what `tilscope calibrate` reads instead of the reports in an archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilscope.models.refusals import BadInput
from tilscope.models.signatures.base import Signature
from tilscope.service.research.cohort.cohort_study import CohortState
from tilscope.service.research.cohort.score_rows import column_of
from tilscope.service.research.training.input_tables import read_columns
from tilscope.service.site.cohort import DEMO, MISSING_FEATURE, Cohort, Observation, other_settings

_STUDY, _STATE, _LESION = "study_uid", "state", "largest_lesion_cc"
TABLES = (".parquet", ".csv")


def is_table(place: str) -> bool:
    return place.endswith(TABLES)


def cohort_in_table(path: Path, signature: Signature, settings_hash: str, demo: bool = False) -> Cohort:
    """One observation of each study: of two breasts the one with the larger lesion, as from the reports.

    Rows of demo mode count in demo mode only.
    """
    columns = read_columns(path, (_STUDY, _STATE))
    wanted = {id: column_of(signature.id, id) for id in signature.model_features}
    if missing := [name for name in wanted.values() if name not in columns]:
        problem = f"it has no column {', '.join(missing)}; `tilscope cohort` writes tables that have them"
        raise BadInput("unusable-table", path=path, problem=problem)
    left_out: Counter[str] = Counter()
    found: list[Observation] = []
    for row in _one_a_study(columns):
        if why := _why_not(row, signature, settings_hash, wanted, demo):
            left_out[why] += 1
        else:
            numbers = {id: float(row[column]) for id, column in wanted.items()}
            report = str(row.get("measurement_hash") or row[_STUDY])
            facts = (str(row[_STUDY]), str(row.get("patient_id") or ""), report, str(row.get("scanner") or ""))
            found.append(Observation(*facts, numbers))
    found.sort(key=lambda one: one.report_uid)
    return Cohort(settings_hash, tuple(found), dict(left_out))


def _one_a_study(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The scored row with the largest lesion; of a study without one, any."""
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    rows.sort(key=lambda row: (row[_STATE] == CohortState.SCORED, _cc(row)))
    return list({str(row[_STUDY]): row for row in rows}.values())


def _cc(row: Mapping[str, Any]) -> float:
    return float(row.get(_LESION) or 0.0)


def _why_not(
    row: Mapping[str, Any], signature: Signature, settings_hash: str, wanted: Mapping[str, str], demo: bool
) -> str:
    if row[_STATE] != CohortState.SCORED:
        return f"state {row[_STATE]}"
    if str(row.get("demo") or "").lower() == "true" and not demo:
        return DEMO
    made_under = row.get(f"{signature.id}_settings_hash")
    if made_under != settings_hash:
        return other_settings(str(made_under or ""))
    if any(row[column] in (None, "") for column in wanted.values()):
        return MISSING_FEATURE
    return ""
