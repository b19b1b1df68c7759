"""Dates and times of DICOM headers as seconds on one axis."""

from __future__ import annotations

from datetime import date

from pydicom import Dataset
from pydicom.valuerep import DA, DT, TM

from dicom_io.values import value

DAY_S = 86400.0


def seconds(written: object) -> float | None:
    """A TM value as seconds after midnight; None if it is absent or no time."""
    text = str(written or "").strip()
    try:
        time = TM(text) if text else None
    except ValueError:
        return None
    if time is None:
        return None
    return time.hour * 3600.0 + time.minute * 60.0 + time.second + time.microsecond / 1e6


def days(written: object) -> int | None:
    """A DA value as a day number; None if it is absent or no date."""
    text = str(written or "").strip()
    try:
        day = DA(text) if text else None
    except ValueError:
        return None
    return None if day is None else date(day.year, day.month, day.day).toordinal()


def moment(header: Dataset, prefix: str) -> float | None:
    """AcquisitionDateTime, or date and time, of 'Acquisition', 'Content' or 'Series', in seconds on one axis.

    A missing date counts as the study's: two phases of one study without dates still compare by time.
    """
    combined = str(value(header, f"{prefix}DateTime") or "")
    if combined:
        try:
            stamp = DT(combined)
        except ValueError:
            stamp = None
        if stamp is not None:
            midnight = date(stamp.year, stamp.month, stamp.day).toordinal() * DAY_S
            return midnight + stamp.hour * 3600.0 + stamp.minute * 60.0 + stamp.second + stamp.microsecond / 1e6
    time = seconds(value(header, f"{prefix}Time"))
    if time is None:
        return None
    day = days(value(header, f"{prefix}Date")) or days(value(header, "StudyDate")) or 0
    return day * DAY_S + time
