"""All dates of one patient put together."""

from __future__ import annotations

from collections.abc import Sequence

from tilscope.models.followup.exam import Exam
from tilscope.models.followup.follow_up import FollowUp
from tilscope.models.refusals import BadInput


def follow(exams: Sequence[Exam], one_patient: bool = False) -> FollowUp:
    """One patient's lesions through her examinations.

    Parameters
    ----------
    exams : sequence of Exam
        In any order; of one patient.
    one_patient : bool
        Whether somebody has said that exams with different patient IDs are of one patient.

    Returns
    -------
    FollowUp
        The exams in the order of time.

    Raises
    ------
    BadInput
        `different-patients`: the exams carry different patient IDs and nobody has said that they are of one patient.
    """
    ids = sorted({exam.patient_id for exam in exams})
    if len(ids) > 1 and not one_patient:
        raise BadInput("different-patients", ids=", ".join(one or "(none)" for one in ids))
    ordered = tuple(sorted(exams, key=lambda exam: (exam.date, exam.study_uid)))
    return FollowUp(ordered, (), ())
