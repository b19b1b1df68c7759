"""What is shown of one dynamic series: warnings, pictures, signatures, measurements, quality, phases."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_numbers import significant
from tilscope.models.result import LesionResult, PhaseSummary, QualityFinding, SeriesResult, Verdict
from tilscope.service.pages.study_signatures import SignatureCard
from tilscope.service.pages.words import MeasurementTable, sentence_case


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

    @classmethod
    def of(cls, lesion: LesionResult, finding: Finding) -> LesionCard:
        caption = f"{finding.label(lesion.number)}, {Laterality(lesion.laterality).word}"
        table = MeasurementTable.of(caption, lesion.measurements)
        return cls(table, lesion.curve_type, f"{lesion.confidence:.2f}")


@dataclass(frozen=True)
class QualityRow:
    warns: bool
    sentence: str
    value: str
    limit: str

    @classmethod
    def of(cls, finding: QualityFinding) -> QualityRow:
        value, limit = ("" if one is None else significant(one) for one in (finding.value, finding.limit))
        return cls(finding.verdict is Verdict.WARN, finding.sentence, value, limit)


@dataclass(frozen=True)
class PhaseRow:
    number: int
    role: str
    time: str

    @classmethod
    def of(cls, phase: PhaseSummary) -> PhaseRow:
        return cls(phase.number, phase.role, f"{phase.time_s:+.0f} s")


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
    def of(cls, series: SeriesResult, several: bool, version: str) -> SeriesView:
        """`several`: the page has to say which breast it is; `version` changes with the picture."""
        side = Laterality(series.laterality)
        return cls(
            side=side.value,
            heading=sentence_case(side.breasts) if several else "Result",
            lesion_source=series.segmentation.sentence,
            picture=PictureView(side.value, side.the_breasts, version[:12]),
            signatures=tuple(SignatureCard.of(one, side) for one in series.signatures),
            lesions=tuple(LesionCard.of(lesion, series.finding) for lesion in series.lesions),
            breast=MeasurementTable.of(f"Breast, {side.word}", series.breast),
            quality=tuple(map(QualityRow.of, series.quality)),
            phases=tuple(map(PhaseRow.of, series.phases)),
        )
