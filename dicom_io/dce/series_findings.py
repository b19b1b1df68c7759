"""What each series of a study was taken for, and why: for `tilscope inspect`, the page and the log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import UID

from tilscope.dicom_io.dce.fat_suppression import described_as_suppressed
from tilscope.dicom_io.dce.phase_times import PhaseTimes
from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.values import number, text
from tilscope.dicom_io.dce.volumes_of_series import Split, Volume
from tilscope.models.imaging.series import Laterality


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
    refused_as: str
    """The same of a dynamic series that is refused."""
    reason: str


@dataclass(frozen=True, eq=False)
class Use:
    """The volumes that serve as the phases of one dynamic series."""

    volumes: Sequence[Volume]
    times: PhaseTimes | None
    laterality: Laterality
    refused: bool = False


def findings_of(
    everything: Sequence[Dataset],
    slices: Iterable[Slice],
    rejected: Mapping[str, str],
    splits: Sequence[Split],
    copies: Mapping[str, str],
    uses: Sequence[Use],
) -> tuple[SeriesFinding, ...]:
    """One finding a series, those that are used first. `rejected` gives reasons by slice, `copies` by series."""
    by_series: dict[str, list[Dataset]] = defaultdict(list)
    for header in everything:
        by_series[text(header, "SeriesInstanceUID")].append(header)
    splits_of: dict[str, list[Split]] = defaultdict(list)
    for split in splits:
        splits_of[split.volumes[0].slices[0].series_uid].append(split)
    reasons_of: dict[str, Counter[str]] = defaultdict(Counter)
    for s in slices:
        if s.uid in rejected:
            reasons_of[s.series_uid][rejected[s.uid]] += 1
    used_as = _used_as([use for use in uses if not use.refused])
    refused_as = _used_as([use for use in uses if use.refused])
    findings = []
    for uid, group in by_series.items():
        first = group[0]
        reasons = reasons_of[uid]
        if uid in copies:
            reason = f"a copy of series {text(by_series[copies[uid]][0], 'SeriesNumber')}, acquired at the same moments"
        elif uid in splits_of:
            used = uid in used_as or uid in refused_as
            reason = _why_used(splits_of[uid], used, reasons, None if used else _why_unlike(splits_of[uid], uses))
            reason += _hint(first, uses) if used else ""
        else:
            reason = reasons.most_common(1)[0][0] if reasons else f"no MR image ({_kind(first)})"
        findings.append(
            SeriesFinding(
                series_uid=uid,
                number=text(first, "SeriesNumber"),
                description=text(first, "SeriesDescription"),
                modality=text(first, "Modality"),
                instances=len(group),
                used_as=used_as.get(uid, ""),
                refused_as=refused_as.get(uid, ""),
                reason=reason,
            )
        )
    return tuple(
        sorted(
            findings,
            key=lambda f: (not (f.used_as or f.refused_as), _in_order(by_series[f.series_uid][0]), f.series_uid),
        )
    )


def _why_unlike(splits: Sequence[Split], uses: Sequence[Use]) -> str | None:
    """What a series is, where its headers show that it was acquired otherwise than the phases."""
    phases = [volume.acquisition for use in uses for volume in use.volumes]
    if not phases:
        return None
    phase = max(phases, key=lambda acquisition: acquisition.facts_told)
    return next((why for split in splits if (why := split.volumes[0].acquisition.why_unlike(phase))), None)


def _hint(header: Dataset, uses: Sequence[Use]) -> str:
    """What the description of a series of phases says otherwise than those of the others; it decides nothing."""
    said = described_as_suppressed(header)
    others = {described_as_suppressed(volume.slices[0].header) for use in uses for volume in use.volumes}
    if said is None or (not said) not in others:
        return ""
    return f"; its description says {'with' if said else 'without'} fat suppression, unlike others': its pixels decide"


def _why_used(splits: Sequence[Split], used: bool, left_out: Mapping[str, int], unlike: str | None) -> str:
    reason = " and ".join(dict.fromkeys(map(_cut, splits)))
    for why, count in left_out.items():
        reason += f"; {count} images left out: {why}"
    if unlike:
        return f"{unlike} ({reason})"
    return reason if used else f"{reason}, not those of the dynamic series"


def _cut(split: Split) -> str:
    """Into how many volumes a series was cut, and by what."""
    size = len(set(split.volumes[0].places))
    if len(split.volumes) == 1:
        return f"one volume of {size} slices"
    also = f" (also by {', '.join(split.agreeing)})" if split.agreeing else ""
    return f"{len(split.volumes)} volumes of {size} slices, told apart by {split.tag}{also}"


def _used_as(uses: Sequence[Use]) -> dict[str, str]:
    """By series: 'phases 1, 2, 3'; with the breast where each has its own."""
    use_of: dict[str, list[str]] = defaultdict(list)
    for use in uses:
        breast = f"{use.laterality.breasts}, " if len(uses) > 1 else ""
        for uid, numbers in _phase_numbers(use).items():
            use_of[uid].append(f"{breast}phase{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}")
    return {uid: "; ".join(words) for uid, words in use_of.items()}


def _phase_numbers(use: Use) -> dict[str, list[int]]:
    order = use.times.order if use.times else range(len(use.volumes))
    numbers: dict[str, list[int]] = defaultdict(list)
    for phase, index in enumerate(order, start=1):
        for uid in {s.series_uid for s in use.volumes[index].slices}:
            numbers[uid].append(phase)
    return numbers


def _kind(header: Dataset) -> str:
    sop_class = text(header, "SOPClassUID")
    return UID(sop_class).name if sop_class else text(header, "Modality") or "of unknown kind"


def _in_order(header: Dataset) -> float:
    found = number(header, "SeriesNumber")
    return float("inf") if found is None else found
