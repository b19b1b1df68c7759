"""Phases left out by their pixels, where the headers did not tell that they are of another contrast than the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilscope.dicom_io.dce.new_times import at_new_times
from tilscope.dicom_io.dce.source import DceSource, name_of_series
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import values_of
from tilscope.models.preparation.unlike_phases import unlike_phases
from tilscope.models.refusals import Refused
from tilscope.models.result import QualityFinding
from tilscope.models.settings import TimingSettings

#: Contrast makes the patient as a whole at least so much brighter than before it, and hardly brighter afterwards: 1.34 to
#: 1.75 times and then 0.98 to 1.13 times in the real exams of docs/validation.md.
_ARRIVAL = 1.1
_FEWEST_PHASES = 3


@dataclass(frozen=True, eq=False)
class AlikePhases:
    """The phases that can be compared, and what was left out."""

    source: DceSource
    series: DceSeries
    left_out: tuple[QualityFinding, ...] = ()


def leave_out_unlike(source: DceSource, series: DceSeries, timing: TimingSettings) -> AlikePhases:
    """Leave out phases in which the contrast of fat and water is the reverse of the others'.

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
    AlikePhases
        With times from the second phase that is left, where the injection is not recorded.

    Raises
    ------
    Refused
        `phases-unlike`: too few phases are left, or none of them lies before contrast; or they do not fit their time
        windows.
    """
    unlike = unlike_phases(series)
    if not unlike:
        return AlikePhases(source, series)
    kept = [index for index in range(len(source.phases)) if index not in unlike]
    if len(kept) < _FEWEST_PHASES or (unlike[0] < kept[0] and not _contrast_arrives(series, kept)):
        raise Refused("phases-unlike", phase=unlike[0] + 1, series=source.name)
    times = {index: source.phases[index].time_s for index in kept}
    if source.time_zero_assumed:
        zero = source.start_s(kept[1])
        times = {index: round(time - zero, 3) for index, time in times.items()}
    left_out = tuple(_finding(source, index) for index in unlike)
    return AlikePhases(*at_new_times(source, series, times, timing, source.time_zero_assumed), left_out)


def _contrast_arrives(series: DceSeries, kept: Sequence[int]) -> bool:
    """Whether the first of the phases that are left lies before contrast: the brightest of the others is much brighter."""
    brightness = [float(np.sum(values_of(series.phases[index].image), dtype=np.float64)) for index in kept]
    return max(brightness[1:]) > _ARRIVAL * brightness[0]


def _finding(source: DceSource, index: int) -> QualityFinding:
    name = name_of_series([source.phases[index].headers[0]])
    sentence = (
        f"A volume of {name} was left out of the dynamic series: fat and water have changed places in it, so that its "
        "fat was suppressed otherwise than that of the phases."
    )
    return QualityFinding("phase-left-out", sentence)
