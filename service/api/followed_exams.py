"""A patient's exams put together while a person waits: from what ledger and archive know now, whatever the report says."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.result import OverTime
from tilscope.models.result_schema import readable_results
from tilscope.service.answered_study import AnsweredStudy
from tilscope.service.api.context import ApiContext
from tilscope.service.api.errors import ApiError
from tilscope.service.followup.exams import exams_of_patient
from tilscope.service.followup.over_time import over_time
from tilscope.service.ledger.queries import Study
from tilscope.service.ledger.states import State


@dataclass(frozen=True)
class FollowedExams:
    over_time: OverTime | None
    """None where there is nothing to compare."""
    not_compared: tuple[str, ...]
    """Why not, a sentence each."""


_NOTHING = FollowedExams(None, ())


def answer_of(context: ApiContext, inputs: list[Study]) -> AnsweredStudy:
    """The answer that holds: the refusal of the current input, or the newest result that can be read."""
    current = inputs[0]
    if current.state is State.REFUSED:
        return AnsweredStudy(current.study_uid, None, current.code, current.reason)
    _, kept = context.result_of(inputs) or (None, None)
    return AnsweredStudy(current.study_uid, next(iter(readable_results([kept] if kept else [])), None))


def followed_exams(context: ApiContext, this: AnsweredStudy, *others: AnsweredStudy) -> FollowedExams:
    """A study beside `others`, or where none are given beside all that the ledger has of its patient.

    The archive is asked only where there are any; where it is away, nothing is compared and the page says all the rest.
    """
    if not context.settings.follow_patients:
        return _NOTHING
    beside = others or context.ledger.same_patient.studies_beside(this.study_uid)
    if not beside:
        return _NOTHING
    try:
        with context.archive() as archive:
            patient = exams_of_patient(this, beside, archive.one_header)
    except ApiError:
        return FollowedExams(None, ("Earlier exams are not compared: the archive does not answer.",))
    return FollowedExams(over_time(patient, this.study_uid), patient.left_out)
