"""The gates, one row each. What refuses does so under the gate's own code; what warns goes into the report.

Gates that stop a study before its numbers exist are called where they stop it: no enhancement (`enhancement`), motion
(`models.preparation.motion`), phases outside their time windows (`models.kinetics.timing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tilscope.models.breast.fgt_check import check_fgt
from tilscope.models.features.peritumoral import vessel_shares
from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import MotionOutcome, PreparedSeries
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.quality.deformation import most_compressed, worst_deformation
from tilscope.models.quality.enhancement import enhancement_ratio
from tilscope.models.quality.noise import signal_to_noise
from tilscope.models.quality.place import part_at_the_chest_wall, part_at_the_edge
from tilscope.models.refusals import Refused
from tilscope.models.result import LesionResult, Measurement, QualityFinding, Verdict
from tilscope.models.settings import PipelineSettings, QualitySettings


@dataclass(frozen=True, eq=False)
class Examined:
    """All that a gate may inspect."""

    prepared: PreparedSeries
    regions: Regions
    lesions: Sequence[LesionResult]
    breast: Sequence[Measurement]
    settings: PipelineSettings

    @property
    def limits(self) -> QualitySettings:
        return self.settings.quality


Gate = Callable[[Examined], Iterator[QualityFinding]]


def assess(examined: Examined) -> tuple[QualityFinding, ...]:
    """Every gate's finding, passed ones too. Raises the refusal of the gate that refuses."""
    return tuple(finding for gate in GATES for finding in gate(examined))


def _called(seen: Examined, number: int) -> str:
    """A region within a sentence."""
    return seen.regions.finding.label(number).lower()


def _finding(code: str, sentence: str, value: float, limit: float, warns: bool) -> QualityFinding:
    return QualityFinding(code, sentence, Verdict.WARN if warns else Verdict.PASS, float(f"{value:.4g}"), limit)


def _kind(seen: Examined) -> Iterator[QualityFinding]:
    """Nothing is said of masses, and of candidates every output says first that nothing is scored."""
    if seen.regions.finding is Finding.DIFFUSE:
        sentence = "The enhancement is diffuse or non-mass: what is measured and scored is its extent, and no mass."
        yield QualityFinding("finding-diffuse", sentence)


def _noise(seen: Examined) -> Iterator[QualityFinding]:
    snr, limits = min(signal_to_noise(seen.prepared, seen.regions), 1e6), seen.limits
    if snr < limits.snr_refused:
        raise Refused("too-noisy", snr=snr, limit=limits.snr_refused)
    sentence = f"Signal to noise in the gland before contrast is {snr:.0f}."
    if snr < limits.snr_warned:
        sentence = (
            f"The images are noisy: {sentence[0].lower()}{sentence[1:]} Enhancement of single voxels is uncertain."
        )
    yield _finding("signal-to-noise", sentence, snr, limits.snr_warned, snr < limits.snr_warned)


def _motion(seen: Examined) -> Iterator[QualityFinding]:
    if not seen.prepared.motion:
        return
    worst, limit = max(seen.prepared.motion, key=lambda m: m.rms_mm), seen.limits.motion_warned_mm
    moved = f"{worst.rms_mm:.1f} mm (phase {worst.number})"
    sentence = f"The most that a phase had moved in the breast is {moved}; it {worst.outcome.in_words}."
    finding = _finding("motion", sentence, worst.rms_mm, limit, worst.rms_mm > limit)
    unproven = [m.number for m in seen.prepared.motion if m.outcome is MotionOutcome.UNPROVEN]
    if unproven and finding.verdict is Verdict.PASS:
        # Whether those phases moved is not known: that is no pass.
        sentence += f" Phases whose motion is not known: {', '.join(map(str, unproven))}."
        finding = replace(finding, sentence=sentence, verdict=Verdict.WARN, checkable=False)
    yield finding


def _tumour_volume(seen: Examined) -> Iterator[QualityFinding]:
    worst, limit = worst_deformation(seen.prepared.motion, seen.regions.lesions), seen.limits.lesion_change_warned
    if worst is None:
        return
    sentence = (
        f"By the motion taken out, {_called(seen, worst.lesion)} has {worst.mean:.2f} times its volume in phase {worst.phase} "
        f"({worst.least:.2f} to {worst.greatest:.2f} from place to place)."
    )
    if worst.change > limit:
        sentence += " Tumours keep their volume: its kinetics may be wrong."
    yield _finding("lesion-deformation", sentence, worst.change, limit, worst.change > limit)


def _folding(seen: Examined) -> Iterator[QualityFinding]:
    worst, limit = most_compressed(seen.prepared.motion), seen.limits.compression_warned
    if worst is None:
        return
    least = worst.lowest_jacobian
    sentence = (
        f"The motion taken out of phase {worst.number} changes volume in the breast to {least:.2f} times at least."
    )
    if least < limit:
        sentence += " That is near to folding: the displacement found is doubtful there."
    yield _finding("deformation", sentence, least, limit, least < limit)


def _timing(seen: Examined) -> Iterator[QualityFinding]:
    series, timing = seen.prepared.series, seen.settings.timing
    for name, index, target, limit in (
        ("early", series.roles.early, timing.early_s, seen.limits.early_off_s),
        ("late", series.roles.late, timing.late_s, seen.limits.late_off_s),
    ):
        off = abs(series.phases[index].time_s - target)
        sentence = f"The {name} phase lies {off:.0f} s from the usual {target:.0f} s {series.after_injection}."
        finding = _finding(f"{name}-phase-time", sentence, off, limit, off > limit)
        if series.time_zero_assumed and off <= limit:
            sentence += " The injection is not recorded, so this cannot be checked."
            finding = replace(finding, sentence=sentence, verdict=Verdict.WARN, checkable=False)
        yield finding


