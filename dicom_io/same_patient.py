"""Whose a study is, by its headers, and whether two studies are surely of the same person.

A PatientID alone is not enough: anonymisers give one to everybody, and two hospitals give the same number to two people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydicom import Dataset

#: What stands in PatientID where nobody is meant. A number behind it, as in ANON-0042, tells people apart again.
_NOBODY = {
    "", "anon", "anonym", "anonymous", "anonymized", "anonymised", "deidentified", "unknown", "unspecified", "none",
    "null", "na", "noid", "noname", "patient", "removed", "test",
}  # fmt: skip


@dataclass(frozen=True)
class PatientOfStudy:
    """One study, when it was, and whom it is of. What a header lacks is ''."""

    study_uid: str
    day: str
    """StudyDate, YYYYMMDD."""
    time: str
    """StudyTime."""
    patient_id: str
    issuer: str
    sex: str
    birth_date: str

    @classmethod
    def of(cls, header: Dataset) -> PatientOfStudy:
        keywords = (
            "StudyInstanceUID", "StudyDate", "StudyTime", "PatientID", "IssuerOfPatientID", "PatientSex",
            "PatientBirthDate",
        )  # fmt: skip
        return cls(*(str(header.get(keyword) or "").strip() for keyword in keywords))

    @property
    def moment(self) -> tuple[str, str]:
        """For sorting."""
        return self.day, self.time


def names_nobody(patient_id: str) -> bool:
    """Whether an identifier is a filler, which many patients share.

    >>> [names_nobody(one) for one in ("", "0000", "ANONYMOUS", "Anon-0", "xxx")]
    [True, True, True, True, True]
    >>> [names_nobody(one) for one in ("TCGA-AO-A03M", "ANON-0042", "7", "NACT_07")]
    [False, False, False, False]
    """
    significant = re.sub(r"[\W_]", "", patient_id.casefold())
    alike = len(set(significant)) == 1 and (len(significant) > 2 or significant == "0")
    return alike or not significant.strip("0") or significant.rstrip("0") in _NOBODY


def why_not_the_same(one: PatientOfStudy, other: PatientOfStudy) -> str:
    """The reason why the two are not taken for the same person, as the rest of a sentence; '' where they are."""
    if names_nobody(one.patient_id):
        return f"the patient identifier {one.patient_id!r} names nobody" if one.patient_id else "no patient is named"
    if one.patient_id != other.patient_id:
        return "the patient identifiers differ"
    for what, here, there in (
        ("issuers of the patient identifier", one.issuer, other.issuer),
        ("sexes", one.sex, other.sex),
        ("birth dates", one.birth_date, other.birth_date),
    ):
        if here and there and here != there:
            return f"the {what} differ"
    return ""
