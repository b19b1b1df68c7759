"""Scores of gene sets that the user brings as GMT: ssGSEA, GSVA, and ESTIMATE's two. gseapy computes the first two."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.cohort_tables import some, unusable
from tilscope.service.research.labels.expression_matrix import Expression
from tilscope.service.research.labels.gene_names import gene_name
from tilscope.service.research.labels.published_scores import Scores

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
    import gseapy

    table = _enriched(gseapy.ssgsea, expression, _usable(expression, sets, path), "NES", no_plot=True, weight=0.25)
    return _scores(
        "ssgsea", table, expression, sets, {"weight": 0.25, "normalised": "by the range over samples and sets"}
    )


def gsva(expression: Expression, sets: GeneSets, path: Path) -> Scores:
    """Gene set variation (Hänzelmann 2013): Gaussian kernel on log2 values, difference of both maxima."""
    import gseapy

    varied = expression.of_genes(np.flatnonzero(np.ptp(expression.log2, axis=1) > 0).tolist())
    table = _enriched(gseapy.gsva, varied, _usable(varied, sets, path), "ES", kcdf="Gaussian", mx_diff=True, weight=1.0)
    return _scores("gsva", table, expression, sets, {"kernel": "Gaussian", "mx_diff": True, "tau": 1})


def estimate(expression: Expression, sets: GeneSets, path: Path) -> Scores:
    """ESTIMATE (Yoshihara 2013): ssGSEA of its stromal and its immune set, not normalised, and their sum."""
    import gseapy

    named = {kind: [name for name in sets if kind in name.lower()] for kind in _ESTIMATE}
    if any(len(names) != 1 for names in named.values()):
        raise unusable(path, "ESTIMATE needs one set with 'stromal' and one with 'immune' in its name")
    two = {f"estimate_{kind}": sets[names[0]] for kind, names in named.items()}
    table = _enriched(gseapy.ssgsea, expression, _usable(expression, two, path), "ES", no_plot=True, weight=0.25)
    made = _scores("", table, expression, two, {"weight": 0.25, "normalised": False})
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


def _enriched(method: Any, expression: Expression, sets: Mapping[str, Sequence[str]], column: str, **how: Any) -> Any:
    """Sets by samples, as a pandas DataFrame."""
    import pandas as pd

    # Numbers for names: gseapy sorts by name and takes symbols in lower and upper case for one.
    samples = {str(n): n for n in range(len(expression.samples))}
    genes = {gene: f"G{n}" for n, gene in enumerate(expression.genes)}
    data = pd.DataFrame(expression.log2, index=list(genes.values()), columns=list(samples))
    numbered = {name: [genes[gene] for gene in of] for name, of in sets.items()}
    done = method(data, numbered, outdir=None, min_size=1, max_size=len(genes), threads=1, **how).res2d
    return done.pivot(index="Term", columns="Name", values=column).astype(float)[list(samples)]


def _scores(
    prefix: str, table: Any, expression: Expression, sets: GeneSets, parameters: Mapping[str, object]
) -> Scores:
    import gseapy

    there = set(expression.genes)
    nothing = np.full(len(expression.samples), np.nan)
    columns: dict[str, NDArray[np.float64]] = {
        f"{prefix}_{name}".lstrip("_"): table.loc[name].to_numpy() if name in table.index else nothing for name in sets
    }
    missing = {name: _without(genes, there) for name, genes in sets.items()}
    lacking = [f"{name} {len(missing[name])} of {len(genes)}" for name, genes in sets.items() if missing[name]]
    notes = (f"{prefix or 'estimate'}: genes missing of the sets {some(lacking)}",) if lacking else ()
    found = {name: len(genes) - len(missing[name]) for name, genes in sets.items()}
    made_of = {**parameters, "gseapy": gseapy.__version__, "found": found, "missing": missing}
    return Scores(columns, made_of, notes)


def _without(genes: Sequence[str], there: Collection[str]) -> list[str]:
    return [gene for gene in genes if gene not in there]
