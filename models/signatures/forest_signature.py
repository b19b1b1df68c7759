"""Signatures whose paper trained a random forest and published none: features without one, a probability with one.

An installed forest may take any of the paper's feature set; what it takes is measured, beside what is always given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tilscope.models.features import FeatureRequest, Values
from tilscope.models.features.sets import FeatureSet
from tilscope.models.result import RADIOMICS_MARK, CalibrationState, Contribution, Measurement, Missing
from tilscope.models.signatures.base import Conclusion, Installed, SignatureCase, missing_inputs, no_score
from tilscope.models.signatures.forest import Forest
from tilscope.models.signatures.radiomic import RadiomicFeature, listed, unknown


@dataclass(frozen=True)
class ForestSignature:
    id: str
    title: str
    citation: str
    version: str
    published: str
    parameters: str
    features: FeatureSet
    """All that the paper computed, by name."""
    given: Mapping[str, str]
    """Of these, what is given in any case, and how it is called."""
    score: tuple[str, str, str]
    """Id, name and unit of the probability."""
    classes: tuple[str, str]
    """From the threshold on, and below it."""
    threshold: float | None = None
    """The paper's own; None: the forest's."""

    @cached_property
    def model_features(self) -> tuple[str, ...]:
        return tuple(RADIOMICS_MARK + name for name in self.given)

    @property
    def measurement_ids(self) -> tuple[str, ...]:
        return (self.score[0], *self.model_features)

    def needs(self, case: SignatureCase) -> tuple[FeatureRequest, ...]:
        return tuple(f.wanted for f in self._wanted(case.forest) if f is not None)

    def measure(self, case: SignatureCase, values: Values) -> tuple[Measurement, ...]:
        ids = self.measured_ids(case.forest)
        return tuple(
            unknown(id) if feature is None else feature.measurement(values)
            for id, feature in zip(ids, self._wanted(case.forest), strict=True)
        )

    def conclude(self, features: Mapping[str, Measurement], installed: Installed) -> Conclusion:
        forest = installed.forest
        if forest is None:
            return Conclusion(
                CalibrationState.NO_MODEL,
                "The paper trained a random forest and published none, and no trained one is installed: the features are "
                "given, a probability and a class are not.",
                no_score(*self.score, Missing.NOT_ATTEMPTED, "no model is installed"),
            )
        measured = {id: features.get(id, unknown(id)) for id in forest.features}
        if lacking := missing_inputs(measured, forest.features):
            reason = f"not computed for want of {', '.join(lacking)}"
            failed = no_score(*self.score, Missing.CALCULATION_FAILURE, reason)
            return Conclusion(CalibrationState.CALIBRATED, f"Model {forest.name}. {reason}", failed)
        values = {id: float(measured[id].value or 0.0) for id in forest.features}
        score = Measurement.of(*self.score[:2], forest.probability(values), self.score[2])
        threshold = forest.threshold if self.threshold is None else self.threshold
        probability = float(score.value or 0.0)
        return Conclusion(
            CalibrationState.CALIBRATED,
            f"By the model {forest.name}; {self.classes[0]} from a probability of {threshold:.3g} on.",
            score,
            self.classes[0] if probability >= threshold else self.classes[1],
            percentile=None if installed.reference is None else installed.reference.percentile(probability),
            # A forest has no coefficients: what a feature adds is all in the value.
            contributions=tuple(Contribution(id, 1.0, amount) for id, amount in forest.contributions(values).items()),
        )

    def measured_ids(self, forest: Forest | None) -> tuple[str, ...]:
        """What is given in any case, and what the forest takes beside it."""
        return tuple(dict.fromkeys((*self.model_features, *(() if forest is None else forest.features))))

    def _wanted(self, forest: Forest | None) -> list[RadiomicFeature | None]:
        """In the order of `measured_ids`; None for what no such set has."""
        names = [id.removeprefix(RADIOMICS_MARK) for id in self.measured_ids(forest)]
        return [listed(self.features, n, self.given.get(n, "")) if n in self.features else None for n in names]
