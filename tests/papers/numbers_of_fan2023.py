"""Fan et al. 2023: radiogenomics of tumour-stroma heterogeneity."""

from __future__ import annotations

import numpy as np

from papers.made_patients import divisions, nearest_share, with_correlations
from papers.printed_number import PrintedNumber, exact, half_a_digit, rounded, through, unknown, value
from tilscope.models.features.measured_region import feature_names
from tilscope.models.signatures import complete_sets
from tilscope.models.signatures.fan2023.feature_set import FAN_SPACING
from tilscope.models.signatures.fan2023.model import FAN_2023, SIX
from tilscope.service.research.labels.published_genes import MCP_COUNTER_MARKERS
from tilscope.service.research.labels.tumour_stroma import heterogeneity
from tilscope.service.research.statistics.cell_network import EDGE_ABOVE, NetworkShape
from tilscope.service.research.statistics.chi_square import ChiSquareTest
from tilscope.service.research.statistics.correlation import correlation
from tilscope.service.research.statistics.cox import CoxModel
from tilscope.service.research.statistics.multiple_tests import benjamini_hochberg
from tilscope.service.research.training.train_fan import FanPlan

CUT, AUC_RATES = "0.3512", "0.893"
_TCGA = "needs TCGA's expression of tumour and stroma with survival; `tilscope labels heterogeneity`, `tilscope evaluate` give it"
_IMAGES = "needs these patients' images with outlines and survival; `tilscope train fan2023` and `tilscope evaluate --time --event` give it"

#: Cells: log hazard, hazard ratio, its limits, Wald's statistic, P, P by Benjamini and Hochberg.
TABLE_2 = {
    "T cells": ("-0.96", "0.38", "0.207", "0.703", "9.54", "0.002", "0.01"),
    "CD8 T cells": ("-0.06", "0.94", "0.823", "1.084", "0.66", "0.415", "0.415"),
    "cytotoxic lymphocytes": ("-1.78", "0.17", "0.066", "0.426", "14.07", "0.00018", "0.002"),
    "B lineage": ("-0.57", "0.57", "0.357", "0.895", "5.93", "0.015", "0.037"),
    "NK cells": ("-0.86", "0.42", "0.206", "0.875", "5.39", "0.02", "0.04"),
    "monocytic lineage": ("-0.75", "0.47", "0.160", "1.393", "1.85", "0.174", "0.222"),
    "myeloid dendritic cells": ("-0.90", "0.41", "0.218", "0.755", "8.09", "0.0045", "0.015"),
    "neutrophils": ("-2.26", "0.10", "0.012", "0.898", "4.23", "0.04", "0.066"),
    "endothelial cells": ("-0.82", "0.44", "0.107", "1.810", "1.3", "0.255", "0.283"),
    "fibroblasts": ("-1.07", "0.34", "0.072", "1.625", "1.82", "0.177", "0.222"),
}


def numbers() -> list[PrintedNumber]:
    return [*_counts(), *_trained(), *_heterogeneity(), *_table_2(), *_rates(), *_not_here()]


def _counts() -> list[PrintedNumber]:
    families = {
        "firstorder": "18",
        "shape": "14",
        "glcm": "24",
        "glrlm": "16",
        "glszm": "16",
        "gldm": "14",
        "ngtdm": "5",
    }
    sizes = {family: len(feature_names(family)) for family in families}
    regions = [name.split("/")[1] for name in SIX]
    shapes = sum("_shape_" in name for name in SIX)
    return [
        exact("Methods", "features of an image", "107", sum(sizes.values())),
        *(exact("Methods", f"of them {family}", printed, sizes[family]) for family, printed in families.items()),
        exact("Methods", "features in all", "572", len(complete_sets()["fan2023"].columns)),
        exact("Methods", "voxel in the plane, mm", "0.8", FAN_SPACING[0]),
        exact("Methods", "slice, mm", "2", FAN_SPACING[2]),
        exact("Methods", "populations of cells", "10", len(MCP_COUNTER_MARKERS)),
        exact("Results", "features of the model", "6", len(SIX)),
        exact("Results", "of the tumour", "3", regions.count("T"), "the sentence says three and names two of shape and two of texture"),
        exact("Results", "of the tumour's shape", "2", shapes),
        exact("Results", "of the tumour's texture", "2", regions.count("T") - shapes),
        exact("Results", "of the stroma", "2", regions.count("stroma")),
        exact("Results", "good from a probability of", "0.5", float(FAN_2023.threshold or 0)),
    ]  # fmt: skip


def _trained() -> list[PrintedNumber]:
    plan = FanPlan()
    # Beside the eight that its methods name, isolated nodes and neighbours stand in the figure.
    topology = len(NetworkShape.__dataclass_fields__)
    return [
        exact("Methods", "of a pair one goes at r above", "0.8", plan.alike),
        exact("Results", "population of the genetic algorithm", "100", plan.evolution.population),
        exact("Results", "its iterations", "100", plan.evolution.generations),
        exact("Results", "folds", "10", plan.inner_folds),
        exact("Methods", "edge of a network at r above", "0.5", EDGE_ABOVE),
        exact("Figure 5", "topological parameters", "9", topology, "ours has all that methods and figure name, one more"),
    ]  # fmt: skip


