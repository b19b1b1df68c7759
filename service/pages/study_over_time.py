"""A patient's lesions through the exams, as a page shows them: a table of dates for each, and the trend of all as a chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_over_time import difference_in_words, value_in_words
from tilscope.models.result import ChangeOverTime, LesionOverTime, OverTime, unit_text
from tilscope.service.pages.trend_chart import Trend, TrendChart

#: What the chart shows: the trials' measure, or where no lesion has it twice the volume.
_CHARTED = ("ftv", "volume", "longest_diameter")


@dataclass(frozen=True)
class ExamHead:
    """One exam, as the head of a column."""

    date: str
    address: str
    """Of its page below /tilscope/; '' for the page that one is on."""
    beside: str
    """Of both side by side; '' as above."""


@dataclass(frozen=True)
class QuantityRow:
    name: str
    values: tuple[str, ...]
    change: str
    """'' where nothing is to be told of it."""
    is_refused: bool
    """`change` is the reason why none is told."""


@dataclass(frozen=True)
class FollowedView:
    name: str
    fates: tuple[str, ...]
    reason: str
    rows: tuple[QuantityRow, ...]

    @classmethod
    def of(cls, lesion: LesionOverTime) -> FollowedView:
        name = f"{lesion.name}, {Laterality(lesion.laterality).word}"
        return cls(name, lesion.fates, lesion.reason, tuple(_row(change, lesion.reason) for change in lesion.changes))


@dataclass(frozen=True)
class OverTimeView:
    exams: tuple[ExamHead, ...]
    lesions: tuple[FollowedView, ...]
    chart: TrendChart | None
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, over_time: OverTime | None, study_uid: str, left_out: tuple[str, ...] = ()) -> OverTimeView | None:
        """None where there is nothing to say. `left_out`: why nothing is compared, where nothing is."""
        if over_time is None:
            return cls((), (), None, left_out) if left_out else None
        exams = tuple(_head(exam.study_uid, exam.date, study_uid) for exam in over_time.exams)
        lesions = tuple(map(FollowedView.of, over_time.lesions))
        return cls(exams, lesions, _chart(over_time), over_time.left_out)


def _head(exam_uid: str, day: str, study_uid: str) -> ExamHead:
    if exam_uid == study_uid:
        return ExamHead(day, "", "")
    return ExamHead(day, f"studies/{exam_uid}/page", f"studies/{study_uid}/beside/{exam_uid}")


def _row(change: ChangeOverTime, reason: str) -> QuantityRow:
    told = difference_in_words(change)
    # What is said of the whole lesion is not said again in each row.
    refused = "" if change.refused == reason else change.refused
    values = tuple(value_in_words(change, value).replace(" ", "\N{NO-BREAK SPACE}") for value in change.values)
    return QuantityRow(change.name, values, told or refused, not told and bool(refused))


def _chart(over_time: OverTime) -> TrendChart | None:
    days = [date.fromisoformat(exam.date) for exam in over_time.exams]
    for id in _CHARTED:
        trends = list(_trends(over_time, id))
        change = next((one for lesion in over_time.lesions for one in lesion.changes if one.id == id), None)
        if change is not None and (chart := TrendChart.of(change.name, unit_text(change.unit), days, trends)):
            return chart
    return None


def _trends(over_time: OverTime, id: str) -> Iterator[Trend]:
    for lesion in over_time.lesions:
        for change in lesion.changes:
            if change.id == id:
                yield Trend(lesion.name, change.values)
