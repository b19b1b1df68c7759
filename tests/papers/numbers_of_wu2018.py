"""Wu et al. 2018, Breast Cancer Research 20:101."""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy import stats

from papers.made_patients import counted, with_correlations
from papers.printed_number import PrintedNumber, exact, rounded, through, unknown
from papers.scores import coefficient, concluded, score, signature_named
from tilscope.models.imaging.resampling import ISOTROPIC
from tilscope.models.settings import PipelineSettings
from tilscope.models.signatures import complete_sets
from tilscope.models.signatures.wu2018.features import FEATURES, NEAR_TUMOUR_MM
from tilscope.models.signatures.wu2018.model import COEFFICIENTS, COMPOSITE, SCORE
from tilscope.service.research.statistics.correlation import Correlation, correlation
from tilscope.service.research.training.linear_training import LinearPlan
from tilscope.service.research.training.refit import least_squares
from tilscope.service.research.training.train_wu import FDR_LIMIT, INTERMEDIATE, LOW, P_LIMIT

#: Of TCGA's patients, by the pathologists: at most 10 %, at most 40 %, above.
PATIENTS, CLASS_SIZES = 126, {"low": 92, "intermediate": 25, "high": 9}
_TCGA = "needs the images of these 126 patients with outlines, and the pathologists' TILs, which are not published; `tilscope evaluate` gives it"
_ISPY = "needs images, outlines and arrays of these patients of I-SPY 1; `tilscope evaluate --time --event` gives it"


def numbers() -> list[PrintedNumber]:
    return [
        *_measured(),
        *_trained(),
        *_weighed(),
        *_correlated(),
        *_implied(),
        *_covariates(),
        *_classes(),
        *_table_3(),
        *_not_here(),
    ]


def _measured() -> list[PrintedNumber]:
    kinds = Counter(id.rstrip("0123456789") for id, _, _ in FEATURES)
    timing = PipelineSettings().timing
    return [
        unknown("Methods", "features before the redundant ones went", "110", "the list is in another paper; its 17 are here"),
        exact("Methods", "features", "17", len(complete_sets()["wu2018"].columns)),
        *(
            exact("Table 1", f"features of type {kind}", printed, kinds[kind])
            for kind, printed in {"M": "5", "TEX": "4", "FTV": "2", "BPE": "4", "TS-BPE": "2"}.items()
        ),
        exact("Methods", "voxel, mm", "1", ISOTROPIC[0]),
        exact("Table 1", "parenchyma around the tumour, cm", "2", NEAR_TUMOUR_MM / 10),
        exact("Methods", "early phase, minutes (2 to 3, I-SPY 2.5)", "2.5", timing.early_s / 60),
        exact("Methods", "late phase, minutes", "7.5", timing.late_s / 60),
    ]  # fmt: skip


def _trained() -> list[PrintedNumber]:
    plan = LinearPlan()
    return [
        exact("Methods", "folds of the LASSO", "10", plan.folds),
        exact("Methods", "repeats of the LASSO", "100", plan.repeats),
        exact("Methods", "chosen in more than, %", "90", 100 * plan.often),
        exact("Methods", "P below", "0.05", P_LIMIT),
        exact("Methods", "FDR below", "0.2", FDR_LIMIT),
        exact("Methods", "no or minimal infiltration up to, % TILs", "10", LOW),
        exact("Methods", "intermediate infiltration up to, % TILs", "40", INTERMEDIATE),
    ]


def _weighed() -> list[PrintedNumber]:
    wu = signature_named("wu2018")
    printed = {"M1": "4.4", "TEX2": "-3.14", "TS-BPE2": "-2.0", "BPE1": "-2.62", "BPE3": "-0.72"}

    def composite(percent: float, cyt: float) -> float:
        # The signature's mean is its intercept, so that a mean tumour has z = 0.
        mean = {"signature": score(concluded(wu, {}), SCORE[0])}
        return score(concluded(wu, {"M1": percent / COEFFICIENTS["M1"]}, cyt=1 + cyt, mean=mean), COMPOSITE[0])

    return [
        rounded("Results", "signature: intercept", "13.02", score(concluded(wu, {}), SCORE[0])),
        *(rounded("Results", f"signature: one SD of {id}", text, coefficient(wu, SCORE[0], id)) for id, text in printed.items()),
        rounded("Results", "composite: intercept", "13.0", composite(0, 0)),
        rounded("Results", "composite: one SD of the signature", "5.86", composite(1, 0) - composite(0, 0)),
        rounded("Results", "composite: one SD of CYT", "7.78", composite(0, 1) - composite(0, 0)),
    ]  # fmt: skip


