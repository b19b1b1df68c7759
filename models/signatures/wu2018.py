"""Wu et al. 2018: stromal TIL percentage from 17 DCE-MRI features (Breast Cancer Research 20:101).

    TIL% = 13.02 + 4.4 M1 - 3.14 TEX2 - 2.0 TS-BPE2 - 2.62 BPE1 - 0.72 BPE3     on z-scored features

The paper does not publish the cohort's means and SDs: without a reference the features are given and no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.features import Values, Wanted
from models.result import CalibrationState, Measurement, Missing
from models.signatures.base import Case, Conclusion, Installed, contributions, missing_inputs, no_score
from models.signatures.wu2018_features import PARAMETERS, wu_features

INTERCEPT = 13.02
COEFFICIENTS = {"M1": 4.4, "TEX2": -3.14, "TS-BPE2": -2.0, "BPE1": -2.62, "BPE3": -0.72}

SCORE = ("til_percent", "Estimated stromal TIL percentage (imaging)", "%")


def til_class(percent: float) -> str:
    """The paper's three groups; 10 belongs to the low one, 40 to the intermediate one.

    >>> [til_class(p) for p in (10, 10.1, 40, 40.1)]
    ['low', 'intermediate', 'intermediate', 'high']
    """
    if percent <= 10:
        return "low"
    return "intermediate" if percent <= 40 else "high"


@dataclass(frozen=True)
class Wu2018:
    id: str = "wu2018"
    title: str = "Estimated stromal TILs (Wu 2018)"
    citation: str = "Wu J, et al. Breast Cancer Res 2018;20:101"
    version: str = "1"
    parameters: str = PARAMETERS
    model_features: tuple[str, ...] = tuple(COEFFICIENTS)

    def needs(self, case: Case) -> tuple[Wanted, ...]:
        return ()

    def measure(self, case: Case, values: Values) -> tuple[Measurement, ...]:
        return wu_features(case.prepared, case.regions)

    def conclude(self, features: Mapping[str, Measurement], installed: Installed) -> Conclusion:
        """Value and class with a reference; the raw value is never clipped."""
        reference = installed.reference
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
        if lacking := missing_inputs(features, self.model_features):
            reason = f"not computed for want of {', '.join(lacking)}"
            return Conclusion(
                CalibrationState.CALIBRATED, reason, no_score(*SCORE, Missing.CALCULATION_FAILURE, reason)
            )
        parts = contributions(COEFFICIENTS, features, reference)
        percent = INTERCEPT + sum(part.amount for part in parts)
        inside = 0 <= percent <= 100
        return Conclusion(
            CalibrationState.CALIBRATED,
            reference.origin if inside else f"{reference.origin} The value is outside the model's range of 0 to 100 %.",
            Measurement.of(*SCORE[:2], percent, SCORE[2]),
            til_class(percent) if inside else None,
            percentile=reference.percentile(percent),
            contributions=parts,
        )


WU_2018 = Wu2018()
