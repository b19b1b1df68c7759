"""ComBat beside sva, ssGSEA and GSVA beside GSVA, the moderated t beside limma."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
from numpy.typing import NDArray

from judges import FOLDER, Comparison, recorded
from tilscope.service.research.labels.combat import combat
from tilscope.service.research.labels.expression_matrix import Expression, ExpressionUnit, read_expression
from tilscope.service.research.labels.gene_set_scores import gsva, read_gmt, ssgsea
from tilscope.service.research.labels.moderated_t import moderated_t
from tilscope.service.research.labels.published_scores import Scores
from tilscope.service.research.statistics.multiple_tests import benjamini_hochberg

_MATRIX, _SETS = FOLDER / "labels_expression.csv", FOLDER / "labels_sets.gmt"
_EXACT = 1e-9
_BY_ROWS = (
    "where genes share a rank, GSVA 1.46 takes them in the order of the matrix's rows and cuts their mean rank to a whole "
    "number; ours does not depend on the order of rows"
)


def comparisons() -> list[Comparison]:
    answers = recorded("labels")["answers"]
    sets = read_gmt(_SETS)
    expression = read_expression(_MATRIX, ExpressionUnit.LOG2, 0.0, {gene for genes in sets.values() for gene in genes})
    with (FOLDER / "labels_samples.csv").open(encoding="utf-8", newline="") as file:
        samples = list(csv.DictReader(file))
    batches = [row["batch"] for row in samples]
    high, array = (np.array([[float(row[name] == word)] for row in samples]) for name, word in (("group", "high"), ("batch", "array")))  # fmt: skip
    return [
        _furthest("ComBat", combat(expression.log2, batches), answers["combat"], "sva"),
        _furthest("ComBat, a class kept", combat(expression.log2, batches, high), answers["combat_kept"], "sva"),
        *_moderated("moderated t of two classes", expression, [high], answers["moderated_t"]),
        *_moderated("moderated t, adjusted for the batch", expression, [high, array], answers["moderated_t_adjusted"]),
        _furthest("ssGSEA", _table(ssgsea(expression, sets, _SETS)), answers["ssgsea"], "GSVA"),
        _furthest("GSVA", _table(gsva(expression, sets, _SETS)), answers["gsva"], "GSVA"),
        _furthest("GSVA of whole numbers", _table(gsva(_rounded(expression), sets, _SETS)), answers["gsva_ties"], "GSVA"),
        _furthest("ssGSEA with shared ranks", _table(ssgsea(_rounded(expression), sets, _SETS)), answers["ssgsea_ties"], "GSVA", _BY_ROWS),
    ]  # fmt: skip


def _furthest(what: str, ours: NDArray[np.float64], theirs: Any, by: str, differs_because: str = "") -> Comparison:
    """Of very many numbers the one that lies furthest from R's."""
    answered = np.asarray(theirs, float)
    at = np.unravel_index(np.argmax(np.abs(ours - answered)), answered.shape)
    name = f"{what}: the furthest of {answered.size} values"
    return Comparison(name, float(ours[at]), float(answered[at]), _EXACT, by, differs_because)


def _moderated(
    what: str, expression: Expression, columns: list[NDArray[np.float64]], theirs: dict[str, Any]
) -> list[Comparison]:
    ours = moderated_t(expression.log2, np.hstack([np.ones((len(expression.samples), 1)), *columns]), 1)
    return [
        _furthest(f"{what}, log2 fold change", ours.log_fold_change, theirs["log_fold_change"], "limma"),
        _furthest(f"{what}, t", ours.t, theirs["t"], "limma"),
        _furthest(f"{what}, P", ours.p, theirs["p"], "limma"),
        _furthest(f"{what}, FDR", benjamini_hochberg(ours.p), theirs["fdr"], "limma"),
        Comparison(f"{what}, prior variance", ours.prior_variance, theirs["prior_variance"], _EXACT, "limma"),
        Comparison(f"{what}, prior degrees of freedom", ours.prior_degrees, theirs["prior_degrees"], _EXACT, "limma"),
    ]


def _rounded(expression: Expression) -> Expression:
    return Expression(expression.genes, expression.samples, np.round(expression.log2), expression.offsets)


def _table(scores: Scores) -> NDArray[np.float64]:
    """[set, sample]."""
    return np.stack(list(scores.columns.values()))
