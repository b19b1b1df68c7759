"""Follows the lesions of a study that is being scored: `scoring.following.Follow`, by what ledger and archive know of its patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tilscope.models.followup import follow
from tilscope.models.result import SeriesResult, StudyResult
from tilscope.service.answered_study import AnsweredStudy
from tilscope.service.followup.exams import ExamsOfPatient, HeaderOf, exams_of_patient
from tilscope.service.followup.over_time import over_time, tracking_uids


@dataclass(frozen=True)
class Following:
    """`others` are the studies with the same patient identifier."""

    others: Sequence[AnsweredStudy]
    header_of: HeaderOf

    def __call__(self, series: Sequence[SeriesResult]) -> Sequence[SeriesResult]:
        """Each series with what earlier exams say of its breast, and its lesions with the tracking UIDs that they have there."""
        study_uid = series[0].study_uid
        patient = exams_of_patient(_answer(series), self.others, self.header_of).until(study_uid)
        if not patient.exams:
            return series
        kept = tracking_uids(follow(patient.exams), study_uid)
        return [_followed(one, patient, kept) for one in series]


def _answer(series: Sequence[SeriesResult]) -> AnsweredStudy:
    first = series[0]
    facts = (first.study_uid, first.input_hash, first.settings_hash, first.pipeline_version)
    return AnsweredStudy(first.study_uid, StudyResult(*facts, tuple(series)))


def _followed(one: SeriesResult, patient: ExamsOfPatient, kept: dict[tuple[str, int], str]) -> SeriesResult:
    lesions = tuple(
        replace(lesion, tracking_uid=kept.get((lesion.laterality, lesion.number), "")) for lesion in one.lesions
    )
    return replace(one, lesions=lesions, over_time=over_time(patient, one.study_uid, one.laterality))
