"""What each series of a study was taken for, and why: for `tilscope inspect`, the page and the log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import UID

from dicom_io.dce.candidates import Candidate
from dicom_io.dce.phase_times import PhaseTimes
from dicom_io.dce.values import number, text
from dicom_io.dce.volumes_of_series import Split


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


def findings_of(
    everything: Sequence[Dataset],
    rejected: Mapping[str, str],
    splits: Sequence[Split],
    copies: Mapping[str, str],
    candidate: Candidate | None,
    times: PhaseTimes | None,
) -> tuple[SeriesFinding, ...]:
    """One finding a series, those that are used first. `rejected` gives reasons by instance, `copies` by series."""
    by_series: dict[str, list[Dataset]] = defaultdict(list)
    for header in everything:
        by_series[text(header, "SeriesInstanceUID")].append(header)
    split_of = {split.volumes[0].slices[0].series_uid: split for split in splits}
    phases = _phase_numbers(candidate, times)
    findings = []
    for uid, group in by_series.items():
        first = group[0]
        reasons = Counter(rejected[u] for h in group if (u := text(h, "SOPInstanceUID")) in rejected)
        if uid in copies:
            reason = f"a copy of series {text(by_series[copies[uid]][0], 'SeriesNumber')}, acquired at the same moments"
        elif uid in split_of:
            reason = _why_used(split_of[uid], uid in phases, reasons)
        else:
            reason = reasons.most_common(1)[0][0] if reasons else f"no MR image ({_kind(first)})"
        findings.append(
            SeriesFinding(
                series_uid=uid,
                number=text(first, "SeriesNumber"),
                description=text(first, "SeriesDescription"),
                modality=text(first, "Modality"),
                instances=len(group),
                used_as=_in_words(phases.get(uid, [])),
                reason=reason,
            )
        )
    return tuple(sorted(findings, key=lambda f: (not f.used_as, _in_order(by_series[f.series_uid][0]), f.series_uid)))


def _why_used(split: Split, used: bool, left_out: Mapping[str, int]) -> str:
    size = len(set(split.volumes[0].places))
    if len(split.volumes) == 1:
        reason = f"one volume of {size} slices"
    else:
        also = f" (also by {', '.join(split.agreeing)})" if split.agreeing else ""
        reason = f"{len(split.volumes)} volumes of {size} slices, told apart by {split.tag}{also}"
    for why, count in left_out.items():
        reason += f"; {count} images left out: {why}"
    return reason if used else f"{reason}, not those of the dynamic series"


def _phase_numbers(candidate: Candidate | None, times: PhaseTimes | None) -> dict[str, list[int]]:
    if candidate is None:
        return {}
    order = times.order if times else range(len(candidate.volumes))
    numbers: dict[str, list[int]] = defaultdict(list)
    for phase, index in enumerate(order, start=1):
        for uid in {s.series_uid for s in candidate.volumes[index].slices}:
            numbers[uid].append(phase)
    return numbers


def _in_words(numbers: Sequence[int]) -> str:
    """'phases 1, 2, 3', or '' for none."""
    return f"phase{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}" if numbers else ""


def _kind(header: Dataset) -> str:
    sop_class = text(header, "SOPClassUID")
    return UID(sop_class).name if sop_class else text(header, "Modality") or "of unknown kind"


def _in_order(header: Dataset) -> float:
    found = number(header, "SeriesNumber")
    return float("inf") if found is None else found
