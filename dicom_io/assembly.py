"""From the headers of a study to its dynamic series, or to the sentence why there is none.

Series that cannot be phases are rejected by reason (`series_roles`); the others are cut into volumes by whichever tag
splits them evenly (`volumes_of_series`); volumes that cover the same slices of the same grid, from one series or from
several, are the candidates; time puts them in order (`phase_times`). Every decision keeps its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset
from pydicom.uid import UID, EnhancedMRImageStorage, MRImageStorage

from dicom_io.copies import without_copies
from dicom_io.phase_times import PhaseTimes, time_phases
from dicom_io.series_roles import why_no_phase
from dicom_io.slices import Slice, slices_of
from dicom_io.source import DceSource, SourcePhase, name_of_series
from dicom_io.volumes_of_series import Split, Volume, split_series
from models.answers import Refused
from models.series import Laterality
from models.settings import TimingSettings
from models.timing import choose_phases

_MR_IMAGES = {MRImageStorage, EnhancedMRImageStorage}
_FEWEST_PHASES = 3
#: Slice positions may differ from even spacing by this fraction of it.
_SPACING_TOLERANCE = 0.05
#: Wider than any one breast, mm: an image this wide that spans the midline shows both.
_BILATERAL_WIDTH_MM = 240.0


@dataclass(frozen=True)
class SeriesFinding:
    """What one series of the study was taken for, and why."""

    series_uid: str
    number: str
    description: str
    modality: str
    instances: int
    used_as: str
    """'phases 1, 2, 3', or '' if it is not used."""
    reason: str


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


@dataclass(frozen=True, eq=False)
class _Candidate:
    """Volumes over (nearly) the same slices, with the splits that they came from."""

    volumes: tuple[Volume, ...]
    splits: tuple[Split, ...]

    @property
    def name(self) -> str:
        return name_of_series({s.series_uid: s.header for v in self.volumes for s in v.slices}.values())


def assemble(headers: Iterable[Dataset], timing: TimingSettings | None = None) -> Assembly:
    """Like `look`, but a study without a usable dynamic series raises its refusal."""
    assembly = look(headers, timing)
    assembly.require_source()
    return assembly


def look(headers: Iterable[Dataset], timing: TimingSettings | None = None) -> Assembly:
    """Find the dynamic series among all headers of one study."""
    everything = list(headers)
    images = [h for h in everything if h.get("SOPClassUID") in _MR_IMAGES]
    by_series: dict[str, list[Slice]] = defaultdict(list)
    for s in slices_of(images):
        by_series[s.series_uid].append(s)

    reasons = {uid: why_no_phase(group) for uid, group in by_series.items()}
    usable = {uid: split_series(group) for uid, group in by_series.items() if reasons[uid] is None}
    candidate = times = source = None
    copies: dict[str, str] = {}
    try:
        candidate = _choose(_candidates(usable), everything)
        candidate, copies = _original_of(candidate)
        _check(candidate)
        times = time_phases(candidate.volumes, candidate.name)
        source = _source(candidate, times, timing or TimingSettings())
        refusal = None
    except Refused as answer:
        refusal = answer
    reasons |= {copy: f"a copy of {_name_of(original, by_series)}" for copy, original in copies.items()}
    findings = _findings(everything, reasons, usable, candidate, times)
    return Assembly(findings, times, source, refusal)


def _candidates(usable: dict[str, Split]) -> list[_Candidate]:
    """Volumes of one grid that share most of their slice positions belong together, from whatever series."""
    groups: list[list[tuple[Volume, Split]]] = []
    for split in usable.values():
        for volume in split.volumes:
            home = next((g for g in groups if _belong_together(g[0][0], volume)), None)
            if home is None:
                groups.append([(volume, split)])
            else:
                home.append((volume, split))
    return [_Candidate(tuple(v for v, _ in g), tuple(dict.fromkeys(s for _, s in g))) for g in groups]


def _belong_together(a: Volume, b: Volume) -> bool:
    if a.slices[0].grid != b.slices[0].grid:
        return False
    shared = len(set(a.places) & set(b.places))
    return shared >= 0.5 * max(len(set(a.places)), len(set(b.places)))


def _choose(candidates: Sequence[_Candidate], everything: Sequence[Dataset]) -> _Candidate:
    """The candidate with the most phases; two with equally many cannot be told apart."""
    if not any(h.get("Modality") == "MR" for h in everything):
        modalities = ", ".join(sorted({str(h.get("Modality", "no modality")) for h in everything})) or "nothing"
        raise Refused("not-mr", modalities=modalities)
    if not candidates:
        raise Refused("no-dynamic-series", why="no series of the study could hold a phase")
    ranked = sorted(candidates, key=lambda c: len(c.volumes), reverse=True)
    best = ranked[0]
    most = len(best.volumes)
    if most == 1:
        raise Refused("no-dynamic-series", why="no series images the same slices more than once")
    if most < _FEWEST_PHASES:
        raise Refused("too-few-phases", found=most, needed=_FEWEST_PHASES, series=best.name)
    equals = [c for c in ranked if len(c.volumes) == most]
    if len(equals) > 1:
        raise Refused("ambiguous-dynamic-series", candidates="; ".join(c.name for c in equals))
    return best


def _original_of(candidate: _Candidate) -> tuple[_Candidate, dict[str, str]]:
    """The candidate without its registered copies, and which series are copies of which."""
    volumes, copies = without_copies(candidate.volumes)
    kept = {s.series_uid for v in volumes for s in v.slices}
    splits = tuple(split for split in candidate.splits if split.volumes[0].slices[0].series_uid in kept)
    return _Candidate(tuple(volumes), splits), copies


def _name_of(series_uid: str, by_series: Mapping[str, Sequence[Slice]]) -> str:
    header = by_series[series_uid][0].header
    return f"series {header.get('SeriesNumber', '?')}, acquired at the same moments"


def _check(candidate: _Candidate) -> None:
    """Equal, unique, evenly spaced positions in every phase; else the refusal names the slice."""
    if not candidate.volumes[0].slices[0].grid.frame_of_reference:
        raise Refused("no-frame-of-reference", series=candidate.name)
    everywhere = sorted({p for v in candidate.volumes for p in v.places})
    for number, volume in enumerate(candidate.volumes, start=1):
        if twice := volume.duplicates:
            raise Refused("duplicate-position", series=candidate.name, phase=number, where=_millimetres(twice))
        if missing := sorted(set(everywhere) - set(volume.places)):
            raise Refused(
                "positions-differ", series=candidate.name, phase=number, missing=len(missing),
                expected=len(everywhere), where=_millimetres(missing),
            )  # fmt: skip
    gaps = np.diff(everywhere)
    typical = float(np.median(gaps))
    wrong = np.abs(gaps - typical) > _SPACING_TOLERANCE * typical + 0.02  # 0.02: positions are kept to 0.01 mm
    if wrong.any():
        raise Refused(
            "irregular-spacing", series=candidate.name, smallest=float(gaps.min()), largest=float(gaps.max()),
            where=_millimetres([everywhere[int(np.argmax(wrong))]]),
        )  # fmt: skip


def _millimetres(places: Sequence[float]) -> str:
    shown = ", ".join(f"{p:.1f}" for p in places[:5])
    return f"at {shown} mm" + (f" and {len(places) - 5} more" if len(places) > 5 else "")


def _source(candidate: _Candidate, times: PhaseTimes, timing: TimingSettings) -> DceSource:
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
    )


def laterality_of(volume: Volume) -> Laterality:
    """From where the image lies: the patient's left is +x. Tags are not asked, they are often wrong or absent."""
    first, last = volume.slices[0], volume.slices[-1]
    rows, columns = first.grid.rows, first.grid.columns
    row_step, column_step = (float(v) for v in first.header.PixelSpacing)
    across = first.axes[0] * column_step * (columns - 1)
    down = first.axes[1] * row_step * (rows - 1)
    x = [float((s.position + a + d)[0]) for s in (first, last) for a in (0 * across, across) for d in (0 * down, down)]
    low, high = min(x), max(x)
    if high - low >= _BILATERAL_WIDTH_MM and low < 0 < high:
        return Laterality.BOTH
    return Laterality.LEFT if low + high > 0 else Laterality.RIGHT


