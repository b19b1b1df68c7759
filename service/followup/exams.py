"""Which exams of a patient can be followed: those that have an answer, a date and are surely of the same person; and why others cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydicom import Dataset

from tilscope.dicom_io.identity import tracking_uid_of
from tilscope.dicom_io.same_patient import PatientOfStudy, names_nobody, why_not_the_same
from tilscope.models.followup import Exam, exam_of, exam_of_refusal
from tilscope.models.result import StudyResult
from tilscope.service.answered_study import AnsweredStudy
from tilscope.service.scoring.series_picture import AFTER_THE_BREAST

#: Of a study's header, whatever archive it is in; None where the study is not there.
HeaderOf = Callable[[str], Dataset | None]
#: Refusals of images that do show breasts; any other may be of a knee.
_OF_A_BREAST = frozenset({*AFTER_THE_BREAST, "neither-breast"})


@dataclass(frozen=True)
class ExamsOfPatient:
    exams: tuple[Exam, ...]
    """In the order of time; this one is among them. Empty where there is no other to follow."""
    results: dict[str, StudyResult]
    """Of those that were scored, by study."""
    left_out: tuple[str, ...]
    """Which others are not followed, and why, a sentence each."""

    def until(self, study_uid: str) -> ExamsOfPatient:
        """Those up to this study, and this one: what could be known when it was made."""
        uids = [exam.study_uid for exam in self.exams]
        until = self.exams[: uids.index(study_uid) + 1] if study_uid in uids else ()
        return ExamsOfPatient(until if len(until) > 1 else (), self.results, self.left_out)


def exams_of_patient(this: AnsweredStudy, others: Iterable[AnsweredStudy], header_of: HeaderOf) -> ExamsOfPatient:
    """`others` are the studies with the same patient identifier; no image of theirs is read."""
    candidates = [one for one in others if _shows_breasts(one)]
    header = header_of(this.study_uid) if candidates and _shows_breasts(this) else None
    if header is None:
        return ExamsOfPatient((), {}, ())
    patient = PatientOfStudy.of(header)
    if names_nobody(patient.patient_id):
        # Hundreds of strangers may share it: none of them is looked at.
        why = why_not_the_same(patient, patient)
        return ExamsOfPatient((), {}, (f"Earlier exams are not looked for: {why}.",))
    day = _day(patient.day)
    if day is None:
        return ExamsOfPatient((), {}, ("Earlier exams are not looked for: this study has no date.",))
    kept, left_out = [(this, day)], []
    for other in candidates:
        found = header_of(other.study_uid)
        other_patient = None if found is None else PatientOfStudy.of(found)
        other_day = None if other_patient is None else _day(other_patient.day)
        reason = _why_not(patient, other_patient) or _why_not_then(day, other_day)
        if other_day is None or reason:
            left_out.append(f"Study {other.study_uid} is not compared: {reason}.")
        else:
            kept.append((other, other_day))
    exams = tuple(_exam(study, when, patient.patient_id, kept) for study, when in kept) if len(kept) > 1 else ()
    results = {study.study_uid: study.result for study, _ in kept if study.result is not None}
    return ExamsOfPatient(tuple(sorted(exams, key=lambda one: (one.date, one.study_uid))), results, tuple(left_out))


def _shows_breasts(study: AnsweredStudy) -> bool:
    return study.result is not None or study.code in _OF_A_BREAST


def _why_not(patient: PatientOfStudy, other: PatientOfStudy | None) -> str:
    return "it is no longer in the archive" if other is None else why_not_the_same(patient, other)


def _why_not_then(day: date, other: date | None) -> str:
    """Two exams of one day are one exam repeated, and no course."""
    if other is None:
        return "it has no date"
    return "it is of the same day" if other == day else ""


def _exam(
    study: AnsweredStudy, when: date, patient_id: str, all_of_patient: Sequence[tuple[AnsweredStudy, date]]
) -> Exam:
    if study.result is not None:
        return exam_of(study.result, when, patient_id, tracking_uid_of)
    # What a refused study shows is not kept: it is taken for what the patient's other exams show.
    sides = {side for one, _ in all_of_patient if one.result for side in _sides(one.result)}
    side = sides.pop() if len(sides) == 1 else "B"
    return exam_of_refusal(study.study_uid, when, patient_id, side, study.code, study.reason)


def _sides(result: StudyResult) -> list[str]:
    return [*(one.laterality for one in result.dynamic_series), *(one.laterality for one in result.refused_series)]


def _day(written: str) -> date | None:
    try:
        return datetime.strptime(written, "%Y%m%d").date()
    except ValueError:
        return None
