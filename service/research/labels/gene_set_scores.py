"""Scores of gene sets that the user brings as GMT: ssGSEA, GSVA (which gseapy computes), and ESTIMATE's two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.cohort_tables import some, unusable
from tilscope.service.research.labels.expression_matrix import Expression
from tilscope.service.research.labels.gene_names import gene_name
from tilscope.service.research.labels.published_scores import Scores

#: How much more the genes count that are expressed the most.
_WEIGHT = 0.25

GeneSets = Mapping[str, tuple[str, ...]]

#: ESTIMATE's sets are called StromalSignature and ImmuneSignature in the file that its authors publish.
_ESTIMATE = ("stromal", "immune")


def read_gmt(path: Path) -> dict[str, tuple[str, ...]]:
    """Sets by name: a line a set, with tabs between its name, a description and the genes."""
    sets: dict[str, tuple[str, ...]] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise unusable(path, f"it cannot be read ({type(fault).__name__})") from fault
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, *rest = (cell.strip() for cell in line.split("\t"))
        genes = dict.fromkeys(gene_name(cell) for cell in rest[1:] if cell)
        if not genes:
            raise unusable(
                path, f"line {number} names no gene: name, description and genes stand between tabs in a GMT file"
            )
        if name in sets:
            raise unusable(path, f"two sets are called {name}")
        sets[name] = tuple(genes)
    if not sets:
        raise unusable(path, "it holds no gene set")
    return sets


def ssgsea(expression: Expression, sets: GeneSets, path: Path) -> Scores:
    """Single-sample enrichment (Barbie 2009), divided by the range over all samples and sets, as GSVA's R package does."""
    raw = enrichment(expression, _usable(expression, sets, path))
    every = np.stack(list(raw.values()))
    parameters = {"weight": _WEIGHT, "normalised": "by the range over samples and sets"}
    scaled = {name: values / (np.ptp(every) or np.nan) for name, values in raw.items()}
    return _scores("ssgsea_", scaled, expression, sets, parameters)


def gsva(expression: Expression, sets: GeneSets, path: Path) -> Scores:
    """Gene set variation (Hänzelmann 2013): Gaussian kernel on log2 values, difference of both maxima."""
    import gseapy

    varied = expression.of_genes(np.flatnonzero(np.ptp(expression.log2, axis=1) > 0).tolist())
    values = _by_gseapy(varied, _usable(varied, sets, path))
    parameters = {"kernel": "Gaussian", "mx_diff": True, "tau": 1, "gseapy": gseapy.__version__}
    return _scores("gsva_", values, expression, sets, parameters)


def estimate(expression: Expression, sets: GeneSets, path: Path) -> Scores:
    """ESTIMATE (Yoshihara 2013): ssGSEA of its stromal and its immune set, not normalised, and their sum."""
    named = {kind: [name for name in sets if kind in name.lower()] for kind in _ESTIMATE}
    if any(len(names) != 1 for names in named.values()):
        raise unusable(path, "ESTIMATE needs one set with 'stromal' and one with 'immune' in its name")
    two = {f"estimate_{kind}": sets[names[0]] for kind, names in named.items()}
    raw = enrichment(expression, _usable(expression, two, path))
    made = _scores("", raw, expression, two, {"weight": _WEIGHT, "normalised": False})
    both = made.columns["estimate_stromal"] + made.columns["estimate_immune"]
    return Scores({**made.columns, "estimate": both}, made.made_of, made.notes)


def _usable(expression: Expression, sets: GeneSets, path: Path) -> dict[str, list[str]]:
    """What the matrix has of each set; without the sets of which it has nothing."""
    there = set(expression.genes)
    usable = {name: [gene for gene in genes if gene in there] for name, genes in sets.items()}
    if not any(usable.values()):
        first = next(iter(sets.values()))
        raise BadInput("no-gene-in-common", path=path, genes=some(first[:3]), others=some(expression.genes[:3]))
    return {name: genes for name, genes in usable.items() if genes}


def enrichment(expression: Expression, sets: Mapping[str, Sequence[str]]) -> dict[str, NDArray[np.float64]]:
    """Of each set [sample]: the sum of the differences between the running sums of the set's genes and of the others.

    A gene of rank r (1 for the least expressed) adds to r of the partial sums, so that the walk need not be walked. Genes
    that share a rank, as those that are not expressed, count with its mean: the walk would take them in the order of the
    matrix's rows, on which no score should depend.
    """
    ranks = rankdata(expression.log2, axis=0)
    found = {}
    for name, genes in sets.items():
        of_set = ranks[expression.rows(genes)]
        weights = of_set**_WEIGHT
        others = (ranks.sum(axis=0) - of_set.sum(axis=0)) / max(len(ranks) - len(of_set), 1)
        found[name] = (weights * of_set).sum(axis=0) / weights.sum(axis=0) - others
    return found


def _by_gseapy(expression: Expression, sets: Mapping[str, Sequence[str]]) -> dict[str, NDArray[np.float64]]:
    import gseapy
    import pandas as pd

    # Numbers for names: gseapy sorts by name and takes symbols in lower and upper case for one.
    samples = [str(n) for n in range(len(expression.samples))]
    numbers = {gene: f"G{n}" for n, gene in enumerate(expression.genes)}
    data = pd.DataFrame(expression.log2, index=list(numbers.values()), columns=samples)
    numbered = {name: [numbers[gene] for gene in genes] for name, genes in sets.items()}
    how = {"kcdf": "Gaussian", "mx_diff": True, "weight": 1.0, "min_size": 1, "max_size": len(numbers), "threads": 1}
    table = gseapy.gsva(data, numbered, outdir=None, **how).res2d.pivot(index="Term", columns="Name", values="ES")
    return {name: table.loc[name, samples].to_numpy(dtype=float) for name in table.index}


def _scores(
    prefix: str, values: Mapping[str, NDArray[np.float64]], expression: Expression, sets: GeneSets,
    parameters: Mapping[str, object],
) -> Scores:  # fmt: skip
    there = set(expression.genes)
    nothing = np.full(len(expression.samples), np.nan)
    columns = {f"{prefix}{name}": values.get(name, nothing) for name in sets}
    missing = {name: [gene for gene in genes if gene not in there] for name, genes in sets.items()}
    lacking = [f"{name} {len(missing[name])} of {len(genes)}" for name, genes in sets.items() if missing[name]]
    notes = (f"{prefix.rstrip('_') or 'estimate'}: genes missing of the sets {some(lacking)}",) if lacking else ()
    found = {name: len(genes) - len(missing[name]) for name, genes in sets.items()}
    return Scores(columns, {**parameters, "found": found, "missing": missing}, notes)