def _enhancement(seen: Examined) -> Iterator[QualityFinding]:
    ratio, limit = enhancement_ratio(seen.prepared.series), seen.limits.enhancement_warned
    sentence = f"The early phase is {ratio:.2f} times as bright as the first in the body."
    if ratio > limit:
        sentence += " That is more than contrast does: the receiver's gain may have changed."
    yield _finding("enhancement", sentence, ratio, limit, ratio > limit)


def _breast(seen: Examined) -> Iterator[QualityFinding]:
    values = {m.id: m.value for m in seen.breast}
    percent, limit = values.get("fgt_percent"), seen.limits.most_fgt_percent
    if percent is not None:
        sentence = f"Glandular tissue makes up {percent:.0f} % of the breast."
        if percent > limit:
            sentence += " That is more than dense breasts have: fat may have been taken for gland."
        yield _finding("fgt-share", sentence, percent, limit, percent > limit)


def _glands(seen: Examined) -> Iterator[QualityFinding]:
    if not mask_of(seen.regions.fgt).any():
        return
    found, limits = check_fgt(seen.prepared, seen.regions), seen.limits
    told = (
        (
            "fgt-at-rim",
            f"{100 * found.at_the_rim:.0f} % of the fibroglandular tissue lies at the breast's border.",
            "Skin or muscle may have been taken for it.",
            found.at_the_rim,
            limits.fgt_at_rim_warned,
        ),
        (
            "fgt-pieces",
            f"The fibroglandular tissue is in {found.pieces} pieces, and {100 * found.in_crumbs:.0f} % of it in crumbs.",
            "Noise or uneven suppression may have been taken for it.",
            found.in_crumbs,
            limits.fgt_in_crumbs_warned,
        ),
        (
            "fgt-stability",
            f"With a slightly different border between fat and gland, the fibroglandular tissue's volume changes by "
            f"{100 * found.change:.0f} %.",
            "Its volume is uncertain.",
            found.change,
            limits.fgt_change_warned,
        ),
    )
    for code, sentence, why, value, limit in told:
        yield _finding(code, f"{sentence} {why}" if value > limit else sentence, value, limit, value > limit)
    if found.doubt:
        yield QualityFinding("fgt-withheld", f"{found.doubt[0].upper()}{found.doubt[1:]}.", Verdict.WARN, None, None)


def _confidence(seen: Examined) -> Iterator[QualityFinding]:
    index, limit = seen.regions.index_lesion, seen.limits.confidence_warned
    sentence = f"The segmenter's confidence in {_called(seen, index.number)} is {index.confidence:.2f}."
    if index.confidence < limit:
        sentence += " It may be another enhancing structure; look at the contour first."
    yield _finding("lesion-confidence", sentence, index.confidence, limit, index.confidence < limit)


def _edge(seen: Examined) -> Iterator[QualityFinding]:
    for lesion in seen.regions.lesions:
        part, limit = part_at_the_edge(lesion), seen.limits.edge_part_warned
        if part > limit:
            sentence = f"{seen.regions.finding.label(lesion.number)} reaches the edge of the images; what was measured is a part of it."
            yield _finding("lesion-at-edge", sentence, part, limit, True)


def _chest_wall(seen: Examined) -> Iterator[QualityFinding]:
    for lesion in seen.regions.lesions:
        part, limit = part_at_the_chest_wall(lesion, seen.regions.breast), seen.limits.chest_wall_part_warned
        if part > limit:
            sentence = f"{seen.regions.finding.label(lesion.number)} lies against the chest wall; its outline there is uncertain."
            yield _finding("lesion-at-chest-wall", sentence, part, limit, True)


def _size(seen: Examined) -> Iterator[QualityFinding]:
    least, most = seen.limits.usual_diameter_mm
    for lesion in seen.lesions:
        longest = next((m.value for m in lesion.measurements if m.id == "longest_diameter"), None)
        if longest is None:
            continue
        sentence = f"{seen.regions.finding.label(lesion.number)} measures {longest:.0f} mm."
        if longest < least:
            sentence += " So small a lesion gives texture features few voxels."
        elif longest > most:
            sentence += " So large a region may hold more than a tumour."
        unusual = not least <= longest <= most
        yield _finding("lesion-size", sentence, longest, least if longest < least else most, unusual)


def _vessels(seen: Examined) -> Iterator[QualityFinding]:
    """Of what is cut out of the rings that signatures measure around the index lesion."""
    shares, limit = vessel_shares(seen.prepared.series, seen.regions), seen.limits.ring_vessels_warned
    told = " and ".join(f"{100 * share:.1f} % of the {reach:g} mm" for reach, share in shares.items())
    index = _called(seen, seen.regions.index_lesion.number)
    sentence = f"Vessels were cut out of the rings around {index}: {told} around it."
    worst = max(shares.values())
    if worst > limit:
        sentence += " That is more than vessels take: other enhancing tissue may have been cut out with them."
    yield _finding("vessels-in-rings", sentence, worst, limit, worst > limit)


GATES: tuple[Gate, ...] = (
    _kind, _noise, _motion, _tumour_volume, _folding, _timing, _enhancement, _breast, _glands, _confidence, _edge, _chest_wall, _size,
    _vessels,
)  # fmt: skip
