"""A small cohort of phantoms in a folder, and `tilscope features` on it: for tests in this process and in others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.research.extraction.feature_rows import Row

#: Four phases after contrast, as Su 2022 has them; the ready small patient has three.
FOUR_POSTS = replace(
    PhantomSpec.small(1), phase_starts_s=(-90.0, 0.0, 90.0, 180.0, 270.0, 360.0), phase_duration_s=90.0
)
THREE_POSTS = replace(PhantomSpec.small(2), patient_number=2)
WITHOUT_LESION = replace(PhantomSpec.small(3), patient_number=3, lesion=None)

FACTS = ("study_uid", "patient_id", "laterality", "state", "code", "reason", "lesion_source", "measurement_hash")


def write_cohort(folder: Path, *specs: PhantomSpec) -> Path:
    """A folder for each patient: files of a cohort lie nested."""
    for number, spec in enumerate(specs, start=1):
        write_study(make_study(spec), folder / f"patient {number}")
    return folder


def patient(number: int) -> str:
    return f"TILSCOPE-PHANTOM-{number}"


def rows_by_patient(table: Path) -> dict[str, dict[str, object]]:
    return {str(row["patient_id"]): row for row in pq.read_table(table).to_pylist()}


def features_of(table: pa.Table) -> pa.Table:
    """Without what belongs to a run: all that two tables of the same images must have in common."""
    return table.select([name for name in table.column_names if "/" in name or name in FACTS])


assert set(FACTS) <= {*Row.__dataclass_fields__}
