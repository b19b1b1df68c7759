"""What is followed of a date, from that date's result or its refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from tilscope.models.finding import Finding
from tilscope.models.followup.exam import BreastState, Exam, ExamBreast, ExamLesion
from tilscope.models.result import LesionDescription, LesionResult, RefusedSeries, SeriesResult, Side, StudyResult

#: The refusal of images that were understood and hold nothing that passes for a lesion.
_EMPTY = "no-lesion"
_STATES = {
    Finding.MASS: BreastState.MEASURED,
    Finding.DIFFUSE: BreastState.DIFFUSE,
    Finding.CANDIDATES: BreastState.NEEDS_READER,
}
_SENTENCES = {
    Finding.MASS: "",
    Finding.DIFFUSE: "A large part of the gland enhances.",
    Finding.CANDIDATES: "A reader must decide which candidates are lesions.",
}
_PLACE = ("quadrant", "clock_face", "depth")

#: The tracking UID of a region of a series, by the name of its segment.
TrackingUid = Callable[[SeriesResult, str], str]


def exam_of(result: StudyResult, when: date, patient_id: str, tracking_uid: TrackingUid) -> Exam:
    """One date from its result.

    Parameters
    ----------
    result : StudyResult
        Of that date; of any version, though places are known from 1.6 on only.
    when : date
        The study's.
    patient_id : str
        As the images have it; may be empty.
    tracking_uid : callable
        Gives a region's tracking UID from its series and its label (`dicom_io.identity.tracking_uid_of`).

    Returns
    -------
    Exam
    """
    breasts = [one for series in result.dynamic_series for one in _breasts(series)]
    breasts += [_refused(one) for one in result.refused_series]
    lesions = tuple(
        one
        for series in result.dynamic_series
        if series.finding is Finding.MASS
        for one in _lesions(series, tracking_uid)
    )
    outlined_by = dict.fromkeys(_outlined_by(series) for series in result.dynamic_series)
    return Exam(
        result.study_uid, when, patient_id, tuple(sorted(breasts, key=lambda one: one.side, reverse=True)), lesions,
        result.settings_hash, ", ".join(outlined_by),
    )  # fmt: skip


def exam_of_refusal(study_uid: str, when: date, patient_id: str, side: Side, code: str, sentence: str) -> Exam:
    """One date whose images a rule says no to, or in which nothing passed for a lesion.

    Parameters
    ----------
    study_uid : str
    when : date
        The study's.
    patient_id : str
        As the images have it; may be empty.
    side : str
        L, R or B: what was imaged.
    code, sentence : str
        The refusal's.

    Returns
    -------
    Exam
        Without lesions.
    """
    breasts = tuple(_refused(RefusedSeries((), one, code, sentence)) for one in _sides(side))
    return Exam(study_uid, when, patient_id, breasts, ())


def _outlined_by(series: SeriesResult) -> str:
    return "a person" if series.segmentation.source == "drawn" else series.segmenter


def _sides(side: str) -> Sequence[str]:
    return ("R", "L") if side == "B" else (side,)


def _breasts(series: SeriesResult) -> Iterator[ExamBreast]:
    described = series.description.breasts if series.description else ()
    for side in _sides(series.laterality):
        volume = next((one.volume_cc for one in described if one.laterality == side), None)
        yield ExamBreast(side, _STATES[series.finding], _SENTENCES[series.finding], volume, series.quality)


def _refused(series: RefusedSeries) -> ExamBreast:
    state = BreastState.EMPTY if series.code == _EMPTY else BreastState.REFUSED
    return ExamBreast(series.laterality, state, series.reason)


def _lesions(series: SeriesResult, tracking_uid: TrackingUid) -> Iterator[ExamLesion]:
    described = {one.number: one for one in (series.description.lesions if series.description else ())}
    for lesion in series.lesions:
        yield _lesion(series, lesion, described.get(lesion.number), tracking_uid)


def _lesion(
    series: SeriesResult, lesion: LesionResult, description: LesionDescription | None, tracking_uid: TrackingUid
) -> ExamLesion:
    is_index = lesion is series.lesions[0]
    terms = {term.id: term.value for term in (description.terms if description else ())}
    return ExamLesion(
        tracking_uid=tracking_uid(series, series.finding.label(lesion.number)),
        number=lesion.number,
        side=lesion.laterality,
        offset_mm=description.offset_mm if description else None,
        measurements=lesion.measurements,
        signatures=tuple(
            replace(one.score, id=one.id, name=one.title) for one in series.signatures if is_index and one.score
        ),
        place=", ".join(word for id in _PLACE if (word := terms.get(id))),
    )
