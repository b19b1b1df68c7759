"""What is shown of one dynamic series: warnings, pictures, signatures, measurements, quality, phases."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tilscope.models.imaging.series import Laterality, after_injection
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
    def of(cls, lesion: LesionResult) -> LesionCard:
        caption = f"Lesion {lesion.number}, {Laterality(lesion.laterality).word}"
        table = MeasurementTable.of(caption, lesion.measurements)
        return cls(table, lesion.curve_type, f"{lesion.confidence:.2f}")


@dataclass(frozen=True)
class QualityRow:
    verdict: str
    """warns, passed or not checkable."""
    sentence: str
    value: str
    limit: str

    @classmethod
    def of(cls, finding: QualityFinding) -> QualityRow:
        value, limit = ("" if one is None else significant(one) for one in (finding.value, finding.limit))
        verdict = "warns" if finding.verdict is Verdict.WARN else "passed"
        return cls(verdict if finding.checkable else "not checkable", finding.sentence, value, limit)


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
    time_zero: str
    """What the times of the phases are counted from, and that it is assumed where it is."""
    after_injection: str
    """'after injection', or after the assumed one."""

    @property
    def warnings(self) -> tuple[QualityRow, ...]:
        return tuple(row for row in self.quality if row.verdict == "warns")

    @property
    def quality_in_short(self) -> str:
        counts = Counter(row.verdict for row in self.quality)
        unknown = f", {counts['not checkable']} not checkable" if counts["not checkable"] else ""
        return f"{counts['passed']} of {len(self.quality)} checks passed{unknown}"

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
            lesions=tuple(map(LesionCard.of, series.lesions)),
            breast=MeasurementTable.of(f"Breast, {side.word}", series.breast),
            quality=tuple(map(QualityRow.of, series.quality)),
            phases=tuple(map(PhaseRow.of, series.phases)),
            time_zero=series.time_zero_in_words,
            after_injection=after_injection(series.time_zero_assumed),
        )