def _correlated() -> list[PrintedNumber]:
    """What the printed correlations imply of each other, of 126 patients made to have them."""
    rows = []
    for what, r, low, high, p, remark in (
        ("signature", "0.40", "0.24", "0.54", "4.2E-6", ""),
        ("CYT", "0.51", "0.36", "0.63", "1.6E-9", ""),
        ("composite", "0.62", "0.50", "0.72", "9.7E-15", ""),
        ("mutation burden", "0.13", "-0.05", "0.30", "0.167", "no r that rounds to 0.13 has this P in 126 patients; perhaps the burden is not known of all"),
    ):  # fmt: skip
        pair = f"r of {what} and TIL ({r})"
        rows += [
            through("Results, Table 4", f"{pair}: lower limit", low, lambda r: _of(r).r.low, r),
            through("Results, Table 4", f"{pair}: upper limit", high, lambda r: _of(r).r.high, r),
            through("Results, Table 4", f"{pair}: P", p, lambda r: _of(r).p, r, remark=remark),
        ]
    return rows


def _implied() -> list[PrintedNumber]:
    """What the composite says of the cohort, and that of the signature's coefficients."""
    inputs = ("5.86", "7.78", "0.40", "0.51")
    of_sum = "r of the signature: root of its coefficients' summed squares over that SD of TIL, so that they apply to z-scores"
    tenth = "a tenth of it: the five features were made non-redundant, and not uncorrelated"
    return [
        through(
            "Results", "r of the composite, from its coefficients and two correlations", "0.62", _composite_r, *inputs
        ),
        through("implied by r of 0.62", "SD of TIL, from the same", "16.4", _sd_of_til, *inputs),
        PrintedNumber("Results", of_sum, "0.40", _signature_r(), 0.04, tenth),
    ]


def _of(r: float) -> Correlation:
    one, other = with_correlations([[1, r], [r, 1]], PATIENTS).T
    return correlation(one, other)


def _composite_of(signature: float, cyt: float, with_signature: float, with_cyt: float) -> tuple[float, float]:
    """SD of TIL and r of the composite: of patients with these correlations, whose refit has these coefficients.

    Two coefficients tell the two that are not printed: TIL's SD, and how the signature goes with CYT.
    """
    ratio = with_cyt / with_signature
    together = (cyt - ratio * signature) / (ratio * cyt - signature)
    x_and_til = with_correlations(
        [[1, together, with_signature], [together, 1, with_cyt], [with_signature, with_cyt, 1]], PATIENTS
    )
    fit = least_squares(x_and_til[:, :2], x_and_til[:, 2])
    return signature / float(fit.coefficients[0]), float(
        np.corrcoef(fit.linear(x_and_til[:, :2]), x_and_til[:, 2])[0, 1]
    )


def _composite_r(*printed: float) -> float:
    return _composite_of(*printed)[1]


def _sd_of_til(*printed: float) -> float:
    return _composite_of(*printed)[0]


def _signature_r() -> float:
    wu = signature_named("wu2018")
    weights = [coefficient(wu, SCORE[0], id) for id in COEFFICIENTS]
    return float(np.sqrt(np.sum(np.square(weights)))) / _sd_of_til(5.86, 7.78, 0.40, 0.51)


def _covariates() -> list[PrintedNumber]:
    """Wald's P of the regression on eight covariates, from coefficient and error."""
    free = PATIENTS - 9
    return [
        through("Table 4", f"multivariate P of {what}", p, lambda b, se: float(2 * stats.t.sf(abs(b / se), free)), b, se)
        for what, b, se, p in (
            ("imaging signature", "4.78", "1.60", "0.003"),
            ("imaging signature (Results)", "4.78", "1.60", "0.004"),
            ("stage", "-2.85", "1.97", "0.151"),
            ("ER", "-3.42", "6.85", "0.618"),
            ("PR", "2.71", "4.05", "0.504"),
            ("HER2", "3.51", "3.42", "0.308"),
            ("triple-negative", "-0.51", "7.43", "0.945"),
            ("mutation burden", "-0.20", "1.24", "0.870"),
            ("CYT", "7.69", "1.27", "< 0.0001"),
        )
    ]  # fmt: skip


