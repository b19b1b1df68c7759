"""Times corrected by the images, where the headers do not state when the injection was."""

from __future__ import annotations

from dataclasses import replace

from tilscope.dicom_io.dce.new_times import at_new_times
from tilscope.dicom_io.dce.source import DceSource
from tilscope.models.imaging.series import DceSeries
from tilscope.models.preparation.contrast_arrival import first_bright_phase
from tilscope.models.settings import TimingSettings

BY_BRIGHTNESS = "start of the first acquisition in which contrast shows"

#: Phases that follow one another so closely show the bolus themselves: the first in which contrast shows began within so
#: many seconds of the last in which it does not, and blood takes as long from the arm to the breast.
READ_OFF_WITHIN_S = 30.0


def place_injection(source: DceSource, series: DceSeries, timing: TimingSettings) -> tuple[DceSource, DceSeries]:
    """Move time zero to the first phase that shows contrast, if the headers recorded none and it is a later one.

    Where phases follow one another closely, time zero is read off the images and no longer an assumption.

    Parameters
    ----------
    source : DceSource
        Headers and times of the series.
    series : DceSeries
        As acquired; all phases on one grid.
    timing : TimingSettings
        When the early and the late phase are wanted.

    Returns
    -------
    DceSource
        With times in seconds after the injection.
    DceSeries
        The same images at the same times.

    Raises
    ------
    Refused
        The phases do not fit their time windows then.
    """
    if not source.time_zero_assumed:
        return source, series
    arrived = first_bright_phase(series)
    if arrived is None:
        return source, series
    assumed = source.phases[arrived].time_s - source.phases[arrived - 1].time_s > READ_OFF_WITHIN_S
    if arrived < 2 and assumed:
        return source, series
    zero = source.start_s(arrived)
    times = {index: round(phase.time_s - zero, 3) for index, phase in enumerate(source.phases)}
    source, series = at_new_times(source, series, times, timing, assumed)
    return replace(source, time_zero=BY_BRIGHTNESS), replace(series, time_zero=BY_BRIGHTNESS)
