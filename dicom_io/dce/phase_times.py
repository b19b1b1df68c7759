"""When each phase was acquired, relative to the injection, and where that is known from.

`CLOCKS` are tried from the top; the first that every phase has, and on which no two phases coincide, is taken.
A phase's time is the middle of its acquisition (SIGNATURES, "Phases by time").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydicom import Dataset

from tilscope.dicom_io.dce.clock import DAY_S, days, moment, seconds
from tilscope.dicom_io.dce.site_rules import SiteRule
from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.values import number, value
from tilscope.dicom_io.dce.volumes_of_series import Volume
from tilscope.models.refusals import Refused

#: A dynamic phase takes between seconds and a quarter of an hour; other spacings are not those of one examination.
_SHORTEST_GAP_S, _LONGEST_GAP_S = 2.0, 3600.0


def _acquired(s: Slice) -> float | None:
    return moment(s.header, "Acquisition")


def _trigger(s: Slice) -> float | None:
    milliseconds = number(s.header, "TriggerTime")
    return None if milliseconds is None else milliseconds / 1000.0


def _temporal_position(s: Slice) -> float | None:
    """TemporalPositionIdentifier times TemporalResolution (ms): relative, but evenly spaced by definition."""
    position, resolution = number(s.header, "TemporalPositionIdentifier"), number(s.header, "TemporalResolution")
    return None if position is None or not resolution else position * resolution / 1000.0


RECORDED = "ContrastBolusStartTime"

#: When the acquisition of a volume began; it is given all volumes, since some scanners count from the start of a series.
Clock = Callable[[Volume, Sequence[Volume]], float | None]


def _clock(read: Callable[[Slice], float | None]) -> Clock:
    return lambda volume, _: _start(volume, read)


def _since_acquisition(read: Callable[[Slice], float | None], from_lowest: bool = False) -> Clock:
    """Where AcquisitionTime stands still within a series and another tag counts from it, or from its own lowest value.

    A series of one phase beside such a series has nothing to count, and needs nothing but its AcquisitionTime.
    """

    def start(volume: Volume, volumes: Sequence[Volume]) -> float | None:
        began, since = _start(volume, _acquired), _start(volume, read)
        of_series = [v for v in volumes if v.slices[0].series_uid == volume.slices[0].series_uid]
        if began is None or (since is None and len(of_series) > 1):
            return None
        lowest = min((s for v in of_series if (s := _start(v, read)) is not None), default=0.0) if from_lowest else 0.0
        return began + (lowest if since is None else since) - lowest

    return start


CLOCKS: dict[str, Clock] = {
    "AcquisitionTime": _clock(_acquired),
    "AcquisitionTime + TriggerTime": _since_acquisition(_trigger),
    "TriggerTime": _clock(_trigger),
    "ContentTime": _clock(lambda s: moment(s.header, "Content")),
    "SeriesTime": _clock(lambda s: moment(s.header, "Series")),
    "AcquisitionTime + TemporalPositionIdentifier x TemporalResolution": _since_acquisition(
        _temporal_position, from_lowest=True
    ),
    "TemporalPositionIdentifier x TemporalResolution": _clock(_temporal_position),
}
#: Clocks that do not tell the time of day, in which the injection is recorded.
_FROM_A_ZERO_OF_THEIR_OWN = ("TriggerTime", "TemporalPositionIdentifier x TemporalResolution")


@dataclass(frozen=True)
class PhaseTimes:
    """Volumes in time order, with the seconds after injection of the middle of each."""

    order: tuple[int, ...]
    mid_s: tuple[float, ...]
    clock: str
    time_zero: str
    time_zero_assumed: bool
    duration_s: float


def time_phases(volumes: Sequence[Volume], series: str, rule: SiteRule | None = None) -> PhaseTimes:
    """Order volumes by time and place them relative to the injection; by the site's protocol where no clock serves."""
    tried = []
    for clock, read in CLOCKS.items():
        starts = [read(v, volumes) for v in volumes]
        known = [s for s in starts if s is not None]
        if len(known) < len(volumes):
            tried.append(f"{clock} is missing on {len(volumes) - len(known)} phases")
            continue
        known = _past_midnight(known)
        in_time = sorted(known)
        steps = [b - a for a, b in pairwise(in_time)]
        if min(steps) < _SHORTEST_GAP_S:
            tried.append(f"{clock} does not tell the phases apart")
        elif max(steps) > _LONGEST_GAP_S:
            tried.append(f"{clock} puts {max(steps) / 60:.0f} minutes between two phases")
        else:
            return _relative_to_injection(volumes, known, clock)
    if rule is not None and rule.phase_times_s:
        if len(rule.phase_times_s) == len(volumes):
            return _by_protocol(rule)
        tried.append(f"the site's rule '{rule.name}' gives {len(rule.phase_times_s)} times for {len(volumes)} phases")
    raise Refused("timing-unusable", series=series, detail="; ".join(tried))


