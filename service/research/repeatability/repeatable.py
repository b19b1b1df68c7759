"""Which features agree well enough to be trained on: one verdict a feature, by a rule that is said beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.repeatability.repeated_features import RepeatedFeatures
from tilscope.service.research.statistics.agreement import Agreement, agreement
from tilscope.service.research.statistics.estimate import Estimate

#: Su, Qian and Han asked for more.
USUAL_THRESHOLD = 0.75


class IccForm(StrEnum):
    """Which of the two intraclass correlations decides."""

    ABSOLUTE = "absolute"
    """ICC(2,1)."""
    CONSISTENT = "consistent"
    """ICC(3,1)."""

    def of(self, found: Agreement) -> Estimate:
        return found.absolute if self is IccForm.ABSOLUTE else found.consistent


@dataclass(frozen=True)
class Rule:
    """When a feature may be used."""

    threshold: float = USUAL_THRESHOLD
    """It must be exceeded."""
    form: IccForm = IccForm.ABSOLUTE
    by_lower_bound: bool = False
    """Of the 95 % interval: what 30 lesions have shown, and not only what they happened to give."""
    redundant: float | None = None
    """Of two usable features whose correlation over the lesions exceeds this, the one that agrees less is left out, as Wu did (0.85)."""

    @property
    def words(self) -> str:
        """
        >>> Rule(0.85, redundant=0.85).words
        'ICC(2,1) above 0.85; of two features that correlate above 0.85 the one that agrees better'
        """
        form = {IccForm.ABSOLUTE: "ICC(2,1)", IccForm.CONSISTENT: "ICC(3,1)"}[self.form]
        of_what = f"lower bound of {form}" if self.by_lower_bound else form
        pairs = "" if self.redundant is None else (
            f"; of two features that correlate above {self.redundant:g} the one that agrees better"
        )  # fmt: skip
        return f"{of_what} above {self.threshold:g}{pairs}"

    def figure(self, found: Agreement) -> float:
        """What must exceed the threshold."""
        decides = self.form.of(found)
        return decides.low if self.by_lower_bound else decides.value


@dataclass(frozen=True)
class FeatureAgreement:
    feature: str
    agreement: Agreement | None
    usable: bool
    reason: str = ""
    """Why it is not usable; '' where it is."""


def judged(repeated: RepeatedFeatures, rule: Rule) -> tuple[FeatureAgreement, ...]:
    """Every feature, in the order of the tables."""
    found = [_judged(name, repeated.values[:, :, n], rule) for n, name in enumerate(repeated.features)]
    return tuple(found if rule.redundant is None else _without_redundant(found, repeated, rule))


def _judged(feature: str, readings: NDArray[np.float64], rule: Rule) -> FeatureAgreement:
    there = int(np.isfinite(readings).all(axis=1).sum())
    found = agreement(readings)
    if found is None:
        why = "it is the same in every lesion" if there >= 3 else f"only {there} lesions have it in every reading"
        return FeatureAgreement(feature, None, False, why)
    if there < len(readings) / 2:
        return FeatureAgreement(feature, found, False, f"{len(readings) - there} of {len(readings)} lesions lack it")
    figure = rule.figure(found)
    # A figure that is not a number exceeds nothing.
    usable = bool(figure > rule.threshold)
    return FeatureAgreement(feature, found, usable, "" if usable else f"{figure:.3f} is not above {rule.threshold:g}")


def _without_redundant(found: list[FeatureAgreement], repeated: RepeatedFeatures, rule: Rule) -> list[FeatureAgreement]:
    """The features that agree best are taken first; of equals, the one that stands first."""
    assert rule.redundant is not None
    scores = {n: rule.figure(one.agreement) for n, one in enumerate(found) if one.usable and one.agreement is not None}
    order = sorted(scores, key=lambda n: (-scores[n], n))
    # Of the readers' mean: redundancy is of the quantity, and not of one reader's hand.
    means = repeated.values.mean(axis=1)
    kept: list[int] = []
    kept_scaled: list[NDArray[np.float64]] = []
    for number in order:
        scaled = _scaled(means[:, number])
        correlations = np.abs(np.array(kept_scaled) @ scaled) if kept else np.zeros(0)
        if kept and (most := int(np.argmax(correlations))) >= 0 and correlations[most] > rule.redundant:
            other = found[kept[most]].feature
            why = f"it correlates with {other} ({correlations[most]:.3f}), which agrees better"
            found[number] = replace(found[number], usable=False, reason=why)
        else:
            kept.append(number)
            kept_scaled.append(scaled)
    return found


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Such that a product of two is their correlation; lesions without a value count as the mean."""
    centred = np.nan_to_num(values - np.nanmean(values))
    length = float(np.linalg.norm(centred))
    return centred / length if length > 0 else centred
