"""How rightly the phantom patients were followed: every lesion at every date against the truth."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from followed.cohort import Dates
from followed.scored_date import NOTHING, exam_kept

from tilscope.models.followup import Fate, FollowedLesion, FollowUp, follow
from tilscope.models.followup.changes import FOLLOWED, PERCENT

Region = tuple[str, int]
"""Study and number of the lesion in its result."""


@dataclass
class Judged:
    """Of one patient."""

    name: str
    kind: str
    lesions: dict[str, str] = field(default_factory=dict)
    """Each true lesion with what went otherwise than in truth; '' where nothing did."""
    wrong_pairs: list[str] = field(default_factory=list)
    """Followed lesions that are one true lesion at one date and another at another."""
    untrue: int = 0
    """Followed lesions that are no true lesion at all."""
    ftv_points: list[float] = field(default_factory=list)
    """Each change of FTV that was told, less the true change: in points of percent."""
    refused: Counter[str] = field(default_factory=Counter)
    """Why a change of FTV was not told."""


def judged(patient: Dates) -> Judged:
    """One patient followed and held against the truth."""
    exams = [exam_kept(date, number) for number, date in enumerate(patient.dates)]
    followed = follow(exams)
    truth = {
        (exam.study_uid, number): name
        for exam, date in zip(exams, patient.dates, strict=True)
        for number, name in enumerate(date["regions"], 1)
    }
    found = Judged(patient.name, patient.kind)
    names = list(dict.fromkeys(name for date in patient.dates for name in date["true_ftv"]))
    for name in names:
        found.lesions[name] = _what_is_wrong(name, patient, followed, truth)
    for lesion in followed.lesions:
        are = _names_of(lesion, truth)
        if len(are) > 1:
            found.wrong_pairs.append(f"lesion {lesion.number}: {' and '.join(are)}")
        found.untrue += are == [NOTHING]
        if len(are) == 1 and are != [NOTHING]:
            _changes(found, are[0], lesion, patient)
    return found


def _names_of(lesion: FollowedLesion, truth: dict[Region, str]) -> list[str]:
    regions = [(visit.study_uid, part.number) for visit in lesion.visits for part in visit.parts]
    return list(dict.fromkeys(truth[region] for region in regions))


def _what_is_wrong(name: str, patient: Dates, followed: FollowUp, truth: dict[Region, str]) -> str:
    """The first date at which a true lesion is not what it should be."""
    own = next((one for one in followed.lesions if name in _names_of(one, truth)), None)
    if own is None:
        return "never found"
    for number, (visit, date) in enumerate(zip(own.visits, patient.dates, strict=True)):
        regions = date["regions"].count(name)
        wanted = _wanted(name, patient, number, regions)
        if name in date["true_ftv"] and not regions and visit.fate is not Fate.NOT_YET:
            return f"date {number + 1}: not outlined, and told as {visit.fate.value}"
        if visit.fate not in wanted:
            return f"date {number + 1}: {visit.fate.value}"
        if len(visit.parts) != regions:
            return f"date {number + 1}: {len(visit.parts)} of {regions} regions"
    return ""


def _wanted(name: str, patient: Dates, number: int, regions: int) -> tuple[Fate, ...]:
    there = [name in date["true_ftv"] for date in patient.dates]
    if not there[number]:
        return (Fate.VANISHED,) if any(there[:number]) else (Fate.NOT_YET,)
    if number == 0:
        return (Fate.FOUND,)
    if not any(there[:number]):
        return (Fate.NEW,)
    return (Fate.SPLIT,) if regions > 1 else (Fate.MATCHED,)


def _changes(found: Judged, name: str, lesion: FollowedLesion, patient: Dates) -> None:
    """Every change of FTV since the first date against the true one."""
    volumes = {visit.study_uid: date["true_ftv"] for visit, date in zip(lesion.visits, patient.dates, strict=True)}
    first = volumes[lesion.first.study_uid].get(name)
    for visit in lesion.visits:
        for change in visit.since_first:
            then = volumes[visit.study_uid].get(name)
            if change.id != "ftv":
                continue
            if change.percent is None or not first or then is None:
                found.refused[visit.fate.value if visit.lesion is None else change.refused.partition(": ")[2]] += 1
            else:
                found.ftv_points.append(change.percent - 100 * (then / first - 1))


def repeated(patients: Sequence[Dates]) -> dict[str, tuple[int, float]]:
    """Of each quantity: pairs, and the standard deviation of what repeating alone changes, as `models.followup.repeats` has it."""
    spread: dict[str, list[float]] = {}
    for patient in patients:
        for id, before, after in _pairs(patient):
            differs = math.log(after / before) if id in PERCENT else after - before
            spread.setdefault(id, []).append(differs)
    return {id: (len(values), _about_zero(values)) for id, values in spread.items()}


def _pairs(patient: Dates) -> Iterator[tuple[str, float, float]]:
    """Values of one lesion at both of two dates on which nothing has changed."""
    exams = [exam_kept(date, number) for number, date in enumerate(patient.dates)]
    for lesion in follow(exams).lesions:
        before, after = (visit.lesion for visit in lesion.visits)
        for id in FOLLOWED:
            values = [one.value(id) if one else None for one in (before, after)]
            if values[0] and values[1]:
                yield id, values[0], values[1]


def _about_zero(values: Sequence[float]) -> float:
    """The root mean square: the true difference is none."""
    return math.sqrt(statistics.fmean(value * value for value in values))
