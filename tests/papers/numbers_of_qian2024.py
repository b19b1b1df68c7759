"""Qian et al. 2024, BMC Medical Imaging, doi 10.1186/s12880-024-01212-9."""

from __future__ import annotations

from collections import Counter

import numpy as np

from papers.made_patients import counted, divisions
from papers.numbers_of_su2022 import interval_reach
from papers.printed_number import PrintedNumber, exact, rounded, through, unknown
from papers.scores import coefficient, signature_named
from tilscope.models.features.feature_regions import RING_MM
from tilscope.models.signatures import complete_sets, variant_sets
from tilscope.models.signatures.qian2024.model import RADIOMICS
from tilscope.service.research.labels.splits import divided, quantile_borders
from tilscope.service.research.repeatability.repeatable import USUAL_THRESHOLD
from tilscope.service.research.statistics.chi_square import ChiSquareTest
from tilscope.service.research.statistics.cox import CoxModel
from tilscope.service.research.training.folds import held_back
from tilscope.service.research.training.linear_training import LinearPlan

PATIENTS = 73
#: Positive and negative of each set: the only sizes that its sensitivities and specificities can have.
TRAINING, TESTING = (25, 26), (11, 11)
_TCGA = "needs the images of these 73 patients with outlines; `tilscope train qian2024` gives it"
_CELLS = (
    "needs TCGA's expression and CIBERSORT's signature matrix, which is the user's file; `tilscope labels score --scores cells` and "
    "`tilscope evaluate --time --event` give it"
)

PERITUMORAL = {
    "QP1": "-0.481", "QP2": "-0.350", "QP3": "-0.186", "QP4": "-0.098",
    "QP5": "-0.064", "QP6": "0.071", "QP7": "0.093", "QP8": "0.597",
}  # fmt: skip
INTRATUMORAL = {"QT1": "0.389"}
COMBINED = {
    "QP1": "-1.071", "QP3": "-0.464", "QP2": "-0.409", "QP5": "-0.168", "QP4": "-0.155",
    "QP6": "0.132", "QT1": "0.231", "QP7": "0.257", "QP8": "0.784",
}  # fmt: skip
#: Set and model: AUC, its lower limit, accuracy, sensitivity, specificity.
TABLE_3 = {
    ("training", "intratumoral"): ("0.662", "0.495", "0.667", "0.680", "0.654"),
    ("training", "peritumoral"): ("0.826", "0.710", "0.804", "0.600", "1.000"),
    ("training", "combined"): ("0.843", "0.723", "0.784", "0.600", "0.962"),
    ("testing", "intratumoral"): ("0.678", "0.438", "0.682", "0.636", "0.727"),
    ("testing", "peritumoral"): ("0.752", "0.525", "0.773", "0.727", "0.818"),
    ("testing", "combined"): ("0.744", "0.491", "0.773", "0.636", "0.909"),
}


def numbers() -> list[PrintedNumber]:
    return [*_counts(), *_weighed(), *_divided(), *_rates(), *_prognosis(), *_not_here()]


def _counts() -> list[PrintedNumber]:
    of_tumour = sum(column.startswith("qian2024/T/") for column in complete_sets()["qian2024"].columns)
    stock = sum("/T/" in column for column in variant_sets()["qian2024-stock-mr"].columns)
    default = "the paper names logarithm and wavelets only; the default set has these and the filters of its table 2"
    kinds = Counter(one.wanted.family for one in RADIOMICS)
    regions = Counter(one.id[:2] for one in RADIOMICS)
    return [
        exact("Methods", "features of a region: qian2024", "1648", of_tumour, default),
        exact("Methods", "features of a region: qian2024-stock-mr, 14 of shape and 86 of each of 19 images", "1648", stock),
        rounded("Methods", "ICC of both kinds above", "0.75", USUAL_THRESHOLD),
        exact("Methods", "ring, mm", "5", RING_MM),
        exact("Results", "features of the models", "9", len(RADIOMICS)),
        exact("Results", "of the ring", "8", regions["QP"]),
        exact("Results", "of the tumour", "1", regions["QT"]),
        exact("Results", "first-order features among them", "5", kinds["firstorder"]),
        exact("Results", "features of the dependence matrix", "1", kinds["gldm"]),
        exact("Results", "features of the size zone matrix", "1", kinds["glszm"]),
        exact("Results", "features of the run length matrix", "2", kinds["glrlm"]),
    ]  # fmt: skip


