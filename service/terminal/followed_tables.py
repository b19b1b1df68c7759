"""A patient over time as tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from tilscope.models.followup import Change, FollowedLesion, FollowUp, Visit
from tilscope.models.followup.changes import FOLLOWED
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import unit_text
from tilscope.service.terminal.exit_codes import cells


def print_follow_up(console: Console, followed: FollowUp) -> None:
    """A table for each lesion, and what could not be matched."""
    if not followed.lesions:
        console.print("No lesion was found at any date.")
    for lesion in followed.lesions:
        console.print(_lesion(lesion))
    dates = {exam.study_uid: exam.date for exam in followed.exams}
    for one in followed.unmatched:
        where = f"Lesion {one.lesion.number} of {dates[one.study_uid]} cannot be matched."
        console.print(*cells(f"{where} {one.reason}"))


def _lesion(lesion: FollowedLesion) -> Table:
    side = Laterality(lesion.side).breasts
    table = Table(title=f"Lesion {lesion.number}, {side}", title_justify="left")
    for name in ("date", "fate", "what", "value", "since the first", "repeating alone: 95 %"):
        table.add_column(name)
    for visit in lesion.visits:
        for number, row in enumerate(_rows(visit)):
            table.add_row(*cells(visit.date if number == 0 else "", visit.fate.value if number == 0 else "", *row))
    return table


def _rows(visit: Visit) -> Iterator[tuple[str, str, str, str]]:
    """What is measured of one region, its value, its change and the change's interval; else one row with the reason."""
    if visit.lesion is None:
        yield "", "", visit.reason, ""
        return
    changes = {one.id: one for one in visit.since_first}
    for one in visit.lesion.measurements:
        if one.id in FOLLOWED:
            value = "–" if one.value is None else f"{one.value:.3g} {unit_text(one.unit)}".rstrip()
            yield one.name, value, *_told(changes.get(one.id))


def _told(change: Change | None) -> tuple[str, str]:
    if change is None:
        return "", ""
    if change.refused:
        return change.refused, ""
    unit = "%" if change.percent is not None else unit_text(change.unit)
    told = change.percent if change.percent is not None else change.absolute
    category = f", like {change.response.value}" if change.response else ""
    span = "" if change.interval is None else f"{change.interval[0]:+.3g} to {change.interval[1]:+.3g} {unit}".rstrip()
    return f"{told:+.3g} {unit}".rstrip() + category, span
