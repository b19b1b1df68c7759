"""What has become of lesions since earlier exams, in the sentences that every output has."""

from __future__ import annotations

from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_numbers import fixed, shown
from tilscope.models.result import ChangeOverTime, LesionOverTime, Measurement, OverTime, unit_text


def over_time_in_words(over_time: OverTime) -> tuple[str, ...]:
    """With what this exam was compared, then a sentence or two for each lesion, then what was left out."""
    return (
        compared_in_words(over_time),
        *(lesion_in_words(lesion) for lesion in over_time.lesions),
        *over_time.left_out,
    )


def compared_in_words(over_time: OverTime) -> str:
    dates = [exam.date for exam in over_time.exams[:-1]]
    exams = "exam" if len(dates) == 1 else "exams"
    return f"Compared with the {exams} of {', '.join(dates)}; no earlier image was read."


def lesion_in_words(lesion: LesionOverTime) -> str:
    """Its fate at the last exam, and what of it has changed."""
    told = [f"{one.name} {change_in_words(one)}" for one in lesion.changes if one.absolute is not None]
    changes = f" {'; '.join(told)}." if told else ""
    reason = f" {lesion.reason}" if lesion.reason else ""
    return f"{lesion.name} ({Laterality(lesion.laterality).word}): {lesion.fates[-1] or 'not seen'}.{reason}{changes}"


def change_in_words(change: ChangeOverTime) -> str:
    """From the first value to the last, with the change and its interval; or why it is not told."""
    values = [value_in_words(change, value) for value in change.values if value is not None]
    span = f"{values[0]} to {values[-1]}" if len(values) > 1 else "".join(values)
    told = difference_in_words(change) or change.refused
    return ", ".join(part for part in (span, told) if part)


def difference_in_words(change: ChangeOverTime) -> str:
    """The change with its interval, and in RECIST's terms where there are such; '' where it is not told."""
    if change.absolute is None:
        return ""
    in_percent = change.percent is not None
    value, unit = (change.percent or 0.0, "%") if in_percent else (change.absolute, unit_text(change.unit))
    decimals = 0 if in_percent else 2
    told = f"{_signed(value, decimals)} {unit}".rstrip()
    if change.interval is not None:
        low, high = (_signed(one, decimals) for one in change.interval)
        told += f" (95 % interval {low} to {high})"
    return f"{told}, {change.response} in RECIST's terms" if change.response else told


def value_in_words(change: ChangeOverTime, value: float | None) -> str:
    """In the digits of its quantity; '' where there is none."""
    return "" if value is None else shown(Measurement.of(change.id, change.name, value, change.unit))


def _signed(value: float, decimals: int) -> str:
    text = fixed(value, decimals)
    return f"+{text}" if value > 0 and float(text) else text