def _weighed() -> list[PrintedNumber]:
    qian = signature_named("qian2024")
    models = {"peritumoral": PERITUMORAL, "intratumoral": INTRATUMORAL, "combined": COMBINED}
    return [
        rounded("Table 2", f"{model} model: one SD of {id}", printed, coefficient(qian, f"qian_{model}", id))
        for model, coefficients in models.items()
        for id, printed in coefficients.items()
    ]


def _divided() -> list[PrintedNumber]:
    """At the median, then seven to three, by our own divisions of as many patients."""
    fractions = np.linspace(0.0, 0.3, PATIENTS)
    high = divided(fractions, quantile_borders(fractions, [0.5]))
    kept = held_back(high.astype(float), np.array([f"P{n}" for n in range(PATIENTS)]), LinearPlan().share, 1)
    return [
        exact("Results", "patients above the median", "36", int(high.sum())),
        exact("Results", "patients at the median and below", "37", int((high == 0).sum())),
        exact("Results", "training set", "51", int((~kept).sum())),
        exact("Results", "testing set", "22", int(kept.sum())),
        exact("Table 3, implied", "positive patients in training", str(TRAINING[0]), int(high[~kept].sum())),
        exact("Table 3, implied", "positive patients in testing", str(TESTING[0]), int(high[kept].sum())),
    ]


def _rates() -> list[PrintedNumber]:
    rows = []
    for (part, model), (auc, low, accuracy, sensitivity, specificity) in TABLE_3.items():
        positive, negative = TRAINING if part == "training" else TESTING
        made = counted(float(sensitivity), float(specificity), positive, negative)
        what = f"{part} set, {model}"
        rows += [
            rounded("Table 3", f"{what}: sensitivity, of {positive}", sensitivity, made.sensitivity.value),
            rounded("Table 3", f"{what}: specificity, of {negative}", specificity, made.specificity.value),
            rounded("Table 3", f"{what}: accuracy, from these two", accuracy, made.accuracy.value),
            interval_reach("Table 3", what, auc, low, positive, negative),
            unknown("Table 3", f"{what}: AUC", auc, _TCGA),
        ]
    return rows


def _prognosis() -> list[PrintedNumber]:
    """The abstract and the text print two hazard ratios with one interval."""
    printed = through(
        "Results", "hazard ratio of M2, multivariate, from its interval", "33.288", _hazard_ratio, "3.100", "357.478"
    )
    other = through(
        "Abstract", "hazard ratio of M2, multivariate, from its interval", "32.288", _hazard_ratio, "3.100", "357.478",
        remark="a slip: the text's number lies in the middle of the interval",
    )  # fmt: skip
    return [printed, other]


def _hazard_ratio(low: float, high: float) -> float:
    """Whose interval begins and ends there."""
    middle, error = (np.log(low) + np.log(high)) / 2, (np.log(high) - np.log(low)) / (2 * 1.959964)
    model = CoxModel({"m2": middle}, {"m2": error}, 0.0, ChiSquareTest.of(0.0, 1), np.zeros(0), 1089, 0)
    found = model.hazard_ratio("m2")
    if not np.allclose([found.low, found.high], [low, high], rtol=1e-4):
        raise ValueError("the interval is not that of a Cox regression")
    return found.value


def _not_here() -> list[PrintedNumber]:
    return [
        unknown("Results", "median of the M2 fraction", "0.122", _CELLS),
        unknown("Results", "hazard ratio of M2, univariate", "43.183", _CELLS),
        unknown("Results", "cells that go with survival, univariate", "4", _CELLS),
        unknown("Results", "cells that go with survival, multivariate", "1", _CELLS),
        unknown("Results", "Hosmer-Lemeshow's P above", "0.05", _TCGA),
        unknown("Methods", "kinds of cells", "22", "the signature matrix is the user's file"),
    ]  # fmt: skip


def sizes_are_the_only_ones() -> bool:
    """Whether the sizes of the classes above are the only ones that all rates of a set can have."""
    for part, sizes, patients in (("training", TRAINING, 51), ("testing", TESTING, 22)):
        rates = [row[3:] for (of, _), row in TABLE_3.items() if of == part]
        possible = set.intersection(*(set(divisions(patients, *one)) for one in rates))
        if possible != {sizes}:
            return False
    return True
