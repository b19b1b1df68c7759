"""Which volumes of a study belong together, which of such groups is the dynamic series, and whether it is whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tilscope.dicom_io.dce.acquired_alike import alike
from tilscope.dicom_io.dce.copies import without_copies
from tilscope.dicom_io.dce.extent import why_too_small
from tilscope.dicom_io.dce.fat_suppression import IN_PHASE
from tilscope.dicom_io.dce.laterality import laterality_of
from tilscope.dicom_io.dce.slabs import SLAB_GAP
from tilscope.dicom_io.dce.slices import SliceGrid
from tilscope.dicom_io.dce.source import name_of_series
from tilscope.dicom_io.dce.values import number, words
from tilscope.dicom_io.dce.volumes_of_series import Split, Volume
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_lists import first_few
from tilscope.models.refusals import Refused

_FEWEST_PHASES = 3
#: Slice positions may differ from even spacing by this fraction of it.
_SPACING_TOLERANCE = 0.05
#: Positions are kept to a hundredth of a millimetre.
_ROUNDING_MM = 0.02
#: A slice may lie this far beside the others of its stack.
_SIDEWAYS_MM = 0.5


@dataclass(frozen=True, eq=False)
class SeriesGroup:
    """Volumes over (nearly) the same slices, with the splits that they came from."""

    volumes: tuple[Volume, ...]
    splits: tuple[Split, ...]

    @property
    def name(self) -> str:
        return name_of_series({s.series_uid: s.header for v in self.volumes for s in v.slices}.values())

    @cached_property
    def laterality(self) -> Laterality:
        return laterality_of(self.volumes[0])

    @cached_property
    def is_original(self) -> bool:
        """Whether most of its images are the scanner's own (ImageType value 1)."""
        slices = [s for v in self.volumes for s in v.slices]
        originals = sum(words(s.header, "ImageType")[:1] == ["ORIGINAL"] for s in slices)
        return 2 * originals > len(slices)

    def without_copies(self) -> tuple[SeriesGroup, dict[str, str]]:
        """The candidate without its registered copies, and for each copy's series the one that it copies."""
        volumes, copies = without_copies(self.volumes)
        kept = {s.series_uid for v in volumes for s in v.slices}
        splits = tuple(split for split in self.splits if split.volumes[0].slices[0].series_uid in kept)
        return SeriesGroup(tuple(volumes), splits), copies


def candidates_of(splits: Sequence[Split]) -> list[SeriesGroup]:
    """Volumes of one grid that were acquired alike and share most of their slice positions, from whatever series."""
    split_of = {volume: split for split in splits for volume in split.volumes}
    by_grid: dict[SliceGrid, list[Volume]] = defaultdict(list)
    for volume in split_of:
        by_grid[volume.slices[0].grid].append(volume)
    kinds = [kind for volumes in by_grid.values() for kind in alike(volumes)]
    groups = [group for kind in kinds for group in _by_places(kind)]
    return [SeriesGroup(tuple(g), tuple(dict.fromkeys(split_of[volume] for volume in g))) for g in groups]


def _by_places(volumes: Sequence[Volume]) -> list[list[Volume]]:
    """The largest first: the two breasts have no slice in common, and both belong to a volume that holds both."""
    groups: list[list[Volume]] = []
    for volume in sorted(volumes, key=lambda volume: -len(set(volume.places))):
        home = next((group for group in groups if _belong_together(group[0], volume)), None)
        if home is None:
            groups.append([volume])
        else:
            home.append(volume)
    order = {volume: index for index, volume in enumerate(volumes)}
    return sorted((sorted(group, key=order.__getitem__) for group in groups), key=lambda group: order[group[0]])


def _belong_together(a: Volume, b: Volume) -> bool:
    fewer, more = sorted((set(a.places), set(b.places)), key=len)
    if len(fewer & more) >= 0.5 * len(more):
        return True
    # A phase of which little has arrived: were it left out, the others would pass for the whole study.
    return fewer <= more and _contrast(a) == _contrast(b)


def _contrast(volume: Volume) -> tuple[object, ...]:
    """What the images of one dynamic series share, and other images of the same slices do not."""
    header = volume.slices[0].header
    return *words(header, "ImageType")[:1], *(number(header, k) for k in ("EchoTime", "RepetitionTime", "FlipAngle"))


