"""What has become of lesions since earlier exams, in the sentences that every output has."""

from __future__ import annotations

from dataclasses import replace

from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_numbers import fixed, shown
from tilscope.models.result import ChangeOverTime, LesionOverTime, Measurement, OverTime


def over_time_in_words(over_time: OverTime) -> tuple[str, ...]:
    """With what this exam was compared, then a sentence or two for each lesion, then what was left out."""
    return (
        compared_in_words(over_time),
        *(f"{exam.date}: {exam.doubt}" for exam in over_time.exams if exam.doubt),
        *(lesion_in_words(lesion) for lesion in over_time.lesions),
        *over_time.left_out,
    )


def compared_in_words(over_time: OverTime) -> str:
    dates = [exam.date for exam in over_time.exams[:-1]]
    exams = "exam" if len(dates) == 1 else "exams"
    return f"Compared with the {exams} of {', '.join(dates)}; no earlier image was read."


def lesion_in_words(lesion: LesionOverTime) -> str:
    """Its fate, and what of it has changed."""
    told = [f"{one.name} {change_in_words(one)}" for one in lesion.changes if one.percent is not None]
    changes = f" {_sentence('; '.join(told))}." if told else ""
    return f"{lesion.name} ({Laterality(lesion.laterality).word}): {lesion.words}{changes}"


def change_in_words(change: ChangeOverTime) -> str:
    """From the first value to the last, with the change and its interval; or why it is not told."""
    values = [value_in_words(change, value) for value in change.values if value is not None]
    span = f"{values[0]} to {values[-1]}" if len(values) > 1 else "".join(values)
    if change.percent is None:
        return f"{span}: {change.words}" if change.words else span
    return f"{span}, {percent_in_words(change)}"


def percent_in_words(change: ChangeOverTime) -> str:
    """The change with its interval; '' where it is not told."""
    if change.percent is None:
        return ""
    told = f"{_signed(change.percent)} %"
    if change.interval_percent is None:
        return told
    low, high = (_signed(one) for one in change.interval_percent)
    return f"{told} (95 % interval {low} to {high} %)"


def value_in_words(change: ChangeOverTime, value: float | None) -> str:
    """In the digits of its quantity; '' where there is none."""
    return "" if value is None else shown(Measurement.of(change.id, change.name, value, change.unit))


def _signed(value: float) -> str:
    text = fixed(value, 0)
    return f"+{text}" if value > 0 and text != "0" else text


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
