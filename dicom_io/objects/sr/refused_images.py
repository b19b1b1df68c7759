"""What a study that was refused shows, as far as it could be made out: for the note in it."""

from __future__ import annotations

from tilscope.dicom_io.dce.assembly import AssembledSeries, Assembly
from tilscope.dicom_io.dce.phase_times import PhaseTimes, time_phases
from tilscope.dicom_io.dce.series_groups import SeriesGroup
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.objects.sr.refusal_note import RefusedImages, RefusedPhase
from tilscope.models.refusals import Refused


def images_of_source(source: DceSource) -> RefusedImages:
    """Of a series that was assembled, and refused for what its images show."""
    phases = [RefusedPhase(p.headers, source.roles.name(n), p.time_s) for n, p in enumerate(source.phases)]
    time_zero = "" if source.time_zero_assumed else source.time_zero
    return RefusedImages(source.laterality, phases, time_zero, source.frames)


def images_of_assembly(assembly: Assembly) -> list[RefusedImages]:
    """Of each dynamic series, or of what the refusal is about; none where something is no breast."""
    if not all(one.shows_breast for one in assembly.dynamic_series):
        return []
    images = [_of_series(one) for one in assembly.dynamic_series]
    return images or [_of_group(group, None) for group in assembly.named]


def _of_series(one: AssembledSeries) -> RefusedImages:
    return _of_group(one.candidate, one.times) if one.source is None else images_of_source(one.source)


def _of_group(group: SeriesGroup, times: PhaseTimes | None) -> RefusedImages:
    """In the order of time, if the refusal came after that was known: the reason numbers the phases so."""
    volumes = [group.volumes[index] for index in (times.order if times else range(len(group.volumes)))]
    times = times or _times_of(group)
    mid_s = dict(zip((group.volumes[i] for i in times.order), times.mid_s, strict=True)) if times else {}
    phases = [RefusedPhase([s.header for s in volume.slices], time_s=mid_s.get(volume)) for volume in volumes]
    frames = {s.uid: s.frame for volume in volumes for s in volume.slices if s.frame is not None}
    time_zero = times.time_zero if times and not times.time_zero_assumed else ""
    return RefusedImages(group.laterality, phases, time_zero, frames)


def _times_of(group: SeriesGroup) -> PhaseTimes | None:
    """Of one that was refused before its clocks were read."""
    if len(group.volumes) < 2:
        return None
    try:
        return time_phases(group.volumes, group.name)
    except Refused:
        return None
