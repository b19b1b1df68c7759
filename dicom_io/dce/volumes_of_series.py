"""One series into complete volumes: by whichever tag splits its repeated positions evenly.

No tag is reliable on every scanner, so each is tried and the split itself is the evidence: a tag that separates the
slices into volumes with equal positions is right, one that does not is wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from tilscope.dicom_io.dce.acquisition import Acquisition, acquisition_of
from tilscope.dicom_io.dce.clock import moment
from tilscope.dicom_io.dce.slices import Slice
from tilscope.dicom_io.dce.values import number


@dataclass(frozen=True, eq=False)
class Volume:
    """Slices at different positions, sorted along the normal; as yet without a time."""

    slices: tuple[Slice, ...]

    @property
    def places(self) -> tuple[float, ...]:
        return tuple(s.place for s in self.slices)

    @property
    def duplicates(self) -> list[float]:
        return [p for p, n in Counter(self.places).items() if n > 1]

    @cached_property
    def acquisition(self) -> Acquisition:
        return acquisition_of([s.header for s in self.slices])


@dataclass(frozen=True, eq=False)
class Split:
    """A series cut into volumes by one tag."""

    tag: str
    volumes: tuple[Volume, ...]
    agreeing: tuple[str, ...] = field(default=())
    """Other tags that cut the series in the same way."""

    @property
    def is_even(self) -> bool:
        first = self.volumes[0].places
        return all(v.places == first and not v.duplicates for v in self.volumes)

    @property
    def unevenness(self) -> int:
        """How many slices are missing or too many: 0 for an even split."""
        everywhere = {p for v in self.volumes for p in v.places}
        return sum(
            len(everywhere - set(v.places)) + sum(Counter(v.places).values()) - len(set(v.places)) for v in self.volumes
        )

    @property
    def partition(self) -> frozenset[frozenset[str]]:
        return frozenset(frozenset(s.uid for s in v.slices) for v in self.volumes)


Splitter = Callable[[Sequence[Slice]], list[list[Slice]] | None]


def _by_label(keyword: str) -> Splitter:
    """One volume for each value. A tag that is missing on any slice is not used."""

    def split(slices: Sequence[Slice]) -> list[list[Slice]] | None:
        groups: dict[float, list[Slice]] = defaultdict(list)
        for s in slices:
            label = number(s.header, keyword)
            if label is None:
                return None
            groups[label].append(s)
        return [groups[value] for value in sorted(groups)]

    return split


def _by_order(value: Callable[[Slice], float | None]) -> Splitter:
    """The k-th slice at each position, in the order of a clock, belongs to volume k.

    Clocks differ by a second or more within a phase, so equal values are not asked for; but volumes must not overlap
    in time. Positions that lack a slice are matched to the nearest volume, so that the gap shows in the right one.
    """

    def split(slices: Sequence[Slice]) -> list[list[Slice]] | None:
        clocked: list[tuple[float, Slice]] = []
        for s in slices:
            moment_s = value(s)
            if moment_s is None:
                return None
            clocked.append((moment_s, s))
        at: dict[float, list[tuple[float, Slice]]] = defaultdict(list)
        for moment_s, s in sorted(clocked, key=lambda pair: pair[0]):
            at[s.place].append((moment_s, s))
        # What most positions have is the number of volumes: a position with less has lost a slice, one with more has
        # a slice twice.
        (count, _), *_ = Counter(len(group) for group in at.values()).most_common(1)
        complete = [group for group in at.values() if len(group) == count]
        spans = [(min(g[k][0] for g in complete), max(g[k][0] for g in complete)) for k in range(count)]
        if any(later[0] <= earlier[1] for earlier, later in pairwise(spans)):
            return None
        volumes: list[list[Slice]] = [[] for _ in range(count)]
        for moment_s, s in clocked:
            distance = [max(low - moment_s, moment_s - high, 0.0) for low, high in spans]
            volumes[distance.index(min(distance))].append(s)
        return volumes

    return split


def _trigger(s: Slice) -> float | None:
    # Scanners leave TriggerTime out on the first instance, where it would be 0 (QIBA DRO).
    return number(s.header, "TriggerTime") or 0.0


#: In the order of trust where several split evenly but differently.
SPLITTERS: dict[str, Splitter] = {
    "TemporalPositionIdentifier": _by_label("TemporalPositionIdentifier"),
    "AcquisitionTime": _by_order(lambda s: moment(s.header, "Acquisition")),
    "TriggerTime": _by_order(_trigger),
    "AcquisitionNumber": _by_label("AcquisitionNumber"),
    "ContentTime": _by_order(lambda s: moment(s.header, "Content")),
}


def split_series(slices: Sequence[Slice]) -> Split:
    """The best split of one series; a series without repeated positions is one volume.

    An even split with the most support by other tags wins. If none is even, the least uneven one is given, so that
    the refusal can name which slice is missing where.
    """
    repeats = max(Counter(s.place for s in slices).values())
    whole = Split("", (_volume(slices),))
    if repeats == 1:
        return whole
    splits = []
    for tag, splitter in SPLITTERS.items():
        groups = splitter(slices)
        if groups is not None and len(groups) > 1:
            splits.append(Split(tag, tuple(_volume(group) for group in groups)))
    even = [s for s in splits if s.is_even]
    if not even:
        return min(splits, key=lambda s: s.unevenness, default=whole)
    support = Counter(s.partition for s in even)
    best = max(even, key=lambda s: support[s.partition])  # the first of equals: table order
    others = tuple(s.tag for s in even if s.partition == best.partition and s.tag != best.tag)
    return Split(best.tag, best.volumes, others)


def _volume(slices: Sequence[Slice]) -> Volume:
    return Volume(tuple(sorted(slices, key=lambda s: (s.place, s.uid))))
