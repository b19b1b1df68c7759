"""The patient's lesions through all dates: the answer that `follow` gives."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from tilscope.models.followup.changes import Change
from tilscope.models.followup.exam import Exam, ExamLesion
from tilscope.models.result import Side


class Fate(StrEnum):
    """What has become of a lesion at one date."""

    NOT_YET = "not there yet"
    """The lesion is first seen at a later date."""
    FOUND = "found"
    """The first date at which its breast was searched."""
    NEW = "new"
    """Its breast had been searched before, and nothing was there."""
    MATCHED = "matched"
    """It is one region, at its place."""
    SPLIT = "in pieces"
    """Two or more regions lie where it was."""
    VANISHED = "not found any more"
    """Its breast was searched, and nothing is there."""
    NOT_SEEN = "not seen"
    """Its breast was not imaged, or its images gave no lesions that could be it."""
    CANNOT_BE_MATCHED = "cannot be matched"
    """There is something, and which lesion it is cannot be told."""


@dataclass(frozen=True)
class Visit:
    """One lesion at one date."""

    study_uid: str
    date: date
    fate: Fate
    reason: str
    """Why, as a sentence; '' where there is nothing to explain."""
    parts: tuple[ExamLesion, ...] = ()
    """One region where it is found, new or matched; several where it is in pieces; else none."""
    distance_mm: float | None = None
    """From its place at the date before, scaled to the breast; None where it was not matched."""
    since_first: tuple[Change, ...] = ()
    """From the first date at which it was seen; empty at that date and before it."""
    since_last: tuple[Change, ...] = ()
    """From the date before at which it was one region; empty as above."""

    @property
    def lesion(self) -> ExamLesion | None:
        """The one region; None where there is none or several."""
        return self.parts[0] if len(self.parts) == 1 else None


@dataclass(frozen=True)
class FollowedLesion:
    """One lesion through all dates."""

    number: int
    """From 1, in the order in which they are first seen."""
    tracking_uid: str
    """That of its first date, which it keeps."""
    side: Side
    visits: tuple[Visit, ...]
    """One for each exam, in the order of time."""

    @property
    def first(self) -> Visit:
        """The date at which it is first seen."""
        return next(one for one in self.visits if one.parts)


@dataclass(frozen=True)
class Unmatched:
    """A region of which cannot be told whether it is a lesion of an earlier date, or which."""

    study_uid: str
    lesion: ExamLesion
    candidates: tuple[int, ...]
    """Numbers of the followed lesions that it may be; empty where its place is not known."""
    reason: str
    """As a sentence."""


@dataclass(frozen=True)
class FollowUp:
    """One patient."""

    exams: tuple[Exam, ...]
    """In the order of time."""
    lesions: tuple[FollowedLesion, ...]
    unmatched: tuple[Unmatched, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; dates as YYYY-MM-DD."""
        plain: dict[str, Any] = asdict(self, dict_factory=_plain)
        return plain


def _plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in pairs}
