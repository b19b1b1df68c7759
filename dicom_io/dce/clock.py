"""Dates and times of DICOM headers as seconds on one axis."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

from pydicom import Dataset
from pydicom.valuerep import DA, DT, TM

from tilscope.dicom_io.dce.values import value

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
            local = _local(stamp, header)
            midnight = date(local.year, local.month, local.day).toordinal() * DAY_S
            return midnight + local.hour * 3600.0 + local.minute * 60.0 + local.second + local.microsecond / 1e6
    time = seconds(value(header, f"{prefix}Time"))
    if time is None:
        return None
    day = days(value(header, f"{prefix}Date")) or days(value(header, "StudyDate")) or 0
    return day * DAY_S + time


def _local(stamp: datetime, header: Dataset) -> datetime:
    """A date and time with a zone of its own, in the zone of the header's other times (PS3.3 C.12.1.1.8)."""
    offset = re.fullmatch(r"([+-])(\d{2})(\d{2})", str(value(header, "TimezoneOffsetFromUTC") or "").strip())
    if stamp.tzinfo is None or offset is None:
        return stamp
    sign, hours, minutes = offset.groups()
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return stamp.astimezone(timezone(-span if sign == "-" else span))
