"""Su et al. 2022: Rad-TILs, the probability of at least 20 % stromal TILs in triple-negative cancer.

    logit p = 0.9123828 - 0.6522518 X1 - 0.9434133 X2 - 1.5792121 X3     on the features as they are

X1 is a skewness of voxels in the first post-contrast phase, X2 and X3 are skewnesses of four values, one of each phase. The
paper does not say by which estimator; of so few values the unbiased one is 1.7 times the biased one, which moves the answer:
the biased one is the score, the other stands beside it as the other reading.
The paper does not state whether the features were z-scored, nor its cut-off (the median of its own cohort): the probability
is given raw and marked, a class only with the median of a reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import expit

from tilscope.models.features import FeatureRequest, NoValue, Region, Values
from tilscope.models.features.feature_names import label
from tilscope.models.features.images import post_phases
from tilscope.models.imaging.series import DceSeries
from tilscope.models.result import RADIOMICS_MARK, CalibrationState, Contribution, Measurement, Missing, Reading
from tilscope.models.signatures.base import (
    Conclusion,
    Installed,
    SignatureCase,
    contributions,
    measured,
    missing_inputs,
    no_score,
)
from tilscope.models.signatures.linear import side_of_median
from tilscope.models.signatures.reference import Reference
from tilscope.models.signatures.su2022.feature_set import su_columns, su_image, su_needs, su_values
from tilscope.models.signatures.su2022.time_domain import over_phases, unbiased
from tilscope.models.signatures.su2022.wording import CITATION, PUBLISHED, TITLE
from tilscope.models.signatures.trained_linear import TrainedLinear

INTERCEPT = 0.9123828
COEFFICIENTS = {"X1": -0.6522518, "X2": -0.9434133, "X3": -1.5792121}

#: Seconds after the injection: the paper's four phases.
PHASE_TIMES_S = (90.0, 180.0, 270.0, 360.0)
FEWEST_PHASES = 3

SCORE = ("rad_tils", "Estimated probability of sTIL at least 20 % (imaging)", "1")
PHASES_USED = ("su_phases", "Post-contrast phases used", "1")
NAMES = {
    "X1": "Tumour, first phase, wavelet LLL: first-order skewness",
    "X2": "Skewness over phases of tumour, wavelet LLL: GLCM Idmn",
    "X3": "Skewness over phases of tumour: GLSZM low gray level zone emphasis",
}
VALIDITY = "Validated in triple-negative cancer only."
_STATUS = {True: "Receptor status: triple-negative", False: "Receptor status: not triple-negative"}
_OUTSIDE = {
    True: "",
    False: "outside its population (not triple-negative)",
    None: "population not known (receptor status not supplied)",
}

PARAMETERS = (
    "Bias field of the pre-contrast image divided out; each phase z-scored over the breast, times 100; 1 mm isotropic along "
    "the patient's axes, linear, masks from a half on; bin width 25; coif1 wavelet on the lesion's box and 20 mm around it, in whole voxels as acquired; regions of at least 16 "
    "voxels. Of the post-contrast phases the four that together lie nearest to 90, 180, 270 and 360 s, all where there are "
    "three, none below; the first of them is phase 1. Skewness over phases biased (third moment over the cube of the SD). "
    "Features not z-scored. High above the reference's median, low at it and below."
)


@dataclass(frozen=True)
class Su2022:
    id: str = "su2022"
    title: str = TITLE
    citation: str = CITATION
    version: str = "1"
    published: str = PUBLISHED
    parameters: str = PARAMETERS
    model_features: tuple[str, ...] = tuple(COEFFICIENTS)
    measurement_ids: tuple[str, ...] = (SCORE[0], *NAMES, PHASES_USED[0])
    classes: tuple[str, ...] = ("high", "low")
    linear_scores: tuple[str, ...] = (SCORE[0],)

    def may_take(self, id: str) -> bool:
        return id.startswith(RADIOMICS_MARK) and id.removeprefix(RADIOMICS_MARK) in su_columns(len(PHASE_TIMES_S))

    def needs(self, case: SignatureCase) -> tuple[FeatureRequest, ...]:
        phases = phases_used(case.prepared.corrected)
        if len(phases) < FEWEST_PHASES:
            return ()
        published = (_skewness(phases[0]), *map(_idmn, phases), *map(_zone_emphasis, phases))
        return (*published, *su_needs(_names(case.linear), phases))

    def measure(self, case: SignatureCase, values: Values) -> tuple[Measurement, ...]:
        phases = phases_used(case.prepared.corrected)
        used = Measurement.of(*PHASES_USED[:2], len(phases), PHASES_USED[2])
        found: dict[str, float | NoValue]
        if len(phases) < FEWEST_PHASES:
            few = NoValue(f"post-contrast phases: {len(phases)}, at least {FEWEST_PHASES} are needed")
            found = dict.fromkeys((*NAMES, *_names(case.linear)), few)
        else:
            found = {
                "X1": values[_skewness(phases[0])],
                "X2": over_phases("Skewness", [values[_idmn(phase)] for phase in phases]),
                "X3": over_phases("Skewness", [values[_zone_emphasis(phase)] for phase in phases]),
                **su_values(_names(case.linear), phases, values),
            }
        published = (measured(id, name, "1", found[id]) for id, name in NAMES.items())
        taken = (measured(RADIOMICS_MARK + name, label(name), "1", found[name]) for name in _names(case.linear))
        return (*published, used, *taken)

    def conclude(self, features: Mapping[str, Measurement], installed: Installed) -> Conclusion:
        if installed.linear is not None:
            return _by_own_model(installed.linear, features, installed.molecular.triple_negative)
        reference = installed.reference
        state = CalibrationState.UNCALIBRATED if reference is None else CalibrationState.CALIBRATED
        if lacking := missing_inputs(features, self.model_features):
            reason = f"not computed for want of {', '.join(lacking)}"
            return Conclusion(state, f"{reason}. {VALIDITY}", no_score(*SCORE, Missing.CALCULATION_FAILURE, reason))
        parts = tuple(Contribution(id, w, float(features[id].value or 0.0)) for id, w in COEFFICIENTS.items())
        probability = Measurement.of(*SCORE[:2], float(expit(INTERCEPT + sum(p.amount for p in parts))), SCORE[2])
        triple_negative = installed.molecular.triple_negative
        category, why = _class(float(probability.value or 0.0), reference, triple_negative)
        phases = features.get(PHASES_USED[0])
        used = _phases_in_words(features)
        percentile = None if reference is None else reference.percentile(float(probability.value or 0.0))
        supplied = () if reference is None or triple_negative is None else (_STATUS[triple_negative],)
        return Conclusion(
            state, f"{why} {used}{VALIDITY}", probability, category,
            percentile=percentile, contributions=parts, supplied=supplied,
            readings=() if phases is None else _readings(features, reference, triple_negative),
            outside=_OUTSIDE[triple_negative],
        )  # fmt: skip


def _by_own_model(
    model: TrainedLinear, features: Mapping[str, Measurement], triple_negative: bool | None
) -> Conclusion:
    """With the weights that the site has trained, on z-scores of its own cohort."""
    state, reference, weights = CalibrationState.CALIBRATED, model.reference, model.weights[SCORE[0]]
    if lacking := missing_inputs(features, model.features):
        reason = f"not computed for want of {', '.join(lacking)}"
        return Conclusion(state, f"{model.origin} {reason}.", no_score(*SCORE, Missing.CALCULATION_FAILURE, reason))
    parts = contributions(weights.coefficients, features, reference)
    logit = weights.intercept + sum(part.amount for part in parts)
    probability = Measurement.of(*SCORE[:2], float(expit(logit)), SCORE[2])
    category, why = _class(float(probability.value or 0.0), reference, triple_negative)
    return Conclusion(
        state, f"{why.replace(reference.origin, model.origin)} {_phases_in_words(features)}".strip(), probability, category,
        percentile=reference.percentile(float(probability.value or 0.0)), contributions=parts,
        supplied=() if triple_negative is None else (_STATUS[triple_negative],),
    )  # fmt: skip


def _names(model: TrainedLinear | None) -> tuple[str, ...]:
    """Of the complete set: what a site's own model takes."""
    return () if model is None else tuple(id.removeprefix(RADIOMICS_MARK) for id in model.features)


