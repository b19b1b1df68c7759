"""From the headers of a study to its dynamic series, or to the sentence why there is none.

Images that cannot be of a phase are rejected by reason (`series_roles`); the two breasts of a sagittal pair are taken
apart (`slabs`); the images of a series are cut into volumes by whichever tag splits them evenly (`volumes_of_series`);
volumes that cover the same slices of the same grid, from one series or from several, are the candidates (`series_groups`);
time puts them in order (`phase_times`). Every decision keeps its reason (`series_findings`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

from tilscope.dicom_io.dce.extent import why_too_small
from tilscope.dicom_io.dce.phase_times import PhaseTimes, time_phases
from tilscope.dicom_io.dce.series_findings import SeriesFinding, Use, findings_of
from tilscope.dicom_io.dce.series_groups import SeriesGroup, candidates_of, check, choose
from tilscope.dicom_io.dce.series_roles import OF_ANY_CONTRAST, why_no_phase
from tilscope.dicom_io.dce.site_rules import SiteRule
from tilscope.dicom_io.dce.slabs import slabs_of
from tilscope.dicom_io.dce.slices import Slice, SliceGrid, placed, slices_of
from tilscope.dicom_io.dce.source import DceSource, SourcePhase
from tilscope.dicom_io.dce.values import number, text
from tilscope.dicom_io.dce.volumes_of_series import Split, split_series
from tilscope.models.imaging.series import Laterality
from tilscope.models.kinetics.timing import choose_phases
from tilscope.models.readable_lists import first_few
from tilscope.models.refusals import Refused
from tilscope.models.settings import TimingSettings

_MR_IMAGES = {MRImageStorage, EnhancedMRImageStorage}


@dataclass(frozen=True, eq=False)
class AssembledSeries:
    """A dynamic series, as far as it could be made out."""

    candidate: SeriesGroup
    times: PhaseTimes | None = None
    source: DceSource | None = None
    refusal: Refused | None = None

    @property
    def laterality(self) -> Laterality:
        return self.candidate.laterality

    @property
    def shows_breast(self) -> bool:
        """False where it was refused as something else: its place in the patient then names no breast."""
        return self.refusal is None or self.refusal.code != "not-a-breast-dynamic"


@dataclass(frozen=True, eq=False)
class Assembly:
    """The outcome of inspecting a study: its dynamic series or a refusal, and the reason for every series."""

    findings: tuple[SeriesFinding, ...]
    dynamic_series: tuple[AssembledSeries, ...] = ()
    """Two for a sagittal pair, right and left; else one, or none."""
    refusal: Refused | None = None
    named: tuple[SeriesGroup, ...] = ()
    """Where none was made out: the candidates that the refusal names."""

    def require_sources(self) -> tuple[DceSource, ...]:
        """The dynamic series; raises the refusal where there is none, or where one of a pair is incomplete."""
        if self.refusal is not None:
            raise self.refusal
        return self.sources

    @property
    def sources(self) -> tuple[DceSource, ...]:
        """The dynamic series that could be made out, whatever is refused."""
        return tuple(one.source for one in self.dynamic_series if one.source is not None)


def assemble(headers: Iterable[Dataset], timing: TimingSettings | None = None) -> tuple[DceSource, ...]:
    """The dynamic series of a study; raises the refusal where there is none. `inspect` also returns the reasons."""
    return inspect(headers, timing).require_sources()


def inspect(headers: Iterable[Dataset], timing: TimingSettings | None = None, rule: SiteRule | None = None) -> Assembly:
    """Find the dynamic series among all headers of one study. `rule` is the site's own about it, if there is one."""
    everything = list(headers)
    by_series: dict[str, list[Slice]] = defaultdict(list)
    for s in slices_of(h for h in everything if text(h, "SOPClassUID") in _MR_IMAGES):
        by_series[s.series_uid].append(s)

    rejected = {uid: reason for group in by_series.values() for uid, reason in why_no_phase(group).items()}
    if rule is not None:
        rejected |= {s.uid: why for group in by_series.values() if (why := rule.leaves_out(group)) for s in group}
    splits = _splits([s for group in by_series.values() for s in group if s.uid not in rejected])
    dynamic_series: list[AssembledSeries] = []
    copies: dict[str, str] = {}
    refusal = None
    candidates: list[SeriesGroup] = []
    try:
        _check_modality(everything)
        candidates = candidates_of(splits)
        for candidate in choose(candidates):
            whole, of_candidate = candidate.without_copies()
            copies |= of_candidate
            dynamic_series.append(_made_out(whole, timing or TimingSettings(), rule))
        refusal = next((one.refusal for one in dynamic_series if one.refusal is not None), None)
        _check_pair(dynamic_series)
    except Refused as refused:
        refusal = refused
        dynamic_series = dynamic_series or _of_something_else(by_series.values(), rule)
        refusal = next((one.refusal for one in dynamic_series if one.refusal is not None), refusal)
    uses = [Use(one.candidate.volumes, one.times, one.laterality, refusal is not None) for one in dynamic_series]
    slices = [s for group in by_series.values() for s in group]
    findings = findings_of(everything, slices, rejected, splits, copies, uses)
    return Assembly(findings, tuple(dynamic_series), refusal, () if dynamic_series else _named_by(refusal, candidates))