def _findings(
    everything: Sequence[Dataset],
    reasons: dict[str, str | None],
    usable: dict[str, Split],
    candidate: _Candidate | None,
    times: PhaseTimes | None,
) -> tuple[SeriesFinding, ...]:
    phase_numbers = _phase_numbers(candidate, times)
    headers: dict[str, list[Dataset]] = defaultdict(list)
    for header in everything:
        headers[str(header.get("SeriesInstanceUID", ""))].append(header)
    findings = []
    for uid, group in headers.items():
        first = group[0]
        used = _phases_in_words(phase_numbers.get(uid, []))
        if uid not in reasons:
            reason = f"no MR image ({_kind(first)})"
        elif reasons[uid] is not None:
            reason = str(reasons[uid])
        else:
            reason = _why_used(usable[uid]) if used else f"{_why_used(usable[uid])}, not those of the dynamic series"
        findings.append(
            SeriesFinding(
                uid, str(first.get("SeriesNumber") or ""), str(first.get("SeriesDescription") or ""),
                str(first.get("Modality") or ""), len(group), used, reason,
            )
        )  # fmt: skip
    return tuple(sorted(findings, key=lambda f: (not f.used_as, _as_number(f.number), f.series_uid)))


def _phases_in_words(numbers: Sequence[int]) -> str:
    """'phases 1, 2, 3', or '' for none."""
    return f"phase{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}" if numbers else ""


def _kind(header: Dataset) -> str:
    sop_class = header.get("SOPClassUID")
    return UID(sop_class).name if sop_class else str(header.get("Modality") or "of unknown kind")


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


def _phase_numbers(candidate: _Candidate | None, times: PhaseTimes | None) -> dict[str, list[int]]:
    if candidate is None:
        return {}
    order = times.order if times else range(len(candidate.volumes))
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, index in enumerate(order, start=1):
        for uid in {s.series_uid for s in candidate.volumes[index].slices}:
            numbers[uid].append(number)
    return numbers


def _why_used(split: Split) -> str:
    size = len(set(split.volumes[0].places))
    if len(split.volumes) == 1:
        return f"one volume of {size} slices"
    also = f" (also by {', '.join(split.agreeing)})" if split.agreeing else ""
    return f"{len(split.volumes)} volumes of {size} slices, told apart by {split.tag}{also}"
