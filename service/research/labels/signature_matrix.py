"""The user's signature matrix of cell types, and what a cohort has of its genes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.cohort_tables import read_frame, some, unusable
from tilscope.service.research.labels.deconvolution import cell_fractions
from tilscope.service.research.labels.expression_matrix import Expression
from tilscope.service.research.labels.gene_names import gene_name
from tilscope.service.research.labels.published_scores import Scores

#: Of the signature's genes; of fewer the fractions are guesses.
_LEAST_FOUND = 0.5


@dataclass(frozen=True, eq=False)
class SignatureMatrix:
    """Typical expression of genes in cell types."""

    path: Path
    genes: tuple[str, ...]
    cells: tuple[str, ...]
    values: NDArray[np.float64]
    """[gene, cell type], not logarithmic."""


def read_signature(path: Path) -> SignatureMatrix:
    frame = read_frame(path, numbers=True)
    try:
        values = frame.to_numpy(dtype=float)
    except ValueError:
        raise unusable(path, "a signature matrix holds genes in its first column and numbers in all others") from None
    if not np.isfinite(values).all() or values.min() < 0:
        raise unusable(
            path, "a signature matrix holds expression that is not logarithmic: no gaps and nothing below zero"
        )
    genes = [gene_name(name) for name in frame.index]
    if twice := [name for name in dict.fromkeys(genes) if genes.count(name) > 1]:
        raise unusable(path, f"it has several rows of {some(twice)}")
    if len(frame.columns) < 2 or len(genes) <= len(frame.columns):
        raise unusable(
            path, f"{len(genes)} genes cannot tell {len(frame.columns)} cell types apart; genes are the rows"
        )
    return SignatureMatrix(path, tuple(genes), tuple(str(name) for name in frame.columns), values)


def deconvolved(
    expression: Expression, signature: SignatureMatrix, permutations: int, seed: int, tick: Callable[[int, int], None]
) -> Scores:
    """A column of fractions for each cell type, the P value, and the correlation of the fit."""
    there = set(expression.genes)
    rows = [n for n, gene in enumerate(signature.genes) if gene in there]
    missing = [gene for gene in signature.genes if gene not in there]
    if len(rows) < _LEAST_FOUND * len(signature.genes):
        if not rows:
            genes, others = some(signature.genes[:3]), some(expression.genes[:3])
            raise BadInput("no-gene-in-common", path=signature.path, genes=genes, others=others)
        raise unusable(
            signature.path, f"only {len(rows)} of its {len(signature.genes)} genes are in the expression matrix"
        )
    found = [signature.genes[n] for n in rows]
    mixtures = expression.linear[expression.rows(found)]
    if (flat := np.ptp(mixtures, axis=0) == 0).any():
        samples = [sample for sample, is_flat in zip(expression.samples, flat, strict=True) if is_flat]
        raise unusable(signature.path, f"all of its genes are expressed alike in {some(samples)}")
    done = cell_fractions(mixtures, signature.values[rows], permutations, seed, tick)
    columns = {f"fraction_{cell}": done.fractions[:, n] for n, cell in enumerate(signature.cells)}
    columns |= {"fraction_p": done.p, "fraction_correlation": done.correlation}
    made_of = {"method": "nu-SVR", "permutations": permutations, "seed": seed, "found": len(rows), "missing": missing}
    notes = (
        (f"fractions: {len(missing)} of {len(signature.genes)} genes are missing: {some(missing)}",) if missing else ()
    )
    return Scores(columns, made_of, notes)
