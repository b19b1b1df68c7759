"""What changes between two dates of one lesion: a value before and after, with what repeating alone would do, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tilscope.models.followup.exam import Exam, ExamLesion
from tilscope.models.followup.fitness import FTV, LONGEST, SCORE, SER, VOLUME, spoilt, unlike
from tilscope.models.followup.repeats import LOG_SD, SD, absolute_interval, percent_interval
from tilscope.models.result import DIGITS, Measurement, Missing

#: What is followed of each lesion, the trials' measure first.
FOLLOWED = (FTV, LONGEST, VOLUME, SER)
#: What has a zero, so that a part of it means something; and what of several pieces may be added up.
PERCENT, ADDABLE = (FTV, LONGEST, VOLUME), (FTV, VOLUME)


class Response(StrEnum):
    """A change in RECIST's terms. One lesion is no patient, and a diameter in 3D no axial one: like RECIST, and not RECIST."""

    SHRUNK = "partial response"
    GROWN = "progression"
    STABLE = "stable"


@dataclass(frozen=True)
class Change:
    """Of one quantity of one lesion."""

    id: str
    """That of the measurement or of the signature."""
    name: str
    unit: str
    """UCUM, of values and of the absolute change."""
    before: float | None
    after: float | None
    absolute: float | None = None
    """After less before; None where the change is refused."""
    percent: float | None = None
    """Of the value before; None where the change is refused, and of signatures, whose scales have no zero."""
    interval: tuple[float, float] | None = None
    """95 % of what the change may be, given what repeating an examination alone changes; in percent where there is a
    percentage, else in the unit; None where it was not measured."""
    response: Response | None = None
    """Of the longest diameter only."""
    refused: str = ""
    """Why there is no change, as a sentence; '' where there is one."""

    @property
    def is_beyond_repeat(self) -> bool | None:
        """Whether the change is more than repeating the examination; None where nobody can say."""
        return None if self.interval is None else not self.interval[0] <= 0 <= self.interval[1]


#: RECIST 1.1's limits: a diameter that is smaller by 30 %, or larger by 20 % and by 5 mm.
SHRUNK_PERCENT, GROWN_PERCENT, GROWN_MM = -30.0, 20.0, 5.0


def response(before_mm: float, after_mm: float) -> Response:
    """A change of a diameter in RECIST's terms.

    >>> [response(30, after).value for after in (21, 22, 35.9, 36)], response(10, 14).value
    (['partial response', 'stable', 'stable', 'progression'], 'stable')
    """
    percent = round(100 * (after_mm - before_mm) / before_mm, 6)
    if percent <= SHRUNK_PERCENT:
        return Response.SHRUNK
    is_grown = percent >= GROWN_PERCENT and after_mm - before_mm >= GROWN_MM
    return Response.GROWN if is_grown else Response.STABLE


def changes(before: ExamLesion, first: Exam, after: ExamLesion, then: Exam) -> tuple[Change, ...]:
    """All that has changed of one lesion between two dates.

    Parameters
    ----------
    before, after : ExamLesion
        The same lesion.
    first, then : Exam
        The dates of the two.

    Returns
    -------
    tuple of Change
        Of functional volume, longest diameter, volume and SER, then of each signature that both dates have scored. Each is
        refused where a quality gate has warned of what it rests on, at either date.
    """
    numbers = [
        _change(id, id in PERCENT, before.measurements, after.measurements, _why_not(first, then, before.side, id))
        for id in FOLLOWED
    ]
    why_no_score = _why_not(first, then, before.side, SCORE)
    scores = [
        _change(one.id, False, before.signatures, after.signatures, why_no_score)
        for one in before.signatures
        if any(other.id == one.id for other in after.signatures)
    ]
    return (*numbers, *scores)


def refused_changes(before: ExamLesion, parts: Sequence[ExamLesion], why: str) -> tuple[Change, ...]:
    """Of a lesion that is no single region any more: what it was, what its parts are together, and why that is no change."""
    found = []
    for id in FOLLOWED:
        told = _of(before.measurements, id)
        values = [part.value(id) for part in parts]
        together = sum(value for value in values if value is not None) if id in ADDABLE and parts else None
        found.append(Change(id, told.name, told.unit, told.value, together, refused=why))
    return tuple(found)


def _why_not(first: Exam, then: Exam, side: str, id: str) -> str:
    return unlike(first, then) or spoilt(first, side, id) or spoilt(then, side, id)


def _change(
    id: str, in_percent: bool, before: Sequence[Measurement], after: Sequence[Measurement], why_not: str
) -> Change:
    old, new = _of(before, id), _of(after, id)
    refused = why_not or _no_value(old, "before") or _no_value(new, "after")
    if in_percent and not refused and not old.value:
        refused = f"{old.name} was 0: there is nothing that a part could be told of."
    if refused or old.value is None or new.value is None:
        return Change(id, old.name, old.unit, old.value, new.value, refused=refused)
    if in_percent:
        interval = percent_interval(old.value, new.value, LOG_SD.get(id))
    else:
        interval = absolute_interval(old.value, new.value, SD.get(id))
    return Change(
        id,
        old.name,
        old.unit,
        old.value,
        new.value,
        absolute=_rounded(new.value - old.value),
        percent=_rounded(100 * (new.value / old.value - 1)) if in_percent else None,
        interval=_both_rounded(interval),
        response=response(old.value, new.value) if id == LONGEST else None,
    )


def _of(measurements: Sequence[Measurement], id: str) -> Measurement:
    missing = Measurement(id, id, None, "1", Missing.NOT_ATTEMPTED, "it was not measured")
    return next((one for one in measurements if one.id == id), missing)


def _no_value(one: Measurement, when: str) -> str:
    return "" if one.value is not None else f"{one.name} has no value {when}: {one.reason}."


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _both_rounded(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if interval is None else (_rounded(interval[0]), _rounded(interval[1]))