def _phases_in_words(features: Mapping[str, Measurement]) -> str:
    """Nothing of a cohort's table, which holds what the model takes, and no more."""
    phases = features.get(PHASES_USED[0])
    return "" if phases is None else f"Computed from {phases.value:g} post-contrast phases. "


def _readings(
    features: Mapping[str, Measurement], reference: Reference | None, triple_negative: bool | None
) -> tuple[Reading, ...]:
    """By either estimator of the skewness over phases. The median of the reference is one of biased ones."""
    raw = {id: float(features[id].value or 0.0) for id in COEFFICIENTS}
    phases = round(features[PHASES_USED[0]].value or 0.0)
    other = raw | {id: unbiased(raw[id], phases) for id in ("X2", "X3")}
    found = []
    for name, inputs in (("skewness over phases biased", raw), ("skewness over phases unbiased", other)):
        logit = INTERCEPT + sum(weight * inputs[id] for id, weight in COEFFICIENTS.items())
        probability = float(Measurement.of(*SCORE[:2], float(expit(logit)), SCORE[2]).value or 0.0)
        found.append(Reading(name, probability, _class(probability, reference, triple_negative)[0]))
    return tuple(found)


def phases_used(series: DceSeries) -> tuple[str, ...]:
    """The post-contrast phases that together lie nearest to the paper's, each once.

    Parameters
    ----------
    series : DceSeries
        Only its times are read, not its grid.

    Returns
    -------
    tuple of str
        As the engine names them, in time order.
    """
    times = [series.phases[index].time_s for index in post_phases(series)]
    return tuple(f"post {number + 1}" for number in nearest(times))