def choose(candidates: Sequence[SeriesGroup]) -> tuple[SeriesGroup, ...]:
    """The candidate with the most phases, of original images before derived ones; and the other breast of a pair.

    Equals cannot be told apart.
    """
    if not candidates:
        raise Refused("no-dynamic-series", why="no series of the study could hold a phase")
    best = max(candidates, key=_worth)
    most = len(best.volumes)
    if most == 1:
        raise Refused("no-dynamic-series", why="no series images the same slices more than once")
    if most < _FEWEST_PHASES:
        raise Refused("too-few-phases", found=most, needed=_FEWEST_PHASES, series=best.name)
    pair = (best, *_other_breast(best, candidates))
    rivals = [c for c in candidates if c not in pair and any(_worth(c) == _worth(chosen) for chosen in pair)]
    if rivals:
        raise Refused("ambiguous-dynamic-series", candidates=first_few([c.name for c in [best, *rivals]], "; ", 4))
    return tuple(sorted(pair, key=lambda c: c.laterality is Laterality.LEFT))


def _other_breast(one: SeriesGroup, candidates: Sequence[SeriesGroup]) -> list[SeriesGroup]:
    """The dynamic series of the opposite breast, where each breast has one of its own."""
    if one.laterality is Laterality.BOTH:
        return []
    opposite = Laterality.LEFT if one.laterality is Laterality.RIGHT else Laterality.RIGHT
    found = [
        c
        for c in candidates
        if c.laterality is opposite and c.is_original == one.is_original and (_is_whole(c) or _is_damaged_twin(c, one))
    ]
    return [max(found, key=_worth)] if found else []


def _is_damaged_twin(candidate: SeriesGroup, of: SeriesGroup) -> bool:
    """The other breast of a pair whose phases are not all told apart, or not all there: it would be left out in silence.

    Fewer phases in a series of their own are an extra scan of the other breast, and no damage.
    """
    one, other = (c.volumes[0].slices[0] for c in (candidate, of))
    in_one_series = len(candidate.volumes) > 1 and one.series_uid == other.series_uid
    repeats = in_one_series or bool(candidate.volumes[0].duplicates)
    return one.grid == other.grid and repeats and why_too_small(candidate.volumes) is None


def _worth(candidate: SeriesGroup) -> tuple[bool, int, bool]:
    """Archives hold cropped and reformatted copies beside the original: a whole original comes before any of them.

    Of a Dixon acquisition the water image is taken: it is the one with suppressed fat.
    """
    in_phase = not IN_PHASE.isdisjoint(words(candidate.volumes[0].slices[0].header, "ImageType")[2:])
    return _is_whole(candidate) and candidate.is_original, len(candidate.volumes), not in_phase


def _is_whole(candidate: SeriesGroup) -> bool:
    return len(candidate.volumes) >= _FEWEST_PHASES and why_too_small(candidate.volumes) is None


def check(candidate: SeriesGroup) -> None:
    """Equal, unique, evenly spaced positions in every phase, one above the other; else the refusal names the slice."""
    if not candidate.volumes[0].slices[0].grid.frame_of_reference:
        raise Refused("no-frame-of-reference", series=candidate.name)
    everywhere = sorted({p for v in candidate.volumes for p in v.places})
    for phase, volume in enumerate(candidate.volumes, start=1):
        if twice := volume.duplicates:
            raise Refused("duplicate-position", series=candidate.name, phase=phase, where=_millimetres(twice))
        if missing := sorted(set(everywhere) - set(volume.places)):
            raise Refused(
                "positions-differ", series=candidate.name, phase=phase, missing=len(missing),
                expected=len(everywhere), where=_millimetres(missing),
            )  # fmt: skip
    _check_spacing(candidate, everywhere)
    _check_stack(candidate)


def _check_spacing(candidate: SeriesGroup, everywhere: Sequence[float]) -> None:
    gaps = np.diff(everywhere)
    typical = float(np.median(gaps))
    wrong = np.abs(gaps - typical) > _SPACING_TOLERANCE * typical + _ROUNDING_MM
    if wrong.sum() == 1 and gaps.max() > SLAB_GAP * typical:
        raise Refused("two-slabs", series=candidate.name, gap=float(gaps.max()))
    if wrong.any():
        raise Refused(
            "irregular-spacing", series=candidate.name, smallest=float(gaps.min()), largest=float(gaps.max()),
            where=_millimetres([everywhere[int(np.argmax(wrong))]]),
        )  # fmt: skip


def _check_stack(candidate: SeriesGroup) -> None:
    """A slice that lies beside the others would be read in the wrong place."""
    usual = np.median([s.aside for v in candidate.volumes for s in v.slices], axis=0)
    for phase, volume in enumerate(candidate.volumes, start=1):
        for s in volume.slices:
            shift = float(np.abs(np.array(s.aside) - usual).max())
            if shift > _SIDEWAYS_MM:
                raise Refused(
                    "slice-shifted", series=candidate.name, phase=phase, shift=shift, where=_millimetres([s.depth])
                )


def _millimetres(places: Sequence[float]) -> str:
    shown = ", ".join(f"{p:.1f}" for p in places[:5])
    return f"at {shown} mm" + (f" and {len(places) - 5} more" if len(places) > 5 else "")
