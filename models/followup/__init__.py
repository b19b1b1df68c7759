"""One patient's lesions through her examinations: which is which, and what has changed.

`exam_of` takes from a result what is followed, `follow` puts the dates together. Nothing here reads an image.
"""

from tilscope.models.followup.changes import Change
from tilscope.models.followup.exam import BreastState, Exam, ExamBreast, ExamLesion
from tilscope.models.followup.exam_of import exam_of, exam_of_refusal
from tilscope.models.followup.follow import follow
from tilscope.models.followup.follow_up import Fate, FollowedLesion, FollowUp, Unmatched, Visit

__all__ = [
    "BreastState", "Change", "Exam", "ExamBreast", "ExamLesion", "Fate", "FollowUp", "FollowedLesion", "Unmatched", "Visit",
    "exam_of", "exam_of_refusal", "follow",
]  # fmt: skip
