"""Which genes differ between two classes of patients, and which gene sets lie at an end of that ranking."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.clinical_table import indicators
from tilscope.service.research.labels.cohort import CohortFiles, MolecularCohort, read_cohort
from tilscope.service.research.labels.cohort_tables import some, unusable
from tilscope.service.research.labels.gene_names import gene_name
from tilscope.service.research.labels.gene_set_scores import read_gmt
from tilscope.service.research.labels.moderated_t import moderated_t
from tilscope.service.research.labels.table_with_provenance import TableWithProvenance, made_here
from tilscope.service.research.statistics.multiple_tests import benjamini_hochberg

_LEAST_OF_CLASS = 2


def compare_classes(
    files: CohortFiles, column: str, high: str, low: str, adjusted_for: Sequence[str] = ()
) -> TableWithProvenance:
    """Every gene by the moderated t of `high` against `low`, the surest first; a gene that never varies is left out."""
    cohort = read_cohort(files)
    classes = cohort.values_of(column)
    _require_classes(files, classes, column, (high, low))
    covariates = [cohort.values_of(name) for name in adjusted_for]
    usable = [n for n, of in enumerate(classes) if of in (high, low) and all(values[n] != "" for values in covariates)]
    _require_classes(files, [classes[n] for n in usable], column, (high, low))
    expression = cohort.expression.of_samples(usable)
    expression = expression.of_genes(np.flatnonzero(np.ptp(expression.log2, axis=1) > 0).tolist())
    design = _design([classes[n] == high for n in usable], [[values[n] for n in usable] for values in covariates])
    if np.linalg.matrix_rank(design) < design.shape[1] or len(design) <= design.shape[1]:
        problem = f"{column} cannot be told from {', '.join(adjusted_for)} in {len(usable)} patients"
        raise BadInput("no-classes", table=str(files.clinical), problem=problem)
    found = moderated_t(expression.log2, design, 1)
    order = np.argsort(found.p)
    counts = {name: sum(classes[n] == name for n in usable) for name in (high, low)}
    columns: dict[str, Sequence[Any]] = {
        "gene": [expression.genes[n] for n in order],
        "log2_fold_change": found.log_fold_change[order].tolist(),
        "mean_log2": expression.log2.mean(axis=1)[order].tolist(),
        "t": found.t[order].tolist(),
        "p": found.p[order].tolist(),
        "fdr": benjamini_hochberg(found.p)[order].tolist(),
    }
    facts = {
        "column": column, "high": high, "low": low, "adjusted_for": list(adjusted_for), "patients": counts,
        "prior_degrees": str(found.prior_degrees), "prior_variance": found.prior_variance,
    }  # fmt: skip
    notes = [*expression.notes, *_left_out(cohort, usable)]
    return TableWithProvenance(columns, made_here("compare", files.paths, **facts, notes=notes))


def enriched_sets(
    ranking: TableWithProvenance, path: Path, gmt: Path, by: str, permutations: int, seed: int, sizes: tuple[int, int]
) -> TableWithProvenance:
    """Pre-ranked enrichment (Subramanian 2005) of a table with a column `gene`; gseapy computes it."""
    import gseapy
    import pandas as pd

    if "gene" not in ranking.columns:
        raise unusable(path, "it has no column gene")
    values = ranking.numbers(by, path)
    genes = [gene_name(str(name)) for name in ranking.columns["gene"]]
    by_gene = {gene: value for gene, value in zip(genes, values, strict=True) if np.isfinite(value)}
    sets = {name: [gene for gene in of if gene in by_gene] for name, of in read_gmt(gmt).items()}
    least, most = sizes
    if not any(sets.values()):
        raise BadInput(
            "no-gene-in-common", path=gmt, genes=some(next(iter(read_gmt(gmt).values()))[:3]), others=some(genes[:3])
        )
    tested = {name: of for name, of in sets.items() if least <= len(of) <= most and len(of) < len(by_gene)}
    if not tested:
        raise unusable(gmt, f"no set has {least} to {most} genes of the ranking; --least and --most say otherwise")
    numbered = {gene: f"G{n}" for n, gene in enumerate(by_gene)}
    done = gseapy.prerank(
        pd.Series({numbered[gene]: value for gene, value in by_gene.items()}),
        {name: [numbered[gene] for gene in of] for name, of in tested.items()},
        outdir=None, no_plot=True, min_size=1, max_size=most, permutation_num=permutations, seed=seed, threads=1,
    ).res2d  # fmt: skip
    genes_of = {number: gene for gene, number in numbered.items()}
    columns: dict[str, Sequence[Any]] = {
        "set": [str(name) for name in done["Term"]],
        "genes": [len(tested[name]) for name in done["Term"]],
        "es": done["ES"].astype(float).tolist(),
        "nes": done["NES"].astype(float).tolist(),
        "p": done["NOM p-val"].astype(float).tolist(),
        "fdr": done["FDR q-val"].astype(float).tolist(),
        "leading": [";".join(genes_of[one] for one in leading.split(";") if one) for leading in done["Lead_genes"]],
    }
    left_out = [name for name in sets if name not in tested]
    notes = [f"{len(left_out)} sets are too small or too large: {some(left_out)}"] if left_out else []
    facts = {"by": by, "permutations": permutations, "seed": seed, "least": least, "most": most, "notes": notes}
    return TableWithProvenance(columns, made_here("enrich", [path, gmt], **facts, made_from=dict(ranking.provenance)))


def _require_classes(files: CohortFiles, classes: Sequence[str], column: str, names: tuple[str, str]) -> None:
    for name in names:
        if (count := classes.count(name)) < _LEAST_OF_CLASS:
            known = some(sorted({one for one in classes if one}))
            problem = (
                f"{count} patients have {column} {name}, at least {_LEAST_OF_CLASS} are needed; its values are {known}"
            )
            raise BadInput("no-classes", table=str(files.clinical), problem=problem)


def _design(is_high: Sequence[bool], covariates: Sequence[Sequence[str]]) -> Any:
    first = np.array([[1.0, float(one)] for one in is_high])
    return np.hstack([first, *(indicators(values) for values in covariates)])


def _left_out(cohort: MolecularCohort, usable: Sequence[int]) -> list[str]:
    count = len(cohort.patients) - len(usable)
    return (
        [f"{count} patients are of neither class, or something that is adjusted for is not known of them"]
        if count
        else []
    )
