"""MAMA-MIA: 1,506 breast DCE-MRI cases with experts' outlines (Garrucho et al., Scientific Data 12, 453, 2025; syn60868042).

    images/DUKE_001/DUKE_001_0000.nii.gz       before contrast; _0001 the first after it, ...
    segmentations/expert/DUKE_001.nii.gz       the outline that counts
    segmentations/automatic/DUKE_001.nii.gz    a network's: no person has drawn it, and it is not read
    clinical_and_imaging_info.xlsx             sheet dataset_info, a row a patient

Some releases write the names of files in small letters. The columns of the table are those that the authors' notebook lists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from tilscope.dicom_io.volume_files.case import VolumeCase
from tilscope.dicom_io.volume_files.facts import CaseFacts
from tilscope.dicom_io.volume_files.nnunet import named
from tilscope.dicom_io.volume_files.tables import rows_of
from tilscope.models.refusals import BadInput

_TABLE, _SHEET = "clinical_and_imaging_info", "dataset_info"
#: The table's columns, and the fact that each tells.
_COLUMNS = {
    "field_strength": "field_strength_t",
    "manufacturer": "manufacturer",
    "scanner_model": "model",
    "repetition_time": "repetition_ms",
    "echo_time": "echo_ms",
}
_YES_OR_NO = {"0": False, "1": True}


def completed(case: VolumeCase) -> VolumeCase | None:
    """With the expert's outline and what the table tells, of a case that lies in such a folder."""
    of_patient = case.phases[0].parent
    root = of_patient.parent.parent
    table = next((p for s in (".xlsx", ".csv") if (p := root / f"{_TABLE}{s}").is_file()), None)
    expert = root / "segmentations" / "expert"
    if of_patient.parent.name != "images" or not (expert.is_dir() or table):
        return None
    row = _of_patient(table).get(of_patient.name.lower(), {}) if table else {}
    try:
        facts = _facts(row)
    except ValueError as problem:  # pydantic's and json's
        why = f"acquisition_times of {of_patient.name} or another of its values: {problem}"
        raise BadInput("unusable-table", path=table, problem=why) from None
    return replace(case, name=of_patient.name, mask=named(expert, case.name), facts=facts)


def _facts(row: Mapping[str, str]) -> CaseFacts:
    """`acquisition_times` are seconds from the phase before contrast; when contrast was injected is not in the table."""
    told: dict[str, object] = {fact: row[name].strip() for name, fact in _COLUMNS.items() if row.get(name, "").strip()}
    if row.get("acquisition_times"):
        told["starts_s"] = json.loads(row["acquisition_times"])
    suppressed = _YES_OR_NO.get(row.get("fat_suppressed", "").partition(".")[0])
    return CaseFacts.model_validate(told | ({} if suppressed is None else {"fat_suppressed": suppressed}))


@cache
def _of_patient(table: Path) -> Mapping[str, Mapping[str, str]]:
    return {row["patient_id"].lower(): row for row in rows_of(table, _SHEET) if row.get("patient_id")}