def _check_modality(everything: Sequence[Dataset]) -> None:
    if not everything:
        raise Refused("no-mr-image")
    if not any(text(h, "Modality") == "MR" for h in everything):
        raise Refused(
            "not-mr", modalities=first_few(sorted({text(h, "Modality") or "no modality" for h in everything}))
        )


def _made_out(candidate: SeriesGroup, timing: TimingSettings, rule: SiteRule | None) -> AssembledSeries:
    """The candidate's phases in order of time, or why they cannot be had."""
    times = None
    try:
        check(candidate)
        times = time_phases(candidate.volumes, candidate.name, rule)
        if why := why_too_small(candidate.volumes):
            raise Refused("not-a-breast-dynamic", series=candidate.name, why=why)
        return AssembledSeries(candidate, times, _source(candidate, times, timing, rule))
    except Refused as refused:
        return AssembledSeries(candidate, times, refusal=refused)


def _named_by(refusal: Refused | None, candidates: Sequence[SeriesGroup]) -> tuple[SeriesGroup, ...]:
    if refusal is None:
        return ()
    one, several = (str(refusal.facts.get(key, "")) for key in ("series", "candidates"))
    # A name may itself contain the separator.
    return tuple(c for c in candidates if c.name == one or f"; {c.name};" in f"; {several};")


def _check_pair(dynamic_series: Sequence[AssembledSeries]) -> None:
    """Two breasts imaged together have as many phases; where one has fewer, a phase of it has not arrived."""
    counts = [len(one.candidate.volumes) for one in dynamic_series]
    if len(set(counts)) > 1:
        raise Refused("breasts-differ", right=counts[0], left=counts[1], series=dynamic_series[0].candidate.name)


def _of_something_else(groups: Collection[Sequence[Slice]], rule: SiteRule | None) -> list[AssembledSeries]:
    """A dynamic series that cannot be one of the breast by its contrast, for callers that ask what the study holds."""
    reasons = {uid: why for group in groups for uid, why in why_no_phase(group).items()}
    left_out = {uid for group in groups for uid in why_no_phase(group, OF_ANY_CONTRAST)}
    try:
        chosen = choose(candidates_of(_splits([s for group in groups for s in group if s.uid not in left_out])))
    except Refused:
        return []
    assembled = []
    for candidate in chosen:
        why = reasons.get(candidate.volumes[0].slices[0].uid)
        if why is None:
            return []
        refusal = Refused("not-a-breast-dynamic", series=candidate.name, why=f"it is {why}")
        try:
            times = time_phases(candidate.volumes, candidate.name, rule)
        except Refused:
            times = None
        assembled.append(AssembledSeries(candidate, times, refusal=refusal))
    return assembled


def _splits(slices: Iterable[Slice]) -> list[Split]:
    """Each series into volumes; images on different grids are never of one volume, places are shared by all of a grid."""
    by_grid: dict[SliceGrid, list[Slice]] = defaultdict(list)
    for s in slices:
        by_grid[s.grid].append(s)
    splits = []
    for slab in (slab for group in by_grid.values() for slab in slabs_of(placed(group))):
        by_series: dict[str, list[Slice]] = defaultdict(list)
        for s in slab:
            by_series[s.series_uid].append(s)
        splits += [split_series(of_series) for of_series in by_series.values()]
    return sorted(splits, key=_in_order_of_series)


def _in_order_of_series(split: Split) -> tuple[float, str]:
    """By number, as the scanner made them: a refusal before the times are known numbers the phases so."""
    first = split.volumes[0].slices[0]
    series_number = number(first.header, "SeriesNumber")
    return (float("inf") if series_number is None else series_number, first.series_uid)


def _source(candidate: SeriesGroup, times: PhaseTimes, timing: TimingSettings, rule: SiteRule | None) -> DceSource:
    volumes = [candidate.volumes[i] for i in times.order]
    phases = tuple(
        SourcePhase(tuple(s.header for s in v.slices), mid) for v, mid in zip(volumes, times.mid_s, strict=True)
    )
    return DceSource(
        phases,
        choose_phases(times.mid_s, timing, times.time_zero_assumed),
        candidate.laterality,
        times.time_zero,
        {s.uid: s.frame for v in volumes for s in v.slices if s.frame is not None},
        times.time_zero_assumed,
        times.duration_s,
        rule.label if rule is not None else "",
    )
