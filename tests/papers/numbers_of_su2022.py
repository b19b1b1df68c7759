"""Su et al. 2022, Journal of Translational Medicine 20:471."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import logit

from papers.made_patients import counted, nearest_share, reach_below
from papers.printed_number import PrintedNumber, exact, half_a_digit, rounded, unknown
from papers.scores import concluded, score, signature_named
from tilscope.models.features.feature_request import CLASSES
from tilscope.models.features.measured_region import feature_names
from tilscope.models.features.sets import WAVELETS
from tilscope.models.signatures import complete_sets
from tilscope.models.signatures.su2022.model import COEFFICIENTS, PHASE_TIMES_S, SCORE
from tilscope.models.signatures.su2022.time_domain import STATISTICS
from tilscope.service.research.repeatability.repeatable import USUAL_THRESHOLD
from tilscope.service.research.statistics.cut_offs import proportion
from tilscope.service.research.training.folds import held_back
from tilscope.service.research.training.linear_training import LinearPlan

#: Of 139 patients: sTILs of 20 % and more, and fewer.
HIGH, LOW = 79, 60
TRAINING, VALIDATION = (56, 42), (23, 18)
#: Of how far an interval reaches, by DeLong's method: it hangs on the shape of the scores, which is not printed.
SHAPE = 0.15
_FUDAN = "needs images of these patients of one hospital, which are not public; `tilscope train su2022` and `tilscope evaluate` give it"
_MOLECULAR = (
    "needs the transcriptomes of 116 of these patients; `tilscope labels score`, `compare` and `enrich` give it"
)


def numbers() -> list[PrintedNumber]:
    return [*_counts(), *_weighed(), *_divided(), *_rates(), *_not_here()]


def interval_reach(
    where: str, what: str, auc: str, low: str, positive: int, negative: int, remark: str = ""
) -> PrintedNumber:
    """How far below its AUC an interval begins."""
    printed = f"{float(auc) - float(low):.3f}"
    tolerance = SHAPE * float(printed) + 2 * half_a_digit(low)
    why = "15 % of it: it depends on the shape of the scores, which are normal in either class here"
    ours = reach_below(float(auc), positive, negative)
    return PrintedNumber(where, f"{what}: AUC {auc} less the lower limit {low}", printed, ours, tolerance, why, remark)


def _counts() -> list[PrintedNumber]:
    textures = sum(len(feature_names(family)) for family in CLASSES if family != "firstorder")
    return [
        exact("Methods", "features of shape", "14", len(feature_names("shape"))),
        exact("Methods", "first-order features", "18", len(feature_names("firstorder"))),
        exact("Methods", "features of texture", "75", textures),
        exact("Methods", "wavelet decompositions", "8", len(WAVELETS)),
        exact("Methods", "statistics over the phases", "4", len(STATISTICS)),
        exact("Methods, implied: 14 + 4 x 9 x 93 + 4 x 9 x 93", "features in all", "6710", len(complete_sets()["su2022"].columns)),
        rounded("Methods", "ICC of both kinds above", "0.75", USUAL_THRESHOLD),
        exact("Methods", "features of the model", "3", len(COEFFICIENTS)),
        *(exact("Methods", f"post-contrast phase {n}, s", text, PHASE_TIMES_S[n - 1]) for n, text in enumerate(("90", "180", "270", "360"), 1)),
    ]  # fmt: skip


def _weighed() -> list[PrintedNumber]:
    su = signature_named("su2022")
    terms = {part.feature: part.amount for part in concluded(su, dict.fromkeys(COEFFICIENTS, 1.0)).contributions}
    intercept = float(logit(score(concluded(su, {}), SCORE[0])))
    printed = {"X1": "-0.6522518", "X2": "-0.9434133", "X3": "-1.5792121"}
    drawn = stats.norm.ppf(stats.qmc.Sobol(3, seed=1).random(1024))
    mean = np.mean([score(concluded(su, dict(zip(COEFFICIENTS, row, strict=True))), SCORE[0]) for row in drawn])
    spread = "what correlation among the three features can do to it: between 0.60 and 0.64, of which half"
    return [
        PrintedNumber("Methods", "intercept", "0.9123828", intercept, 3e-6, "six digits of a probability, as reports hold it"),
        *(rounded("Methods", f"log odds of one more {id}", text, terms[id]) for id, text in printed.items()),
        PrintedNumber(
            "Table 1", "prevalence in training, which a logistic regression's mean probability must have: of z-scored features", "0.571",
            float(mean), 0.02, spread, "so the features were not z-scored: they are taken raw, and this is marked on every report",
        ),
    ]  # fmt: skip


def _divided() -> list[PrintedNumber]:
    """Seven to three, by the training's own division of as many patients."""
    labels = np.repeat([1.0, 0.0], [HIGH, LOW])
    kept = held_back(labels, np.array([f"P{n}" for n in range(HIGH + LOW)]), LinearPlan().share, 1)
    by_class = "three tenths of each class are rounded by themselves here: 23.7 patients are 24"
    return [
        exact("Table 1", "training set", "98", int((~kept).sum()), by_class),
        exact("Table 1", "validation set", "41", int(kept.sum()), by_class),
        exact("Table 1", "high in the validation set", "23", int(labels[kept].sum()), by_class),
        exact("Table 1", "low in the validation set", "18", int((labels[kept] == 0).sum())),
        rounded("Table 1", "high in the training set, %", "57.1", 100 * proportion(56, 98).value),
        rounded("Table 1", "high in the validation set, %", "56.1", 100 * proportion(23, 41).value),
    ]


def _rates() -> list[PrintedNumber]:
    high, low = VALIDATION
    made = counted(0.89, 0.70, high, low)
    turned = counted(0.89, 0.70, low, high)
    no_share = "no whole number of these patients; the three rates are not quoted together"
    return [
        interval_reach("Results", "training set", "0.868", "0.797", *TRAINING),
        interval_reach("Results", "validation set", "0.790", "0.638", *VALIDATION),
        rounded("Results", "sensitivity, of the 23 high", "0.89", nearest_share(0.89, high), no_share),
        rounded("Results", "specificity, of the 18 low", "0.70", nearest_share(0.70, low), no_share),
        rounded("Results", "accuracy, from these two", "0.71", made.accuracy.value, no_share),
        rounded("Results", "sensitivity, were low the positive class", "0.89", turned.sensitivity.value),
        rounded("Results", "specificity, were low the positive class", "0.70", turned.specificity.value),
        rounded("Results", "accuracy, were low the positive class", "0.71", turned.accuracy.value, "so this reading does not hold either"),
    ]  # fmt: skip


def _not_here() -> list[PrintedNumber]:
    return [
        unknown("Results", "AUC, training set", "0.868", _FUDAN),
        unknown("Results", "AUC, validation set", "0.790", _FUDAN),
        unknown("Methods", "cut-off: the median of the training set", "not printed", "the paper prints no number; a reference stores its own"),
        unknown("Results", "antigen processing and presentation: P", "0.02", _MOLECULAR),
        unknown("Results", "PD-L1 and PD-1 checkpoint pathway: P", "0.04", _MOLECULAR),
        unknown("Results", "positive lymph nodes, high against low: P", "0.073", _FUDAN),
    ]  # fmt: skip
