"""Scores whose genes and formulas are published: cytolytic activity, MCP-counter, the T-cell-inflamed profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.labels.expression_matrix import Expression
from tilscope.service.research.labels.gene_names import gene_name
from tilscope.service.research.labels.published_genes import (
    CYTOLYTIC_GENES,
    HOUSEKEEPING_GENES,
    MCP_COUNTER_MARKERS,
    T_CELL_INFLAMED_WEIGHTS,
)


@dataclass(frozen=True, eq=False)
class Scores:
    """Columns of the table of labels, one value a sample, and what they were made of."""

    columns: Mapping[str, NDArray[np.float64]]
    made_of: Mapping[str, object] = field(default_factory=dict)
    """For the provenance: formula, genes found and missing, parameters."""
    notes: tuple[str, ...] = ()


def cytolytic_activity(expression: Expression) -> Scores:
    """CYT: the geometric mean of granzyme A and perforin 1 in TPM (Rooney 2015), as Wu's composite takes it: no offset."""
    found, missing = _found(expression, CYTOLYTIC_GENES)
    nothing = np.full(len(expression.samples), np.nan)
    values = nothing if missing else np.sqrt(np.prod(expression.linear[expression.rows(CYTOLYTIC_GENES)], axis=0))
    made_of = {"formula": "sqrt(GZMA x PRF1)", "found": found, "missing": missing}
    return Scores({"cyt": values}, made_of, _told("cyt", missing, len(CYTOLYTIC_GENES)))


def mcp_counter(expression: Expression) -> Scores:
    """Of each of ten populations the mean log2 expression of its markers (Becht 2016); of those that are there."""
    columns: dict[str, NDArray[np.float64]] = {}
    found_by, missing_by, notes = {}, {}, list[str]()
    for population, markers in MCP_COUNTER_MARKERS.items():
        found, missing = _found(expression, markers)
        name = f"mcp_{population}"
        columns[name] = _mean(expression, found)
        found_by[population], missing_by[population] = found, missing
        notes += _told(name, missing, len(markers))
    made_of = {"formula": "mean of log2 over the markers found", "found": found_by, "missing": missing_by}
    return Scores(columns, made_of, tuple(notes))


def t_cell_inflamed(expression: Expression) -> Scores:
    """The weighted sum of 18 genes on a log10 scale, less the mean of eleven housekeeping genes (Ayers 2017).

    The paper measured with a NanoString panel; from sequencing, its cut-offs do not apply, the order of patients does.
    """
    found, missing = _found(expression, tuple(T_CELL_INFLAMED_WEIGHTS))
    steady, steady_missing = _found(expression, HOUSEKEEPING_GENES)
    log10 = expression.log2 * np.log10(2)
    weights = np.array([T_CELL_INFLAMED_WEIGHTS[gene] for gene in found])
    above = log10[expression.rows(found)] - _mean(expression, steady) * np.log10(2)
    values = weights @ above if not missing else np.full(len(expression.samples), np.nan)
    notes = _told("t_cell_inflamed", missing, len(T_CELL_INFLAMED_WEIGHTS))
    if steady_missing:
        notes += (f"t_cell_inflamed: {len(steady)} of {len(HOUSEKEEPING_GENES)} housekeeping genes are there",)
    made_of = {
        "formula": "sum of weight x (log10 gene - mean log10 housekeeping)",
        "found": [*found, *steady],
        "missing": [*missing, *steady_missing],
    }
    return Scores({"t_cell_inflamed": values}, made_of, notes)


def single_genes(expression: Expression, genes: Sequence[str]) -> Scores:
    """The log2 expression of genes by themselves, as of checkpoints that are compared between classes."""
    found, missing = _found(expression, [gene_name(gene) for gene in genes])
    columns = {f"log2_{gene}": expression.log2[expression.rows([gene])[0]] for gene in found}
    return Scores(columns, {"found": found, "missing": missing}, _told("genes", missing, len(genes)))


def _found(expression: Expression, genes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those of the genes that the matrix has, and those that it lacks."""
    there = set(expression.genes)
    return [gene for gene in genes if gene in there], [gene for gene in genes if gene not in there]


def _mean(expression: Expression, genes: Sequence[str]) -> NDArray[np.float64]:
    """[sample]; NaN of no gene."""
    if not genes:
        return np.full(len(expression.samples), np.nan)
    mean: NDArray[np.float64] = expression.log2[expression.rows(genes)].mean(axis=0)
    return mean


def _told(score: str, missing: Sequence[str], of: int) -> tuple[str, ...]:
    return (f"{score}: {len(missing)} of {of} genes are missing: {', '.join(missing)}",) if missing else ()
