"""Two exams of one patient side by side: their pictures, their numbers, and what has changed between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tilscope.models.imaging.series import Laterality
from tilscope.models.result import OverTime, StudyResult
from tilscope.service.answered_study import AnsweredStudy
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.rendering import render
from tilscope.service.pages.study_over_time import OverTimeView
from tilscope.service.pages.study_pictures import PictureView
from tilscope.service.pages.words import MeasurementTable


@dataclass(frozen=True)
class ExamColumn:
    """One of the two."""

    date: str
    address: str
    """Of its page, below /tilscope/."""
    pictures: tuple[PictureView, ...]
    tables: tuple[MeasurementTable, ...]
    reason: str
    """Why it has no result; ''."""


@dataclass(frozen=True)
class BesideView:
    uid: str
    columns: tuple[ExamColumn, ...]
    over_time: OverTimeView | None


def beside_page(frame: PageFrame, study_uid: str, over_time: OverTime, pair: Iterable[AnsweredStudy]) -> str:
    """The earlier exam first."""
    by_uid = {one.study_uid: one for one in pair}
    columns = tuple(_column(exam.date, by_uid[exam.study_uid]) for exam in over_time.exams)
    return render("beside.html", frame, BesideView(study_uid, columns, OverTimeView.of(over_time, study_uid)))


def _column(day: str, study: AnsweredStudy) -> ExamColumn:
    address = f"studies/{study.study_uid}/page"
    if study.result is None:
        return ExamColumn(day, address, (), (), study.reason)
    return ExamColumn(day, address, _pictures(study.result), _tables(study.result), "")


def _pictures(result: StudyResult) -> tuple[PictureView, ...]:
    return tuple(
        PictureView.of_lesions(Laterality(series.laterality), result.study_uid, result.input_hash)
        for series in result.dynamic_series
    )


def _tables(result: StudyResult) -> tuple[MeasurementTable, ...]:
    lesions = [
        (f"{series.finding.label(one.number)}, {Laterality(one.laterality).word}", one.measurements)
        for series in result.dynamic_series
        for one in series.lesions
    ]
    breasts = [(Laterality(series.laterality).whole, series.breast) for series in result.dynamic_series]
    return tuple(MeasurementTable.of(*one) for one in (*lesions, *breasts))