def _by_protocol(rule: SiteRule) -> PhaseTimes:
    """The volumes stay in the order in which a tag or the series' numbers told them apart."""
    times = rule.phase_times_s
    meaning = f"the protocol's times, by the site's rule '{rule.name}'"
    return PhaseTimes(tuple(range(len(times))), times, "the site's rule", meaning, False, _duration(times))


def _past_midnight(starts: Sequence[float]) -> list[float]:
    """Times that pass midnight while the dates stay the same: the small ones belong to the next day."""
    if max(starts) - min(starts) < DAY_S / 2:
        return list(starts)
    moved = [t + DAY_S if t < max(starts) - DAY_S / 2 else t for t in starts]
    return moved if max(moved) - min(moved) < DAY_S / 2 else list(starts)


def _start(volume: Volume, read: Callable[[Slice], float | None]) -> float | None:
    """When a volume's acquisition began: the time in most of its slices, else the earliest in any."""
    known = [m for s in volume.slices if (m := read(s)) is not None]
    # One slice may lack its clock (the first TriggerTime); half a phase without one is no clock.
    if len(known) <= len(volume.slices) / 2:
        return None
    (common, count), *_ = Counter(known).most_common(1)
    return common if count > len(volume.slices) / 2 else min(known)


def _relative_to_injection(volumes: Sequence[Volume], starts: Sequence[float], clock: str) -> PhaseTimes:
    order = tuple(sorted(range(len(volumes)), key=lambda i: starts[i]))
    in_time = [starts[i] for i in order]
    duration = _duration(in_time)
    zero, meaning = _injection(volumes, in_time, clock)
    mids = tuple(round(start + duration / 2 - zero, 3) for start in in_time)
    return PhaseTimes(order, mids, clock, meaning, meaning != RECORDED, duration)


def _duration(in_time: Sequence[float]) -> float:
    """Seconds one phase takes: the closest succession of any two. No acquisition is longer than the gap to the next."""
    return min(b - a for a, b in pairwise(in_time))


def _injection(volumes: Sequence[Volume], in_time: Sequence[float], clock: str) -> tuple[float, str]:
    """ContrastBolusStartTime where it lies within the series and shares its clock; else the first post's start."""
    first_post = in_time[1], "start of the first post-contrast acquisition"
    if clock in _FROM_A_ZERO_OF_THEIR_OWN:
        return first_post
    recorded = Counter(t for v in volumes for s in v.slices if (t := _bolus(s.header, in_time)) is not None)
    # A value in a few images alone is a slip; the value in most of those that have one is the record.
    for moment_s, count in recorded.most_common(1):
        if count > sum(recorded.values()) / 2:
            return moment_s, RECORDED
    return first_post


def _bolus(header: Dataset, in_time: Sequence[float]) -> float | None:
    """ContrastBolusStartTime on the series' axis, if it lies within the series."""
    bolus = seconds(value(header, "ContrastBolusStartTime"))
    if bolus is None:
        return None
    dates = (days(value(header, f"{kind}Date")) for kind in ("Acquisition", "Content", "Study"))
    day = next((d for d in dates if d is not None), 0)
    # A bolus given just before midnight belongs to the day before the images'.
    candidates = (day * DAY_S + bolus, (day - 1) * DAY_S + bolus)
    return next((c for c in candidates if in_time[0] < c < in_time[-1]), None)
