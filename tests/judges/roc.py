"""DeLong and Youden beside pROC."""

from __future__ import annotations

import numpy as np

from judges import Comparison, recorded, table
from tilscope.service.research.statistics.roc import (
    auc_covariance,
    auc_with_interval,
    paired_test,
    roc_curve,
    unpaired_test,
    youden,
)

_EXACT = 1e-9


def comparisons() -> list[Comparison]:
    columns = table("roc.csv")
    labels, answers = columns["poor"] == 1, recorded("roc")["answers"]
    found: list[Comparison] = []

    def compare(statistic: str, ours: float, theirs: float) -> None:
        found.append(Comparison(statistic, ours, theirs, _EXACT, "pROC"))

    for name, (low, value, high) in answers["intervals"].items():
        estimate = auc_with_interval(labels, columns[name])
        compare(f"AUC of {name}", estimate.value, value)
        compare(f"AUC of {name}, lower 95 % limit (DeLong)", estimate.low, low)
        compare(f"AUC of {name}, upper 95 % limit (DeLong)", estimate.high, high)
    for names, theirs in answers["paired"].items():
        one, other = names.split("_")
        test = paired_test(labels, columns[one], columns[other])
        what = f"AUC of {one} against that of {other}, paired (DeLong)"
        compare(f"{what}: z", test.z, theirs["z"])
        compare(f"{what}: P", test.p, theirs["p"])
        compare(f"{what}: lower limit of the difference", test.difference.low, theirs["low"])
        compare(f"{what}: upper limit of the difference", test.difference.high, theirs["high"])
    both = np.stack([columns["s100b"], columns["wfns"]])
    compare("covariance of the AUCs of s100b and wfns (DeLong)", auc_covariance(labels, both)[0, 1], answers["covariance"])  # fmt: skip
    woman = columns["woman"] == 1
    apart = unpaired_test(*((labels[of], columns["s100b"][of]) for of in (woman, ~woman)))
    compare("AUC of s100b in women against men, unpaired (DeLong): P", apart.p, answers["unpaired"]["p"])
    curve, cut_off = roc_curve(labels, columns["s100b"]), youden(labels, columns["s100b"])
    at = list(curve.cut_offs).index(cut_off)
    compare("sensitivity at Youden's cut-off of s100b", curve.sensitivity[at], answers["youden"]["sensitivity"])
    compare("specificity at Youden's cut-off of s100b", curve.specificity[at], answers["youden"]["specificity"])
    return found
