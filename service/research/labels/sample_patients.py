"""Whose sample it is: by a table, by the first letters of the sample's name, or by TCGA's barcode."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tilscope.service.research.labels.cohort_tables import read_frame, some, unusable

SAMPLE, PATIENT = "sample", "patient_id"
#: Patient, then two digits for what was taken: 01 the primary tumour, 06 a metastasis, 11 normal tissue beside it.
_TCGA = re.compile(r"(TCGA[-.]\w{2}[-.]\w{4})(?:[-.](\d{2})[A-Z]?.*)?")


@dataclass(frozen=True)
class SampleNames:
    """How a cohort names its samples."""

    table: Path | None = None
    """With the columns sample and patient_id."""
    prefix: int | None = None
    """So many first letters are the patient."""
    tissue: str = "01"
    """Of TCGA's barcodes, the samples that count."""


@dataclass(frozen=True)
class SamplePatients:
    """The samples that count, by their number in the matrix, each with its patient."""

    patients: Mapping[int, str]
    notes: tuple[str, ...]


def patients_of(samples: Sequence[str], names: SampleNames) -> SamplePatients:
    """TCGA's barcodes are known by themselves, unless a table or a prefix says otherwise. Else the sample is the patient."""
    if names.table is not None:
        return _by_table(samples, names.table)
    if names.prefix is not None:
        return SamplePatients({n: sample[: names.prefix] for n, sample in enumerate(samples)}, ())
    barcodes = [_TCGA.fullmatch(sample) for sample in samples]
    if not all(barcodes):
        return SamplePatients(dict(enumerate(samples)), ())
    kept = {
        n: found[1].replace(".", "-") for n, found in enumerate(barcodes) if found and found[2] in (None, names.tissue)
    }
    others = [sample for n, sample in enumerate(samples) if n not in kept]
    note = f"{len(others)} samples are of other tissue than {names.tissue} by their barcode: {some(others)}"
    return SamplePatients(kept, (note,) if others else ())


def _by_table(samples: Sequence[str], table: Path) -> SamplePatients:
    frame = read_frame(table)
    if missing := [name for name in (SAMPLE, PATIENT) if name not in frame.columns]:
        raise unusable(table, f"it has no column {' and '.join(missing)}")
    patient_of: dict[str, str] = {}
    for sample, patient in zip(frame[SAMPLE], frame[PATIENT], strict=True):
        if patient_of.setdefault(sample, patient) != patient:
            raise unusable(table, f"the sample {sample} has two patients")
    kept = {n: patient_of[sample] for n, sample in enumerate(samples) if patient_of.get(sample)}
    if not kept:
        raise unusable(table, f"none of its samples ({some(patient_of)}) is in the matrix ({some(samples)})")
    others = [sample for n, sample in enumerate(samples) if n not in kept]
    return SamplePatients(kept, (f"{len(others)} samples are not in {table.name}: {some(others)}",) if others else ())
