"""From the headers of a study to its dynamic series, or to the sentence why there is none.

Images that cannot be of a phase are rejected by reason (`series_roles`); the others of a series are cut into volumes by
whichever tag splits them evenly (`volumes_of_series`); volumes that cover the same slices of the same grid, from one
series or from several, are the candidates (`candidates`); time puts them in order (`phase_times`). Every decision keeps
its reason (`findings`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

from dicom_io.dce.candidates import Candidate, candidates_of, check, choose
from dicom_io.dce.findings import SeriesFinding, findings_of
from dicom_io.dce.phase_times import PhaseTimes, time_phases
from dicom_io.dce.series_roles import why_no_phase
from dicom_io.dce.slices import Grid, Slice, placed, slices_of
from dicom_io.dce.source import DceSource, SourcePhase
from dicom_io.dce.values import number, text
from dicom_io.dce.volumes_of_series import Split, Volume, split_series
from models.answers import Refused
from models.series import Laterality
from models.settings import TimingSettings
from models.timing import choose_phases

_MR_IMAGES = {MRImageStorage, EnhancedMRImageStorage}
#: Wider than any one breast, mm: an image this wide that spans the midline shows both.
_BILATERAL_WIDTH_MM = 240.0


@dataclass(frozen=True, eq=False)
class Assembly:
    """The outcome of looking at a study: a dynamic series or a refusal, and the reason for every series."""

    findings: tuple[SeriesFinding, ...]
    times: PhaseTimes | None = None
    source: DceSource | None = None
    refusal: Refused | None = None

    def require_source(self) -> DceSource:
        """The dynamic series; raises the refusal where there is none."""
        if self.refusal is not None:
            raise self.refusal
        assert self.source is not None
        return self.source


def assemble(headers: Iterable[Dataset], timing: TimingSettings | None = None) -> DceSource:
    """The dynamic series of a study; raises the refusal where there is none. `look` also tells the reasons."""
    return look(headers, timing).require_source()


def look(headers: Iterable[Dataset], timing: TimingSettings | None = None) -> Assembly:
    """Find the dynamic series among all headers of one study."""
    everything = list(headers)
    by_series: dict[str, list[Slice]] = defaultdict(list)
    for s in slices_of(h for h in everything if text(h, "SOPClassUID") in _MR_IMAGES):
        by_series[s.series_uid].append(s)

    rejected = {uid: reason for group in by_series.values() for uid, reason in why_no_phase(group).items()}
    splits = _splits([s for group in by_series.values() for s in group if s.uid not in rejected])
    candidate = times = source = None
    copies: dict[str, str] = {}
    refusal = None
    try:
        if not any(text(h, "Modality") == "MR" for h in everything):
            modalities = ", ".join(sorted({text(h, "Modality") or "no modality" for h in everything}))
            raise Refused("not-mr", modalities=modalities) if everything else Refused("no-mr-image")
        candidate = choose(candidates_of(splits))
        candidate, copies = candidate.without_copies()
        check(candidate)
        times = time_phases(candidate.volumes, candidate.name)
        source = _source(candidate, times, timing or TimingSettings())
    except Refused as answer:
        refusal = answer
    findings = findings_of(everything, rejected, splits, copies, candidate, times)
    return Assembly(findings, times, source, refusal)


def _splits(slices: Iterable[Slice]) -> list[Split]:
    """Each series into volumes; images on different grids are never of one volume, places are shared by all of a grid."""
    by_grid: dict[Grid, list[Slice]] = defaultdict(list)
    for s in slices:
        by_grid[s.grid].append(s)
    splits = []
    for group in by_grid.values():
        by_series: dict[str, list[Slice]] = defaultdict(list)
        for s in placed(group):
            by_series[s.series_uid].append(s)
        splits += [split_series(of_series) for of_series in by_series.values()]
    return sorted(splits, key=_in_order_of_series)


def _in_order_of_series(split: Split) -> tuple[float, str]:
    """By number, as the scanner made them: a refusal before the times are known numbers the phases so."""
    first = split.volumes[0].slices[0]
    series_number = number(first.header, "SeriesNumber")
    return (float("inf") if series_number is None else series_number, first.series_uid)


def _source(candidate: Candidate, times: PhaseTimes, timing: TimingSettings) -> DceSource:
    volumes = [candidate.volumes[i] for i in times.order]
    phases = tuple(
        SourcePhase(tuple(s.header for s in v.slices), mid) for v, mid in zip(volumes, times.mid_s, strict=True)
    )
    return DceSource(
        phases,
        choose_phases(times.mid_s, timing),
        laterality_of(volumes[0]),
        times.time_zero,
        {s.uid: s.frame for v in volumes for s in v.slices if s.frame is not None},
        times.injection_recorded,
        times.duration_s,
    )


def laterality_of(volume: Volume) -> Laterality:
    """From where the image lies: the patient's left is +x. Tags are not asked, they are often wrong or absent."""
    first, last = volume.slices[0], volume.slices[-1]
    rows, columns = first.grid.rows, first.grid.columns
    row_step, column_step = first.grid.spacing
    across = first.axes[0] * column_step * (columns - 1)
    down = first.axes[1] * row_step * (rows - 1)
    x = [float((s.position + a + d)[0]) for s in (first, last) for a in (0 * across, across) for d in (0 * down, down)]
    low, high = min(x), max(x)
    if high - low >= _BILATERAL_WIDTH_MM and low < 0 < high:
        return Laterality.BOTH
    return Laterality.LEFT if low + high > 0 else Laterality.RIGHT
