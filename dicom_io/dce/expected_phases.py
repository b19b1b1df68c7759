"""How many phases the images themselves announce: some of them may still be on their way.

Headers can be wrong, and operators stop scans. Missing phases are a reason to wait for a while, and none to refuse.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom import Dataset

from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.values import number, text


@dataclass(frozen=True)
class MissingPhases:
    """Fewer phases are there than the images announce."""

    found: int
    expected: int


def missing_phases(source: DceSource) -> MissingPhases | None:
    """The greatest one among the source's series; None where all expected phases are there."""
    by_series: dict[str, list[list[Dataset]]] = defaultdict(list)
    for phase in source.phases:
        of_phase: dict[str, list[Dataset]] = defaultdict(list)
        for header in phase.headers:
            of_phase[text(header, "SeriesInstanceUID")].append(header)
        for uid, headers in of_phase.items():
            by_series[uid].append(headers)
    # Each part of a dynamic series that was split into series of one phase may still state the number of all.
    together: Counter[int] = Counter()
    short = []
    for phases in by_series.values():
        if expected := _by_number(phases):
            together[expected] += len(phases)
        short.append(MissingPhases(len(phases), _by_positions(phases)))
    short.append(MissingPhases(len(source.phases), _by_positions([phase.headers for phase in source.phases])))
    short += [MissingPhases(found, expected) for expected, found in together.items()]
    missing = max(short, key=lambda s: s.expected - s.found)
    return missing if missing.expected > missing.found else None


def _by_number(phases: Sequence[Sequence[Dataset]]) -> int:
    """NumberOfTemporalPositions, as most images have it; 0 where they do not agree on one."""
    numbers = [number(header, "NumberOfTemporalPositions") for headers in phases for header in headers]
    return int(_agreed(numbers) or 0)


def _by_positions(phases: Sequence[Sequence[Dataset]]) -> int:
    """From the lowest to the highest TemporalPositionIdentifier; as many as there are where it does not number phases."""
    of_phases = [_agreed([number(header, "TemporalPositionIdentifier") for header in headers]) for headers in phases]
    positions = {position for position in of_phases if position is not None}
    return int(max(positions) - min(positions)) + 1 if len(positions) == len(phases) else len(phases)


def _agreed(values: Sequence[float | None]) -> float | None:
    """The value that more than half of them have."""
    (common, count), *_ = Counter(values).most_common(1)
    return common if count > len(values) / 2 else None
