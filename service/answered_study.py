"""A study and what came of it, as far as the exams of a patient are compared by it."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.result import StudyResult


@dataclass(frozen=True)
class AnsweredStudy:
    """A study and its answer: a result, or why it was refused."""

    study_uid: str
    result: StudyResult | None = None
    code: str = ""
    """Of the refusal."""
    reason: str = ""
    """Of the refusal, as a sentence."""