def nearest(times_s: Sequence[float]) -> list[int]:
    """The places of at most four times; of two that lie equally near, the earlier.

    >>> nearest([60, 120, 180, 240, 300, 360])
    [0, 2, 3, 5]
    """
    distances = np.abs(np.subtract.outer(np.asarray(times_s, float), PHASE_TIMES_S))
    distances += 1e-6 * np.arange(len(times_s))[:, None]
    chosen, _ = linear_sum_assignment(distances)
    return sorted(int(place) for place in chosen)


def _class(probability: float, reference: Reference | None, triple_negative: bool | None) -> tuple[str | None, str]:
    """The side of the median, and the sentence that goes with it; no class where the signature was never validated."""
    if reference is None:
        return (
            None,
            "The published model takes raw features and no reference is installed: there is no class.",
        )
    if triple_negative is False:
        return None, f"{reference.origin} No class is given: the cancer is not triple-negative."
    category = side_of_median(probability, reference)
    if category is None:
        return None, f"{reference.origin} It holds no scores, so there is no median to tell high from low."
    status = "" if triple_negative else " The receptor status was not supplied."
    return category, f"{reference.origin}{status}"


def _skewness(phase: str) -> FeatureRequest:
    return FeatureRequest(su_image(phase), "wavelet-LLL", Region.TUMOUR, "firstorder", "Skewness")


def _idmn(phase: str) -> FeatureRequest:
    return FeatureRequest(su_image(phase), "wavelet-LLL", Region.TUMOUR, "glcm", "Idmn")


def _zone_emphasis(phase: str) -> FeatureRequest:
    return FeatureRequest(su_image(phase), "original", Region.TUMOUR, "glszm", "LowGrayLevelZoneEmphasis")


SU_2022 = Su2022()
