"""Han et al. 2024: the tumour's microenvironment, hot or cold."""

from __future__ import annotations

from collections import Counter

import numpy as np

from papers.made_patients import divisions, nearest_share
from papers.printed_number import PrintedNumber, exact, rounded, unknown
from tilscope.models.features import Region
from tilscope.models.features.feature_regions import NARROW_MM
from tilscope.models.signatures.han2024.feature_set import HAN_IMAGE, han_479
from tilscope.service.research.repeatability.repeatable import USUAL_THRESHOLD
from tilscope.service.research.training.folds import folds_of
from tilscope.service.research.training.train_forest import FOLDS

DISCOVERY, VALIDATION = 94, 24
_TCGA = "needs these patients' images with outlines, and the label's gene sets, which are the user's file; `tilscope train han2024` gives it"
_HOSPITAL = "needs images of these patients of one hospital, which are not public; `tilscope evaluate` gives it"
_SETS = "needs TCGA's expression and the 24 gene sets, which are the user's file; `tilscope labels phenotypes` gives it"


def numbers() -> list[PrintedNumber]:
    return [*_counts(), *_divided(), *_rates(), *_not_here()]


def _counts() -> list[PrintedNumber]:
    columns = han_479(Region.TUMOUR)
    families = Counter(name.rpartition("/")[2].split("_")[-2] for name in columns)
    higher = sum(families.values()) - families["shape"] - families["firstorder"]
    return [
        exact("Methods", "features of a region", "479", len(columns)),
        exact("Methods", "of shape", "14", families["shape"]),
        exact("Methods", "first-order", "90", families["firstorder"]),
        exact("Methods", "of second and higher order", "375", higher),
        exact("Methods", "voxel, mm", "1.0", HAN_IMAGE.spacing_mm[0]),
        exact("Methods", "ring on each side of the border, mm", "2", NARROW_MM),
        exact("Methods", "folds", "5", FOLDS),
        rounded("Methods", "ICC above", "0.75", USUAL_THRESHOLD),
    ]


def _divided() -> list[PrintedNumber]:
    """One of five folds of all patients is the internal validation."""
    everybody = DISCOVERY + VALIDATION
    labels = (np.arange(everybody) % 3 == 0).astype(float)
    folds = folds_of(labels, np.array([f"P{n}" for n in range(everybody)]), FOLDS, 1, classes=True)
    largest = int(np.bincount(folds).max())
    return [
        exact("Methods", "internal validation, a fifth", str(VALIDATION), largest),
        exact("Methods", "discovery, the rest", str(DISCOVERY), everybody - largest),
    ]


def _rates() -> list[PrintedNumber]:
    """Of the 24, some division into hot and cold must allow sensitivity, specificity and AUC together."""
    possible = [sizes for sizes in divisions(VALIDATION, "0.80", "0.89") if _auc_can_be(0.844, *sizes)]
    hot, cold = possible[0]
    return [
        exact("Results", "divisions of the 24 that allow sensitivity, specificity and AUC, at least", "1", min(len(possible), 1)),
        rounded("Results", f"sensitivity, of {hot} hot", "0.80", nearest_share(0.80, hot)),
        rounded("Results", f"specificity, of {cold} cold", "0.89", nearest_share(0.89, cold)),
        rounded("Results", f"AUC, of {hot * cold} pairs", "0.844", nearest_share(0.844, 2 * hot * cold)),
    ]  # fmt: skip


def _auc_can_be(printed: float, positive: int, negative: int) -> bool:
    """Whether pairs in order, ties counting half, can give it."""
    return abs(nearest_share(printed, 2 * positive * negative) - printed) <= 0.0005


def _not_here() -> list[PrintedNumber]:
    of_tcga = (
        ("Results", "AUC, discovery", "0.855"),
        ("Results", "Youden's threshold, discovery", "0.528"),
        ("Results", "AUC, internal validation", "0.844"),
        ("Results", "Youden's threshold, internal validation", "0.569"),
    )
    of_hospital = (
        ("Results", "AUC, CD8 of 20 % and more (n = 158)", "0.814"),
        ("Results", "its lower limit", "0.717"),
        ("Results", "AUC, objective response (n = 77)", "0.784"),
        ("Results", "its lower limit", "0.643"),
    )
    of_sets = (
        ("Methods", "genes of the 24 populations", "364"),
        ("Methods", "populations of cells", "24"),
        ("Results", "groups that silhouette and 30 indices prefer", "2"),
        ("Results", "checkpoint genes that are higher in the hot group", "8"),
        ("Results", "overall survival of the two groups: P below", "0.05"),
    )
    return [
        *(unknown(*one, _TCGA) for one in of_tcga),
        *(unknown(*one, _HOSPITAL) for one in of_hospital),
        *(unknown(*one, _SETS) for one in of_sets),
    ]