def _classes() -> list[PrintedNumber]:
    """A cohort of 126 whose reference has no labels is divided as the paper's was."""
    wu = signature_named("wu2018")
    scores = 13.02 + 6.4 * stats.norm.ppf((np.arange(PATIENTS) + 0.5) / PATIENTS)
    found = Counter(
        concluded(wu, {"M1": (percent - 13.02) / COEFFICIENTS["M1"]}, tuple(scores)).category for percent in scores
    )
    above = 100 * float(stats.norm.sf((INTERMEDIATE - 13.02) / (0.40 * _sd_of_til(5.86, 7.78, 0.40, 0.51))))
    return [
        *(
            exact("Table 2", f"patients called {name}", str(n), found[name])
            for name, n in CLASS_SIZES.items()
        ),
        *(
            rounded("Results", f"share called {name}", printed, 100 * found[name] / PATIENTS)
            for name, printed in {"low": "73 %", "intermediate": "20 %", "high": "7 %"}.items()
        ),
        rounded(
            "Results", "share called high, had the score the pathologists' border of 40 %", "7 %", above,
            "a regression shrinks: the borders are the training cohort's, as the paper says, and belong to our reference",
        ),
    ]  # fmt: skip


def _table_3() -> list[PrintedNumber]:
    """Each rate as one of whole patients, and the accuracy that the two rates have."""
    rows = []
    for (upper, lower), models in _TABLE_3.items():
        for model, (specificity, sensitivity, accuracy) in models.items():
            what, positive, negative = f"{lower} and {upper}, {model}", CLASS_SIZES[upper], CLASS_SIZES[lower]
            made = counted(float(sensitivity), float(specificity), positive, negative)
            for rate, printed, ours, of in (
                ("sensitivity", sensitivity, made.sensitivity, f"of {positive}"),
                ("specificity", specificity, made.specificity, f"of {negative}"),
                ("accuracy", accuracy, made.accuracy, "from these two"),
            ):
                remark = _REMARKS.get((what, rate), "")
                rows.append(rounded("Table 3", f"{what}: {rate}, {of}", printed, ours.value, remark))
    return rows


_TABLE_3 = {
    ("intermediate", "low"): {
        "signature": ("0.93", "0.36", "0.73"),
        "CYT": ("0.86", "0.68", "0.83"),
        "composite": ("0.82", "0.68", "0.85"),
    },
    ("high", "low"): {
        "signature": ("0.70", "0.89", "0.71"),
        "CYT": ("0.68", "1", "0.71"),
        "composite": ("0.91", "0.88", "0.91"),
    },
    ("high", "intermediate"): {
        "signature": ("0.64", "0.89", "0.71"),
        "CYT": ("0.84", "0.44", "0.74"),
        "composite": ("0.68", "0.78", "0.75"),
    },
}
_NO_THREE = "the three cannot hold together for so many patients; the accuracy may be that of another cut-off"
_REMARKS = {
    ("low and intermediate, signature", "accuracy"): _NO_THREE,
    ("low and intermediate, CYT", "accuracy"): _NO_THREE,
    ("low and intermediate, composite", "accuracy"): _NO_THREE,
    ("intermediate and high, composite", "accuracy"): _NO_THREE,
    ("low and high, composite", "sensitivity"): "8 of 9, cut off after two digits and not rounded",
}


def _not_here() -> list[PrintedNumber]:
    of_tcga = (
        ("Results", "features that go with TIL (P < 0.05, FDR < 0.2)", "4"),
        ("Results", "AUC of the composite, low and high", "0.94"),
        ("Results", "AUC of the composite, intermediate and high", "0.76"),
        ("Results", "its P against 0.5", "0.01"),
        ("Results", "AUC of the composite, low and intermediate", "0.79"),
        ("Results", "AUC of CYT, low and high", "0.88"),
        ("Results", "AUC of CYT, intermediate and high", "0.63"),
        ("Results", "its P against 0.5", "0.14"),
        ("Results", "AUC of CYT, low and intermediate", "0.77"),
        ("Results", "DeLong's P, composite against CYT, intermediate and high", "0.039"),
    )
    of_ispy = (
        ("Results", "log-rank P of the signature, TNBC (n = 44)", "0.042"),
        ("Results", "log-rank P of the composite, TNBC", "0.0008"),
        ("Results", "predicted TIL with and without recurrence, TNBC: P", "0.024"),
        ("Results", "predicted TIL of TNBC against HR+/HER2-: P", "0.049"),
    )
    readers = "needs 15 patients read twice by pathologists; `tilscope repeatability` gives the ICC of features"
    return [
        *(unknown(*one, _TCGA) for one in of_tcga),
        *(unknown(*one, _ISPY) for one in of_ispy),
        unknown("Results", "ICC of the pathologists", "0.80", readers),
        unknown(
            "Additional file 2",
            "means and SDs of the five features",
            "5 means, 5 SDs",
            "the supplement is not public to us",
        ),
    ]
