"""What is shown of one dynamic series: warnings, pictures, signatures, measurements, quality, phases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_numbers import significant
from tilscope.models.result import LesionSource
from tilscope.service.pages.study_signatures import SignatureCard
from tilscope.service.pages.words import MeasurementTable, measured, sentence_case


@dataclass(frozen=True)
class PictureView:
    side: str
    breasts: str
    version: str
    """Changes with the picture, which a browser keeps."""


@dataclass(frozen=True)
class LesionCard:
    measurements: MeasurementTable
    curve_type: str
    confidence: str


@dataclass(frozen=True)
class QualityRow:
    warns: bool
    sentence: str
    value: str
    limit: str


@dataclass(frozen=True)
class PhaseRow:
    number: int
    role: str
    time: str


@dataclass(frozen=True)
class SeriesView:
    side: str
    heading: str
    lesion_source: str
    """Who or what has outlined the lesions, as a sentence; '' for automatic ones."""
    picture: PictureView
    signatures: tuple[SignatureCard, ...]
    lesions: tuple[LesionCard, ...]
    breast: MeasurementTable
    quality: tuple[QualityRow, ...]
    phases: tuple[PhaseRow, ...]

    @property
    def warnings(self) -> tuple[QualityRow, ...]:
        return tuple(row for row in self.quality if row.warns)

    @property
    def passed(self) -> int:
        return len(self.quality) - len(self.warnings)

    @classmethod
    def of(cls, kept: Mapping[str, Any], several: bool, version: str) -> SeriesView:
        """`several`: the page has to say which breast it is; `version` changes with the picture."""
        side = Laterality(kept["laterality"])
        return cls(
            side=side.value,
            heading=sentence_case(side.breasts) if several else "Result",
            lesion_source=LesionSource(**kept["segmentation"]).sentence,
            picture=PictureView(side.value, side.the_breasts, version[:12]),
            signatures=tuple(SignatureCard.of(one, side) for one in kept["signatures"]),
            lesions=tuple(map(_lesion, kept["lesions"])),
            breast=MeasurementTable.of(f"Breast, {side.word}", map(measured, kept["breast"])),
            quality=tuple(map(_quality, kept["quality"])),
            phases=_phases(kept["phases"]),
        )


def _lesion(kept: Mapping[str, Any]) -> LesionCard:
    caption = f"Lesion {kept['number']}, {Laterality(kept['laterality']).word}"
    table = MeasurementTable.of(caption, map(measured, kept["measurements"]))
    return LesionCard(table, kept["curve_type"], f"{kept['confidence']:.2f}")


def _quality(kept: Mapping[str, Any]) -> QualityRow:
    value, limit = ("" if kept.get(name) is None else significant(kept[name]) for name in ("value", "limit"))
    return QualityRow(kept["verdict"] == "warn", kept["sentence"], value, limit)


def _phases(kept: Sequence[Mapping[str, Any]]) -> tuple[PhaseRow, ...]:
    return tuple(PhaseRow(one["number"], one["role"], f"{one['time_s']:+.0f} s") for one in kept)
