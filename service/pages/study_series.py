"""What is shown of one dynamic series: warnings, pictures, signatures, measurements, quality, phases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tilscope.models.description.dictation import NOTICE, series_dictation
from tilscope.models.finding import Finding
from tilscope.models.imaging.series import Laterality, after_injection
from tilscope.models.readable_findings import findings_in_words
from tilscope.models.readable_numbers import significant
from tilscope.models.result import (
    BreastDescription,
    LesionDescription,
    LesionResult,
    PhaseSummary,
    QualityFinding,
    SeriesResult,
    Verdict,
)
from tilscope.service.ledger.lesion_readings import LesionReading
from tilscope.service.ledger.queries import Study
from tilscope.service.pages.lesion_readings import LesionVerdicts
from tilscope.service.pages.study_pictures import PictureView
from tilscope.service.pages.study_signatures import SignatureCard
from tilscope.service.pages.words import MeasurementTable, sentence_case


@dataclass(frozen=True)
class LesionCard:
    name: str
    measurements: MeasurementTable
    curve_type: str
    confidence: str
    seed: str
    """Where it is, as the command takes it; '' where nothing is left to decide."""
    verdicts: LesionVerdicts | None
    """What a reader may say of it; None where nothing may be said."""

    @classmethod
    def of(cls, lesion: LesionResult, finding: Finding, verdicts: LesionVerdicts | None) -> LesionCard:
        name = finding.label(lesion.number)
        caption = f"{name}, {Laterality(lesion.laterality).word}"
        table = MeasurementTable.of(caption, lesion.measurements)
        seed = "" if finding.is_scored else ", ".join(f"{mm:g}" for mm in lesion.point_mm or ())
        return cls(name, table, lesion.curve_type, f"{lesion.confidence:.2f}", seed, verdicts)


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
class TermRow:
    about: str
    name: str
    words: str
    rule: str
    """The thresholds and the number that the word follows from."""


@dataclass(frozen=True)
class ReportBlock:
    """What a radiologist's report needs, as text to copy and with the rule of each word."""

    text: str
    """'' where nothing is described."""
    terms: tuple[TermRow, ...]
    numbers: tuple[MeasurementTable, ...]

    @classmethod
    def of(cls, series: SeriesResult) -> ReportBlock:
        described = series.description
        if described is None:
            return cls("", (), ())
        of_breasts = [(sentence_case(Laterality(one.laterality).breasts), one) for one in described.breasts]
        of_lesions = [(series.finding.label(one.number), one) for one in described.lesions]
        parts: list[tuple[str, BreastDescription | LesionDescription]] = [*of_breasts, *of_lesions]
        return cls(
            text=f"{series_dictation(series)}\n\n{NOTICE}",
            terms=tuple(
                TermRow(about, term.name, term.words, term.rule) for about, part in parts for term in part.terms
            ),
            numbers=tuple(MeasurementTable.of(about, part.measurements) for about, part in parts),
        )


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
    finding: tuple[str, ...]
    """What kind of answer it is, in sentences; none of masses, which everybody expects."""
    is_decided: bool
    """False: a reader must say which candidate is the lesion."""
    scored: str
    """What the signatures are of, within a sentence."""
    lesion_source: str
    """Who or what has outlined the lesions, as a sentence; '' for automatic ones."""
    picture: PictureView
    block: ReportBlock
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
    def of(
        cls,
        series: SeriesResult,
        several: bool,
        scored: Study,
        readings: Sequence[LesionReading] = (),
        is_current: bool = True,
    ) -> SeriesView:
        """`several`: the page has to say which breast it is; `scored` is the input that the result is of."""
        side, finding = Laterality(series.laterality), series.finding
        return cls(
            side=side.value,
            heading=sentence_case(side.breasts) if several else "Result",
            finding=() if finding is Finding.MASS else findings_in_words(series),
            is_decided=finding.is_scored,
            scored=finding.label(1).lower(),
            lesion_source=series.segmentation.sentence,
            picture=_picture(side, finding, scored),
            block=ReportBlock.of(series),
            signatures=tuple(SignatureCard.of(one, side) for one in series.signatures),
            lesions=tuple(
                LesionCard.of(lesion, finding, LesionVerdicts.of(lesion, series, readings, is_current))
                for lesion in series.lesions
            ),
            breast=MeasurementTable.of(side.whole, series.breast),
            quality=tuple(map(QualityRow.of, series.quality)),
            phases=tuple(map(PhaseRow.of, series.phases)),
            time_zero=series.time_zero_in_words,
            after_injection=after_injection(series.time_zero_assumed),
        )


def _picture(side: Laterality, finding: Finding, scored: Study) -> PictureView:
    if finding.is_scored:
        return PictureView.of_lesions(side, scored.study_uid, scored.input_hash)
    return PictureView.of(side, scored.study_uid, scored.input_hash, may_point=True, candidates=True)
