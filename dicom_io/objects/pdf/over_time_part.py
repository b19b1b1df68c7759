"""A patient's lesions through the exams, as the table behind the page's chart."""

from __future__ import annotations

from collections.abc import Iterator

from reportlab.platypus import Flowable, Paragraph, Table

from tilscope.dicom_io.objects.pdf.page_frame import WIDTH
from tilscope.dicom_io.objects.pdf.page_letters import plain
from tilscope.dicom_io.objects.pdf.page_style import BODY, HEADING, RULED, SMALL, STRONG
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_over_time import compared_in_words, difference_in_words, value_in_words
from tilscope.models.result import ChangeOverTime, LesionOverTime, OverTime

_NAME_WIDTH, _CHANGE_WIDTH = WIDTH * 0.22, WIDTH * 0.34


def over_time_part(over_time: OverTime | None) -> list[Flowable]:
    """Nothing where no earlier exam is known."""
    if over_time is None:
        return []
    dates = [exam.date for exam in over_time.exams]
    head: list[Flowable | str] = ["", *(Paragraph(date, STRONG) for date in dates), Paragraph("Change", STRONG)]
    rows = [row for lesion in over_time.lesions for row in _rows(lesion)]
    each = (WIDTH - _NAME_WIDTH - _CHANGE_WIDTH) / len(dates)
    widths = [_NAME_WIDTH, *[each] * len(dates), _CHANGE_WIDTH]
    said = [compared_in_words(over_time), *over_time.left_out]
    return [
        Paragraph("Over time", HEADING),
        Table([head, *rows], widths, style=RULED, repeatRows=1),
        *(Paragraph(plain(sentence), SMALL) for sentence in said),
    ]


def _rows(lesion: LesionOverTime) -> Iterator[list[Flowable | str]]:
    name = f"{lesion.name}, {Laterality(lesion.laterality).word}"
    yield [
        Paragraph(plain(name), STRONG),
        *(Paragraph(plain(fate or "–"), BODY) for fate in lesion.fates),
        Paragraph(plain(lesion.reason), SMALL),
    ]
    yield from (_row(change, lesion.reason) for change in lesion.changes)


def _row(change: ChangeOverTime, reason: str) -> list[Flowable | str]:
    told = difference_in_words(change)
    refused = f"Not told. {change.refused}" if change.refused and change.refused != reason else ""
    values = (value_in_words(change, value) or "–" for value in change.values)
    return [
        Paragraph(plain(change.name), BODY),
        *(Paragraph(plain(value), BODY) for value in values),
        Paragraph(plain(told), BODY) if told else Paragraph(plain(refused), SMALL),
    ]
