"""How a volume was acquired: what all phases of a dynamic series have in common, and other images of the same slices do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydicom import Dataset

from tilscope.dicom_io.dce.fat_suppression import PLACES
from tilscope.dicom_io.dce.values import number

#: What a difference is called, with the value.
PARAMETERS = {
    "EchoTime": "echo time of {:g} ms",
    "RepetitionTime": "repetition time of {:g} ms",
    "FlipAngle": "flip angle of {:g}°",
}
#: Scanners choose the shortest echo time anew for each series: it differs by hundredths. Other contrasts differ by more.
_TOLERANCE = 0.1

_Value = TypeVar("_Value", bound=Hashable)


@dataclass(frozen=True)
class Acquisition:
    """As most headers of a volume have it; None where they do not tell."""

    parameters: tuple[float | None, ...]
    """In the order of `PARAMETERS`."""
    fat: tuple[bool | None, ...]
    """Whether fat is suppressed, by each of `PLACES`."""

    @property
    def facts_told(self) -> int:
        return sum(fact is not None for fact in (*self.parameters, *self.fat))

    def why_unlike(self, phase: Acquisition) -> str | None:
        """In words, what keeps this volume from being a phase beside another; None where the headers show no difference."""
        fat = self._fat_where_it_differs(phase)
        if fat is not None:
            named = "T1 with fat suppression" if fat else "T1 without fat suppression"
            return f"{named}, not part of the dynamic series, which has {'none' if fat else 'it'}"
        for words, here, there in zip(PARAMETERS.values(), self.parameters, phase.parameters, strict=True):
            if here is not None and there is not None and abs(here - there) > _TOLERANCE * max(here, there):
                return f"acquired with a {words.format(here)}, not part of the dynamic series, which has {there:g}"
        return None

    def _fat_where_it_differs(self, other: Acquisition) -> bool | None:
        """By the first place that tells of both. That neither names suppression leaves it to the next place."""
        for here, there in zip(self.fat, other.fat, strict=True):
            if here is None or there is None:
                continue
            if here != there:
                return here
            if here:
                return None
        return None


def acquisition_of(headers: Sequence[Dataset]) -> Acquisition:
    """Of one volume, from all its headers: a single image with another value is a slip, and no other contrast."""
    return Acquisition(
        tuple(_most([number(header, keyword) for header in headers]) for keyword in PARAMETERS),
        tuple(_most([read(header) for header in headers]) for read in PLACES.values()),
    )


def _most(values: Sequence[_Value]) -> _Value:
    (common, _), *_ = Counter(values).most_common(1)
    return common
