"""Signatures that are weighted sums of z-scored radiomic features: such a one is a table, and no code of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tilscope.models.features import FeatureRequest, Values
from tilscope.models.features.sets import FeatureSet
from tilscope.models.result import RADIOMICS_MARK, CalibrationState, Contribution, Measurement, Missing
from tilscope.models.signatures.base import (
    Conclusion,
    Installed,
    SignatureCase,
    contributions,
    missing_inputs,
    no_score,
)
from tilscope.models.signatures.radiomic import RadiomicFeature, listed
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.trained_linear import TrainedLinear

NO_REFERENCE = (
    "The published coefficients apply to z-scores, and no reference cohort is installed: "
    "the features are given, a score and a class are not."
)


@dataclass(frozen=True)
class LinearModel:
    """One weighted sum; its score's id and name."""

    id: str
    name: str
    coefficients: Mapping[str, float]
    unit: str = "1"
    intercept: float = 0.0

    def score(self, features: Mapping[str, Measurement], reference: Reference) -> Measurement:
        if lacking := missing_inputs(features, tuple(self.coefficients)):
            reason = f"not computed for want of {', '.join(lacking)}"
            return no_score(self.id, self.name, self.unit, Missing.CALCULATION_FAILURE, reason)
        parts = self.parts(features, reference)
        return Measurement.of(self.id, self.name, self.intercept + sum(part.amount for part in parts), self.unit)

    def parts(self, features: Mapping[str, Measurement], reference: Reference) -> tuple[Contribution, ...]:
        return contributions(self.coefficients, features, reference)

    def absent(self) -> Measurement:
        return no_score(self.id, self.name, self.unit, Missing.NOT_ATTEMPTED, "no reference is installed")


def side_of_median(score: float, reference: Reference) -> str | None:
    """'high' above the reference's median, 'low' at it and below; None where the reference holds no scores."""
    if reference.median is None:
        return None
    return "high" if score > reference.median else "low"


@dataclass(frozen=True)
class LinearSignature:
    """The first model gives the score, and its side of the reference's median the class; the others are further scores."""

    id: str
    title: str
    citation: str
    version: str
    published: str
    parameters: str
    radiomics: tuple[RadiomicFeature, ...]
    models: tuple[LinearModel, ...]
    classes: tuple[str, str] = ("high", "low")
    features: FeatureSet = field(default_factory=dict)
    """All that the paper computed, by name: what a site's own model may take."""

    @property
    def measurement_ids(self) -> tuple[str, ...]:
        return (*(model.id for model in self.models), *(feature.id for feature in self.radiomics))

    @property
    def model_features(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(id for model in self.models for id in model.coefficients))

    @property
    def linear_scores(self) -> tuple[str, ...]:
        return tuple(model.id for model in self.models)

    def may_take(self, id: str) -> bool:
        return id.startswith(RADIOMICS_MARK) and id.removeprefix(RADIOMICS_MARK) in self.features

    def needs(self, case: SignatureCase) -> tuple[FeatureRequest, ...]:
        return tuple(feature.wanted for feature in self._measured(case.linear))

    def measure(self, case: SignatureCase, values: Values) -> tuple[Measurement, ...]:
        return tuple(feature.measurement(values) for feature in self._measured(case.linear))

    def _measured(self, linear: TrainedLinear | None) -> tuple[RadiomicFeature, ...]:
        """The published features, and beside them what a site's own model takes."""
        names = () if linear is None else (id.removeprefix(RADIOMICS_MARK) for id in linear.features)
        return (*self.radiomics, *(listed(self.features, name) for name in names))

    def conclude(self, features: Mapping[str, Measurement], installed: Installed) -> Conclusion:
        linear = installed.linear
        main, *others = self.models if linear is None else self._trained(linear)
        reference = installed.reference if linear is None else linear.reference
        if reference is None:
            further = tuple(model.absent() for model in others)
            return Conclusion(CalibrationState.UNCALIBRATED, NO_REFERENCE, main.absent(), further_scores=further)
        score = main.score(features, reference)
        further = tuple(model.score(features, reference) for model in others)
        sentences = [reference.origin if linear is None else linear.origin, *_percentiles(further, reference)]
        if score.value is None:
            return Conclusion(
                CalibrationState.CALIBRATED, " ".join([*sentences, score.reason]), score, further_scores=further
            )
        category = side_of_median(score.value, reference)
        if category is None:
            sentences.append("It holds no scores, so there is no median to tell high from low.")
        return Conclusion(
            CalibrationState.CALIBRATED,
            " ".join(sentences),
            score,
            category,
            further,
            reference.percentile(score.value),
            main.parts(features, reference),
        )

    def _trained(self, linear: TrainedLinear) -> tuple[LinearModel, ...]:
        """The models with a site's own weights; those that it holds none for are left out."""
        return tuple(
            replace(
                model, coefficients=linear.weights[model.id].coefficients, intercept=linear.weights[model.id].intercept
            )
            for model in self.models
            if model.id in linear.weights
        )


def _percentiles(scores: tuple[Measurement, ...], reference: Reference) -> list[str]:
    """Of the further scores, in words."""
    return [
        f"{score.name}: percentile {percentile:g}."
        for score in scores
        if score.value is not None and (percentile := reference.percentile(score.value, of=score.id)) is not None
    ]
