"""What readers have said of single lesions, and what may be said of each that the page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilscope.models.result import LesionResult, SeriesResult
from tilscope.service.ledger.lesion_readings import LesionReading, ReadingVerdict
from tilscope.service.pages.words import ShownMoment


@dataclass(frozen=True)
class ReadingRow:
    """One lesion that was confirmed or rejected."""

    name: str
    verdict: str
    who: str
    at: ShownMoment | None
    point: str
    """As the command takes it."""

    @classmethod
    def of(cls, reading: LesionReading) -> ReadingRow:
        at = ShownMoment.of(reading.at)
        return cls(reading.name, reading.verdict.value, reading.who, at, point_in_words(reading.point_mm))


@dataclass(frozen=True)
class LesionVerdicts:
    """What a reader may say of one lesion."""

    point: str
    """As the command takes it."""
    confirmed: ReadingRow | None
    """By whom; None where by nobody."""
    may_confirm: bool
    may_reject: bool

    @classmethod
    def of(
        cls, lesion: LesionResult, series: SeriesResult, readings: Sequence[LesionReading], is_current: bool
    ) -> LesionVerdicts | None:
        """None where nothing may be said: of an earlier input, or of a result that has no point of the lesion."""
        if lesion.point_mm is None or not is_current:
            return None
        said = [one for one in readings if one.is_of(lesion.point_mm) and one.verdict is ReadingVerdict.CONFIRMED]
        confirmed = ReadingRow.of(said[0]) if said else None
        # What a person has drawn or pointed at is taken back where it was given.
        may_reject = series.segmentation.source == "automatic" and confirmed is None
        may_confirm = series.finding.is_scored and confirmed is None
        return cls(point_in_words(lesion.point_mm), confirmed, may_confirm, may_reject)


def point_in_words(point_mm: Sequence[float]) -> str:
    """
    >>> point_in_words((-52.0, -31.25, 14.5))
    '-52, -31.25, 14.5'
    """
    return ", ".join(f"{mm:g}" for mm in point_mm)
