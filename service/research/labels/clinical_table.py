"""The clinical table: patients, their studies, and what is known of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.cohort_tables import read_frame, some, unusable

STUDY, PATIENT, SIDE = "study_uid", "patient_id", "laterality"
#: Before the name of a clinical column where a score has that name too.
_CLINICAL = "clinical_"
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?([eE][+-]?\d{1,2})?")


@dataclass(frozen=True, eq=False)
class ClinicalTable:
    """A row a study, or a patient where no studies are named."""

    path: Path
    frame: Any
    """A pandas DataFrame of texts."""

    @property
    def patients(self) -> list[str]:
        return list(self.frame[PATIENT])

    def column(self, name: str) -> list[str]:
        if name not in self.frame.columns:
            raise unusable(self.path, f"it has no column {name}; it has {some(self.frame.columns)}")
        return list(self.frame[name])

    def besides(self, rows: Sequence[int]) -> dict[str, Sequence[Any]]:
        """Of these rows, all that is known but whose they are: numbers where a column holds nothing else, else texts."""
        names = [name for name in self.frame.columns if name not in (PATIENT, STUDY, SIDE)]
        columns = {name: self.column(name) for name in names}
        return {name: _numbers_if_all_are([values[n] for n in rows]) for name, values in columns.items()}

    def of_patients(self, patients: Sequence[str], column: str) -> list[str]:
        """One value for each of these; '' where nothing is known. Refused where two rows of a patient contradict."""
        known: dict[str, str] = {}
        for patient, value in zip(self.patients, self.column(column), strict=True):
            if value and known.setdefault(patient, value) != value:
                raise unusable(self.path, f"patient {patient} has two values of {column}: {known[patient]} and {value}")
        return [known.get(patient, "") for patient in patients]


def named_apart(
    known: Mapping[str, Sequence[Any]], taken: Collection[str]
) -> tuple[dict[str, Sequence[Any]], tuple[str, ...]]:
    """Clinical columns under names that are not taken, and in sentences which have another name now.

    >>> named_apart({"er": ["1"], "cyt": ["2"]}, ["patient_id", "cyt"])
    ({'er': ['1'], 'clinical_cyt': ['2']}, ('the clinical column cyt is called clinical_cyt here: a score has its name',))
    """
    name_of = {name: f"{_CLINICAL}{name}" if name in taken else name for name in known}
    renamed = tuple(
        f"the clinical column {old} is called {new} here: a score has its name"
        for old, new in name_of.items()
        if new != old
    )
    return {name_of[name]: values for name, values in known.items()}, renamed


def _numbers_if_all_are(texts: Sequence[str]) -> Sequence[Any]:
    """A code that begins with 0 is none, and an empty cell says nothing.

    >>> _numbers_if_all_are(["3.5", "", "12"]), _numbers_if_all_are(["007", "12"]), _numbers_if_all_are(["1", "0"])
    ([3.5, '', 12.0], ['007', '12'], [1, 0])
    """
    there = [text for text in texts if text]
    if not there or not all(_NUMBER.fullmatch(text) for text in there):
        return texts
    kind = int if all(text.lstrip("-").isdecimal() for text in there) else float
    return [kind(text) if text else "" for text in texts]


def read_clinical(path: Path) -> ClinicalTable:
    frame = read_frame(path)
    if PATIENT not in frame.columns:
        raise unusable(path, f"it has no column {PATIENT}; it has {some(frame.columns)}")
    if empty := int((frame[PATIENT] == "").sum()):
        raise unusable(path, f"{empty} rows name no patient")
    identity = [name for name in (PATIENT, STUDY, SIDE) if name in frame.columns]
    if (twice := frame[identity].duplicated()).any():
        raise unusable(path, f"several rows are of the same {' and '.join(identity)}: {some(frame[PATIENT][twice])}")
    return ClinicalTable(path, frame)


def require_common(clinical: ClinicalTable, patients: Sequence[str]) -> tuple[str, ...]:
    """Refused where no patient is in both; else in sentences how many are in one only."""
    here, there = set(patients), set(clinical.patients)
    if not here & there:
        raise BadInput(
            "no-patient-in-common", path=clinical.path, patients=some(clinical.patients[:3]), others=some(patients[:3])
        )
    only_here = sorted(here - there)
    only_there = sorted(there - here)
    return tuple(
        f"{len(names)} patients {where}: {some(names)}"
        for names, where in (
            (only_there, "of the clinical table have no expression"),
            (only_here, "with expression are not in the clinical table"),
        )
        if names
    )


def indicators(values: Sequence[str]) -> NDArray[np.float64]:
    """[sample, column] for a linear model: the numbers themselves, or a column for each word but the first."""
    try:
        return np.array([[float(value)] for value in values])
    except ValueError:
        words = sorted(set(values))
        return np.array([[float(value == word) for word in words[1:]] for value in values])