def _heterogeneity() -> list[PrintedNumber]:
    """The printed means of the two groups, by the printed formula: on which side of the printed cut are they?"""
    inside = "none beyond rounding: the mean ratio of a group whose every patient lies on one side of the cut does too"
    slip = "by the formula, and read as tumour over stroma too, the cut lies outside the two means; -0.3512 lies between them"
    rows = []
    for text, remark in ((CUT, slip), (f"-{CUT}", "")):
        cut = value(text)
        good, poor = _ratio("0.9233", "0.8628"), _ratio("0.3531", "0.9631")
        outside = max(0.0, cut - good, poor - cut)
        what = f"how far a cut at {text} lies outside the two groups' means of (tumour - stroma) / stroma"
        rows.append(PrintedNumber("Results, implied", what, "0", outside, 2 * half_a_digit("0.9233"), inside, remark))
    return rows


def _ratio(tumour: str, stroma: str) -> float:
    found = heterogeneity({"mcp_c": np.array([value(tumour)])}, {"mcp_c": np.array([value(stroma)])})
    return float(found["tsh_c"][0])


def _table_2() -> list[PrintedNumber]:
    corrected = benjamini_hochberg(np.array([value(row[5]) for row in TABLE_2.values()]))
    # Rounding moves a rate by as much as its P, times the tests over the rank.
    low, high = (
        benjamini_hochberg(np.array([value(row[5]) + sign * half_a_digit(row[5]) for row in TABLE_2.values()]))
        for sign in (-1, 1)
    )
    rows = []
    for n, (cells, (beta, ratio, lower, upper, wald, p, fdr)) in enumerate(TABLE_2.items()):
        reach = half_a_digit(fdr) + max(high[n] - corrected[n], corrected[n] - low[n])
        rows += [
            through(
                "Table 2",
                f"{cells}: hazard ratio, from beta",
                ratio,
                lambda b, w: _cox(b, w).hazard_ratio("x").value,
                beta,
                wald,
            ),
            through(
                "Table 2", f"{cells}: its lower limit", lower, lambda b, w: _cox(b, w).hazard_ratio("x").low, beta, wald
            ),
            through(
                "Table 2",
                f"{cells}: its upper limit",
                upper,
                lambda b, w: _cox(b, w).hazard_ratio("x").high,
                beta,
                wald,
            ),
            through("Table 2", f"{cells}: P, from Wald's statistic", p, lambda b, w: _cox(b, w).p("x"), beta, wald),
            PrintedNumber(
                "Table 2",
                f"{cells}: P corrected",
                fdr,
                float(corrected[n]),
                float(reach),
                "rounding of it and of the ten P",
            ),
        ]
    return rows  # fmt: skip


def _cox(beta: float, wald: float) -> CoxModel:
    error = abs(beta) / np.sqrt(wald)
    return CoxModel({"x": beta}, {"x": error}, 0.0, ChiSquareTest.of(wald, 1), np.zeros(0), 112, 43)


def _rates() -> list[PrintedNumber]:
    """Sensitivity and specificity are one number: some division of the 112 must allow both."""
    possible = divisions(112, AUC_RATES, AUC_RATES)
    good, poor = possible[0] if possible else (56, 56)
    share = float(AUC_RATES)
    return [
        rounded("Results", f"sensitivity of the predictor of TSH, of {good} of 112", AUC_RATES, nearest_share(share, good)),
        rounded("Results", f"its specificity, of the other {poor}", AUC_RATES, nearest_share(share, poor)),
        exact("Results", "divisions of the 112 that allow both, at least", "1", min(len(possible), 1)),
        through(
            "Results", "P of r = 0.11 between tumour and stroma, in the smallest group that has one: no larger group has a greater P",
            "0.92", lambda r: correlation(*with_correlations([[1, r], [r, 1]], 4).T).p, "0.11",
            remark="0.92 is the P of another r, or a corrected one",
        ),
    ]  # fmt: skip


def _not_here() -> list[PrintedNumber]:
    expression = (
        ("Results", "threshold ratio of cytotoxic lymphocytes", CUT),
        ("Results", "tumour against stroma, good group: P", "0.455"),
        ("Results", "tumour against stroma, poor group: P", "7.755E-16"),
        ("Results", "r of tumour and stroma, good group", "0.45"),
        ("Results", "r of tumour and stroma, poor group", "0.11"),
        ("Results", "multivariable hazard ratio of cytotoxic lymphocytes", "0.13"),
        ("Results", "its P", "0.017"),
        ("Results", "AUC of the predictor of TSH from tumours alone", "0.962"),
        ("Results", "log-rank P, 886 patients", "0.014"),
    )
    images = (
        ("Results", "good group of the radiogenomic set, of 91", "46"),
        ("Results", "poor group", "45"),
        ("Results", "log-rank P, overall survival (n = 180)", "0.038"),
        ("Results", "log-rank P, recurrence-free survival (n = 61)", "3E-4"),
        ("Results", "adjusted P, overall survival", "0.004"),
        ("Figure 7", "IDMN of the stroma, good against poor: P", "6.386E-7"),
        ("Figure 7", "flatness, good against poor: P", "0.01"),
    )
    return [*(unknown(*one, _TCGA) for one in expression), *(unknown(*one, _IMAGES) for one in images)]
