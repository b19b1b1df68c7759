"""A dynamic series at other times, in its headers and its images alike: where the images tell more than the headers did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tilscope.dicom_io.dce.source import DceSource
from tilscope.models.imaging.series import DceSeries
from tilscope.models.kinetics.timing import choose_phases
from tilscope.models.settings import TimingSettings


def at_new_times(
    source: DceSource, series: DceSeries, times_s: Mapping[int, float], timing: TimingSettings, assumed: bool
) -> tuple[DceSource, DceSeries]:
    """The phases that have a time, at that time; which of them are pre, early and late is chosen anew.

    Parameters
    ----------
    source : DceSource
        Headers and times of the series.
    series : DceSeries
        Its images, phase by phase.
    times_s : mapping of int to float
        By index of the phase, ascending: seconds after the injection. A phase without one is left out.
    timing : TimingSettings
        When the early and the late phase are wanted.
    assumed : bool
        Whether nobody knows when the injection was.

    Returns
    -------
    DceSource
        Of the phases that are left.
    DceSeries
        The same images at the same times.

    Raises
    ------
    Refused
        The phases do not fit their time windows.
    """
    roles = choose_phases(list(times_s.values()), timing, assumed)
    headers = tuple(replace(source.phases[index], time_s=time) for index, time in times_s.items())
    images = tuple(replace(series.phases[index], time_s=time) for index, time in times_s.items())
    return (
        replace(source, phases=headers, roles=roles, time_zero_assumed=assumed),
        replace(series, phases=images, roles=roles, time_zero_assumed=assumed),
    )
