"""Which exams of a patient can be followed: those that are scored, dated and surely of the same person; and why others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pydicom import Dataset

from tilscope.dicom_io.same_patient import PatientOfStudy, names_nobody, why_not_the_same
from tilscope.models.result import StudyResult

#: Of a study's header, whatever archive it is in; None where the study is not there.
HeaderOf = Callable[[str], Dataset | None]


@dataclass(frozen=True)
class DatedExam:
    """A scored study with the day of the exam."""

    result: StudyResult
    day: date
    time: str
    """StudyTime, which orders two exams of one day."""


@dataclass(frozen=True)
class LeftOut:
    """A study of the same patient identifier that is not followed, and why."""

    study_uid: str
    reason: str
    """The rest of a sentence."""


@dataclass(frozen=True)
class ExamsOfPatient:
    exams: tuple[DatedExam, ...]
    """In the order of time; this one is among them."""
    left_out: tuple[LeftOut, ...]
    """Of the others."""

    def until(self, study_uid: str) -> tuple[DatedExam, ...]:
        """Those up to this study, and this one: what could be known when it was made."""
        uids = [one.result.study_uid for one in self.exams]
        return self.exams[: uids.index(study_uid) + 1] if study_uid in uids else ()


def exams_of_patient(this: StudyResult, others: Iterable[StudyResult], header_of: HeaderOf) -> ExamsOfPatient:
    """`others` are the results of studies with the same patient identifier; no image of theirs is read."""
    candidates = list(others)
    header = header_of(this.study_uid) if candidates else None
    if header is None:
        return ExamsOfPatient((), ())
    patient = PatientOfStudy.of(header)
    if names_nobody(patient.patient_id):
        # Hundreds of strangers may share it: none of them is looked at.
        return ExamsOfPatient((), tuple(LeftOut(one.study_uid, why_not_the_same(patient, patient)) for one in candidates))
    exams, left_out = [], []
    for result, of in ((this, patient), *((one, _patient(one, header_of)) for one in candidates)):
        reason = "it is no longer in the archive" if of is None else why_not_the_same(patient, of)
        day = _day(of.day) if of else None
        if of is None or reason or day is None:
            left_out.append(LeftOut(result.study_uid, reason or "it has no date"))
        else:
            exams.append(DatedExam(result, day, of.time))
    if this.study_uid not in [one.result.study_uid for one in exams]:
        return ExamsOfPatient((), tuple(left_out))
    return ExamsOfPatient(tuple(sorted(exams, key=lambda one: (one.day, one.time))), tuple(left_out))


def _patient(result: StudyResult, header_of: HeaderOf) -> PatientOfStudy | None:
    header = header_of(result.study_uid)
    return None if header is None else PatientOfStudy.of(header)


def _day(written: str) -> date | None:
    try:
        return datetime.strptime(written, "%Y%m%d").date()
    except ValueError:
        return None
