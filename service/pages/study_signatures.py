"""What is shown of one signature: its state, its score, where that lies in the cohort, and what has made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilscope.dicom_io.objects.pdf.page_style import STATE_MARKS
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_numbers import readings_sentence, score_text, signed, significant, spread_text
from tilscope.models.result import Contribution, SignatureResult
from tilscope.service.pages.words import MeasurementTable


@dataclass(frozen=True)
class ScoreView:
    value: str
    category: str
    spread: str
    """How far the value goes with small changes of the outline; ''."""
    readings: str
    """The score as the paper may also be read; ''."""
    caveat: str
    """Why it is no result to act on; ''."""
    further: tuple[str, ...]
    """A paper's other models on the same features, each with its name."""

    @classmethod
    def of(cls, signature: SignatureResult) -> ScoreView | None:
        """None where there is no score; its reason stands in the signature's own."""
        if signature.score is None or signature.score.value is None:
            return None
        further = tuple(f"{one.name}: {score_text(one)}" for one in signature.further_scores)
        return cls(
            score_text(signature.score),
            signature.category or "",
            spread_text(signature),
            readings_sentence(signature),
            signature.caveat,
            further,
        )


@dataclass(frozen=True)
class PercentileMark:
    """As on the PDF: the reference's cohort from its lowest score to its highest, and this patient."""

    percentile: str
    x: str
    """Of the patient's mark, in a strip that is 100 wide."""

    @classmethod
    def of(cls, percentile: float | None) -> PercentileMark | None:
        return None if percentile is None else cls(f"{percentile:.0f}", f"{2 + 0.96 * percentile:.1f}")


@dataclass(frozen=True)
class ContributionRow:
    """What one feature adds to the score, in figures and as a bar from the middle of a drawing that is 100 wide."""

    feature: str
    value: str
    adds: str
    bar_x: str
    bar_width: str
    raises: bool

    @classmethod
    def of(cls, one: Contribution, greatest: float) -> ContributionRow:
        width = 48 * abs(one.amount / greatest)
        raises = one.amount / greatest > 0
        x = 50 if raises else 50 - width
        return cls(one.feature, significant(one.value, 2), signed(one.amount), f"{x:.1f}", f"{width:.1f}", raises)


@dataclass(frozen=True)
class SignatureCard:
    key: str
    """Of what can be folded up, unique on the page."""
    title: str
    mark: str
    state: str
    score: ScoreView | None
    strip: PercentileMark | None
    reason: str
    supplied: str
    """What the site knows from elsewhere and was taken into account; ''."""
    contributions: tuple[ContributionRow, ...]
    features: MeasurementTable
    published: str
    citation: str
    version: str
    reference: str
    parameters: str

    @classmethod
    def of(cls, signature: SignatureResult, side: Laterality) -> SignatureCard:
        return cls(
            key=f"{signature.id} {side.value}",
            title=signature.title,
            mark=STATE_MARKS[signature.state],
            state=signature.state.value,
            score=ScoreView.of(signature),
            strip=None if signature.caveat else PercentileMark.of(signature.percentile),
            reason=signature.reason,
            supplied=", ".join(signature.supplied),
            contributions=_contributions(signature.contributions),
            features=MeasurementTable.of("Features", signature.features),
            published=signature.published,
            citation=signature.citation,
            version=signature.version,
            reference=signature.reference,
            parameters=signature.parameters,
        )


def _contributions(every: Sequence[Contribution]) -> tuple[ContributionRow, ...]:
    """None where no feature adds anything."""
    greatest = max((abs(one.amount) for one in every), default=0.0)
    return tuple(ContributionRow.of(one, greatest) for one in every) if greatest else ()
