"""Wu et al. 2018: stromal TIL percentage from 17 DCE-MRI features (Breast Cancer Research 20:101).

    TIL% = 13.02 + 4.4 M1 - 3.14 TEX2 - 2.0 TS-BPE2 - 2.62 BPE1 - 0.72 BPE3     on z-scored features

The paper does not publish the cohort's means and SDs: without a reference the features are given and no value.
Where the site supplies the expression of granzyme A and perforin 1, the composite with the
cytolytic activity is a further score:

    TIL% = 13.0 + 5.86 z(imaging signature) + 7.78 z(CYT)     CYT: geometric mean of the two

That both terms are z-scored is inferred: the intercept is the cohort's mean. The reference must hold CYT and "signature", the
mean and SD of its own imaging values.

The classes are the paper's, its borders are not the pathologists' 10 and 40 %: it divides patients "by the threshold values
obtained from the training cohort". A regression shrinks: the signature's SD is about 6.6 around 13, so that 40 is reached by 2
in 100,000 where pathologists called 7 in 100 high. So the borders belong to the reference: chosen against its labels, or else
the values that divide its scores as the paper's patients were divided. All of the paper's 126 have a class, and of a mean of 13
with an SD of 6.6 three lie below 0: such a value is low, and said to be outside the model's range. Above 100, 13 SDs away, there
is none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tilscope.models.features import FeatureRequest, Values
from tilscope.models.result import CalibrationState, Measurement, Missing
from tilscope.models.signatures.base import (
    Conclusion,
    Installed,
    Molecular,
    SignatureCase,
    contributions,
    missing_inputs,
    no_score,
)
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.trained_linear import CYT, SIGNATURE, Weights
from tilscope.models.signatures.wu2018.features import FEATURES, PARAMETERS, wu_features
from tilscope.models.signatures.wu2018.wording import CITATION, PUBLISHED, TITLE

INTERCEPT = 13.02
COEFFICIENTS = {"M1": 4.4, "TEX2": -3.14, "TS-BPE2": -2.0, "BPE1": -2.62, "BPE3": -0.72}

CLASSES = ("low", "intermediate", "high")
SCORE = ("til_percent", "Estimated stromal TIL percentage (imaging)", "%")

COMPOSITE = ("til_composite", "Estimated stromal TIL percentage (imaging and CYT)", "%")
COMPOSITE_INTERCEPT, SIGNATURE_WEIGHT, CYT_WEIGHT = 13.0, 5.86, 7.78

PUBLISHED_WEIGHTS = {
    SCORE[0]: Weights(COEFFICIENTS, INTERCEPT),
    COMPOSITE[0]: Weights({SIGNATURE: SIGNATURE_WEIGHT, CYT: CYT_WEIGHT}, COMPOSITE_INTERCEPT),
}


#: Of the paper's patients, low and at most intermediate: 73 % and 20 % of them, and 7 % high.
SHARES = (0.73, 0.93)


def til_class(percent: float, cut_offs: Sequence[float]) -> str:
    """The paper's three groups; a border belongs to the lower one.

    >>> [til_class(p, (17.0, 23.0)) for p in (17, 17.1, 23, 23.1)]
    ['low', 'intermediate', 'intermediate', 'high']
    """
    return CLASSES[sum(percent > border for border in cut_offs)]


@dataclass(frozen=True)
class Wu2018:
    id: str = "wu2018"
    title: str = TITLE
    citation: str = CITATION
    version: str = "1"
    published: str = PUBLISHED
    parameters: str = PARAMETERS
    model_features: tuple[str, ...] = tuple(COEFFICIENTS)
    measurement_ids: tuple[str, ...] = (SCORE[0], COMPOSITE[0], *(id for id, _, _ in FEATURES))
    classes: tuple[str, ...] = CLASSES
    linear_scores: tuple[str, ...] = (SCORE[0], COMPOSITE[0])

    def may_take(self, id: str) -> bool:
        return id in {feature for feature, _, _ in FEATURES}

    def needs(self, case: SignatureCase) -> tuple[FeatureRequest, ...]:
        return ()

    def measure(self, case: SignatureCase, values: Values) -> tuple[Measurement, ...]:
        return wu_features(case.prepared, case.regions, case.extractor)

    def conclude(self, features: Mapping[str, Measurement], installed: Installed) -> Conclusion:
        """Value and class with a reference; the raw value is never clipped."""
        linear = installed.linear
        reference = installed.reference if linear is None else linear.reference
        weights = PUBLISHED_WEIGHTS if linear is None else linear.weights
        if reference is None:
            reason = (
                "The published coefficients apply to z-scores, and no reference cohort is installed: "
                "the features are given, a percentage and a class are not."
            )
            return Conclusion(
                CalibrationState.UNCALIBRATED,
                reason,
                no_score(*SCORE, Missing.NOT_ATTEMPTED, "no reference is installed"),
            )
        of_signature = weights[SCORE[0]]
        if lacking := missing_inputs(features, tuple(of_signature.coefficients)):
            reason = f"not computed for want of {', '.join(lacking)}"
            return Conclusion(
                CalibrationState.CALIBRATED, reason, no_score(*SCORE, Missing.CALCULATION_FAILURE, reason)
            )
        parts = contributions(of_signature.coefficients, features, reference)
        percent = of_signature.intercept + sum(part.amount for part in parts)
        cut_offs, borders = borders_of(reference)
        composite = _composite(percent, reference, installed.molecular, weights.get(COMPOSITE[0]))
        return Conclusion(
            CalibrationState.CALIBRATED,
            " ".join(
                [
                    reference.origin if linear is None else linear.origin,
                    borders,
                    *_outside(percent, "value"),
                    *_outside(None if composite is None else composite.value, "composite"),
                ]
            ),
            Measurement.of(*SCORE[:2], percent, SCORE[2]),
            til_class(percent, cut_offs) if cut_offs and percent <= 100 else None,
            further_scores=() if composite is None else (composite,),
            percentile=reference.percentile(percent),
            contributions=parts,
            supplied=() if composite is None else _genes(installed.molecular),
        )


def borders_of(reference: Reference) -> tuple[tuple[float, ...], str]:
    """The borders between the classes, and the sentence that says where they come from; () where there are none."""
    if len(reference.cut_offs) == len(CLASSES) - 1:
        return (
            reference.cut_offs,
            f"Classes at {_percents(reference.cut_offs)}, chosen against the cohort's own labels.",
        )
    found = tuple(border for share in SHARES if (border := reference.score_above(share)) is not None)
    if not found:
        return (), "It holds neither labels nor scores, so there is no class."
    return found, f"Classes at {_percents(found)}, which divide this cohort as the paper's was: 73, 20 and 7 in 100."


def _percents(borders: Sequence[float]) -> str:
    return " and ".join(f"{border:.1f}" for border in borders) + " %"


def _genes(molecular: Molecular) -> tuple[str, ...]:
    known = (("GZMA", molecular.gzma), ("PRF1", molecular.prf1))
    return tuple(f"{gene} {value:.12g}" for gene, value in known if value is not None)


def _composite(
    percent: float, reference: Reference, molecular: Molecular, weights: Weights | None
) -> Measurement | None:
    """With the cytolytic activity; None where the site supplies neither gene."""
    gzma, prf1 = molecular.gzma, molecular.prf1
    if gzma is None and prf1 is None:
        return None
    if gzma is None or prf1 is None:
        return no_score(*COMPOSITE, Missing.NOT_ATTEMPTED, "only one of GZMA and PRF1 was supplied")
    if not (gzma >= 0 and prf1 >= 0):
        return no_score(*COMPOSITE, Missing.OUT_OF_RANGE, "an expression below 0 has no geometric mean")
    if weights is None or not reference.has(CYT, SIGNATURE):
        return no_score(*COMPOSITE, Missing.NOT_ATTEMPTED, "the reference holds no cytolytic activity")
    inputs = {SIGNATURE: percent, CYT: math.sqrt(gzma * prf1)}
    value = weights.intercept + sum(w * reference.z(id, inputs[id]) for id, w in weights.coefficients.items())
    return Measurement.of(*COMPOSITE[:2], value, COMPOSITE[2])


def _outside(percent: float | None, what: str) -> list[str]:
    """A sentence where the raw number is no percentage: it is reported all the same."""
    if percent is None or 0 <= percent <= 100:
        return []
    return [f"The {what} is outside the model's range of 0 to 100 %."]


WU_2018 = Wu2018()
