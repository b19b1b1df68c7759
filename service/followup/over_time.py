"""What `models.followup` says of a patient's exams, as a result holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydicom.uid import Comprehensive3DSRStorage

from tilscope.models.followup import Change, ExamLesion, Fate, FollowedLesion, FollowUp, Unmatched, Visit, follow
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import ChangeOverTime, ComparedExam, LesionOverTime, OverTime, StoredObject, StudyResult
from tilscope.service.followup.exams import ExamsOfPatient

#: What is shown of a lesion that was seen once: that of which changes are told.
_FOLLOWED = ("ftv", "longest_diameter", "volume", "ser_mean")
#: Both breasts, for what is about all that was imaged.
ALL_SIDES = "B"


def over_time(patient: ExamsOfPatient, study_uid: str, side: str = ALL_SIDES) -> OverTime | None:
    """Of one breast, or of all. None where there is nothing to compare with.

    Parameters
    ----------
    patient : ExamsOfPatient
        The exams to be compared.
    study_uid : str
        The study that the answer is for: its report is not named.
    side : str
        L, R or B.
    """
    if len(patient.exams) < 2:
        return None
    found = follow(patient.exams)
    exams = tuple(
        ComparedExam(exam.study_uid, exam.date.isoformat(), _report(patient.results.get(exam.study_uid), side))
        for exam in found.exams
    )
    exams = tuple(one if one.study_uid != study_uid else ComparedExam(one.study_uid, one.date) for one in exams)
    lesions = [_lesion(one, found, study_uid) for one in found.lesions if side in (ALL_SIDES, one.side)]
    lesions += [_unmatched(one, found, study_uid) for one in found.unmatched if side in (ALL_SIDES, one.lesion.side)]
    return OverTime(exams, tuple(lesions), patient.left_out)


def tracking_uids(found: FollowUp, study_uid: str) -> dict[tuple[str, int], str]:
    """Of the lesions of one exam that an earlier one has too: the tracking UID that they have there, by side and number here."""
    kept = {}
    for lesion in found.lesions:
        for visit in lesion.visits:
            if visit.study_uid == study_uid and visit.fate is Fate.MATCHED and visit.lesion is not None:
                kept[visit.lesion.side, visit.lesion.number] = lesion.tracking_uid
    return kept


def _lesion(lesion: FollowedLesion, found: FollowUp, study_uid: str) -> LesionOverTime:
    numbers = tuple(None if visit.lesion is None else visit.lesion.number for visit in lesion.visits)
    last = lesion.visits[-1]
    return LesionOverTime(
        name=_name(lesion.visits, study_uid),
        laterality=lesion.side,
        tracking_uid=lesion.tracking_uid,
        numbers=numbers,
        fates=tuple(visit.fate.value for visit in lesion.visits),
        reason=last.reason,
        changes=tuple(_changes(lesion)),
    )


def _name(visits: Sequence[Visit], study_uid: str) -> str:
    """As this exam calls it, or the last one that has it."""
    seen = [visit for visit in visits if visit.lesion is not None]
    here = next((visit for visit in seen if visit.study_uid == study_uid), None)
    named = here or seen[-1]
    number = f"Lesion {named.lesion.number if named.lesion else ''}"
    return number if here else f"{number} of {named.date.isoformat()}"


def _changes(lesion: FollowedLesion) -> Iterator[ChangeOverTime]:
    """Of every quantity that a later exam was asked about; of a lesion seen once, of what it has."""
    later = [visit for visit in lesion.visits if visit.since_first]
    last = lesion.visits[-1]
    ids = {change.id: change for visit in (later or ()) for change in visit.since_first}
    if not ids and lesion.first.lesion is not None:
        yield from _single(lesion, lesion.first.lesion)
    for id, told in ids.items():
        now = next((change for change in last.since_first if change.id == id), None)
        values = tuple(_value(visit, id) for visit in lesion.visits)
        yield _change(told, values, now)


def _single(lesion: FollowedLesion, region: ExamLesion) -> Iterator[ChangeOverTime]:
    for one in region.measurements:
        if one.id in _FOLLOWED and one.value is not None:
            values = tuple(one.value if visit is lesion.first else None for visit in lesion.visits)
            yield ChangeOverTime(one.id, one.name, one.unit, values)


def _change(told: Change, values: tuple[float | None, ...], now: Change | None) -> ChangeOverTime:
    if now is None:
        return ChangeOverTime(told.id, told.name, told.unit, values)
    response = now.response.value if now.response else ""
    return ChangeOverTime(
        told.id, told.name, told.unit, values, now.percent, now.absolute, now.interval, response, now.refused
    )


def _value(visit: Visit, id: str) -> float | None:
    if visit.lesion is not None:
        return visit.lesion.value(id)
    # In pieces: of all of them together, as far as such a sum means something.
    return next((change.after for change in visit.since_first if change.id == id), None)


def _unmatched(one: Unmatched, found: FollowUp, study_uid: str) -> LesionOverTime:
    at = [exam.study_uid for exam in found.exams].index(one.study_uid)
    dates = [exam.date.isoformat() for exam in found.exams]
    name = f"Lesion {one.lesion.number}" + ("" if one.study_uid == study_uid else f" of {dates[at]}")
    changes = (
        ChangeOverTime(m.id, m.name, m.unit, tuple(m.value if n == at else None for n in range(len(dates))))
        for m in one.lesion.measurements
        if m.id in _FOLLOWED and m.value is not None
    )
    return LesionOverTime(
        name=name,
        laterality=one.lesion.side,
        tracking_uid=one.lesion.tracking_uid,
        numbers=tuple(one.lesion.number if n == at else None for n in range(len(dates))),
        fates=tuple(Fate.CANNOT_BE_MATCHED.value if n == at else "" for n in range(len(dates))),
        reason=one.reason,
        changes=tuple(changes),
    )


def _report(result: StudyResult | None, side: str) -> StoredObject | None:
    """The measurement report of an exam about a breast; of a pair each has one."""
    reports = [one for one in (result.objects if result else ()) if one.kind == "SR" and _is_main(one)]
    about = [one for one in reports if side in (ALL_SIDES, one.laterality) or one.laterality == Laterality.BOTH.value]
    return about[0] if about else None


def _is_main(report: StoredObject) -> bool:
    """The others of its modality are the contour report and the note of a refusal."""
    return bool(report.sop_class_uid == Comprehensive3DSRStorage)
