"""All scores that were asked for, of every patient of a cohort, as one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.clinical_table import PATIENT, SIDE, STUDY, named_apart
from tilscope.service.research.labels.cohort import CohortFiles, MolecularCohort, read_cohort
from tilscope.service.research.labels.cohort_tables import some, unusable
from tilscope.service.research.labels.gene_set_scores import estimate, gsva, read_gmt, ssgsea
from tilscope.service.research.labels.mutational_burden import nonsynonymous_mutations
from tilscope.service.research.labels.published_scores import (
    Scores,
    cytolytic_activity,
    mcp_counter,
    single_genes,
    t_cell_inflamed,
)
from tilscope.service.research.labels.sample_patients import patients_of
from tilscope.service.research.labels.signature_matrix import deconvolved, read_signature
from tilscope.service.research.labels.table_with_provenance import TableWithProvenance, made_here

SAMPLE = "sample"
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class ScoresWanted:
    """The scores' names, and what some of them need."""

    names: tuple[str, ...]
    genes: tuple[str, ...] = ()
    """Single ones whose expression is wanted too."""
    gmt: Path | None = None
    estimate_gmt: Path | None = None
    signature: Path | None = None
    maf: Path | None = None
    permutations: int = 0
    seed: int = 1

    @property
    def paths(self) -> list[Path]:
        return [path for path in (self.gmt, self.estimate_gmt, self.signature, self.maf) if path]


#: What each score is, for those who choose; and the option that brings its file.
SCORES: Mapping[str, tuple[str, str]] = {
    "cyt": ("cytolytic activity, sqrt(GZMA x PRF1) in TPM", ""),
    "mcp": ("MCP-counter's ten populations", ""),
    "inflamed": ("the T-cell-inflamed profile of 18 genes", ""),
    "ssgsea": ("ssGSEA of the sets in --gmt", "gmt"),
    "gsva": ("GSVA of the sets in --gmt", "gmt"),
    "estimate": ("ESTIMATE's stromal and immune score, of the sets in --estimate-gmt", "estimate_gmt"),
    "cells": ("fractions of cell types by nu-SVR on --signature-matrix", "signature"),
    "tmb": ("nonsynonymous mutations in --maf", "maf"),
}


def score_cohort(files: CohortFiles, wanted: ScoresWanted, tick: Tick) -> TableWithProvenance:
    """A row for each study or patient of the clinical table that has expression; without one, for each patient.

    Scores that look at the whole cohort (ssGSEA, GSVA, ComBat) look at all samples, also at those without a study.
    """
    sets = {path: read_gmt(path) for path in (wanted.gmt, wanted.estimate_gmt) if path}
    signature = read_signature(wanted.signature) if wanted.signature else None
    known = {gene for of in sets.values() for genes in of.values() for gene in genes} | set(wanted.genes)
    cohort = read_cohort(files, known | set(signature.genes if signature else ()))
    expression = cohort.expression
    makers: dict[str, Callable[[], Scores]] = {
        "cyt": lambda: cytolytic_activity(expression),
        "mcp": lambda: mcp_counter(expression),
        "inflamed": lambda: t_cell_inflamed(expression),
        "tmb": lambda: _mutations(cohort, files, wanted),
    }
    if path := wanted.gmt:
        makers["ssgsea"] = lambda: ssgsea(expression, sets[path], path)
        makers["gsva"] = lambda: gsva(expression, sets[path], path)
    if of_estimate := wanted.estimate_gmt:
        makers["estimate"] = lambda: estimate(expression, sets[of_estimate], of_estimate)
    if signature:
        makers["cells"] = lambda: deconvolved(expression, signature, wanted.permutations, wanted.seed, tick)
    made = {name: makers[name]() for name in wanted.names}
    if wanted.genes:
        made["genes"] = single_genes(expression, wanted.genes)
    columns = {column: values for scores in made.values() for column, values in scores.columns.items()}
    of_study, of_clinical = _by_study(cohort, columns)
    clinical, renamed = named_apart(of_clinical, of_study)
    of_scores = (note for scores in made.values() for note in scores.notes)
    notes = [*expression.notes, *of_scores, *_constant(columns), *renamed]
    provenance = made_here(
        "score",
        [*files.paths, *wanted.paths],
        units=[str(unit) for unit in files.units],
        offsets=list(files.offsets),
        batch=files.batch,
        kept=list(files.kept),
        samples=len(expression.samples),
        genes=len(expression.genes),
        scores={name: dict(scores.made_of) for name, scores in made.items()},
        clinical=list(clinical),
        notes=notes,
    )
    return TableWithProvenance({**of_study, **clinical}, provenance)


def _mutations(cohort: MolecularCohort, files: CohortFiles, wanted: ScoresWanted) -> Scores:
    if wanted.maf is None:
        raise ValueError("tmb needs a MAF file")
    counts = nonsynonymous_mutations(wanted.maf)
    samples = tuple(counts.by_sample)
    # Its samples are other aliquots than those of the expression: the patient is what they share.
    whose = patients_of(samples, replace(files.names, table=None))
    of_patient: dict[str, int] = {}
    for n, patient in whose.patients.items():
        if of_patient.setdefault(patient, counts.by_sample[samples[n]]) != counts.by_sample[samples[n]]:
            raise unusable(wanted.maf, f"several tumours of patient {patient} have different numbers of mutations")
    if not of_patient.keys() & set(cohort.patients):
        first, others = some(list(of_patient)[:3]), some(cohort.patients[:3])
        raise BadInput("no-patient-in-common", path=wanted.maf, patients=first, others=others)
    values = np.array([of_patient.get(patient, np.nan) for patient in cohort.patients], dtype=float)
    unknown = [patient for patient in cohort.patients if patient not in of_patient]
    note = f"tmb: {len(unknown)} patients are not in the MAF file, and unknown: {some(unknown)}"
    return Scores({"tmb": values}, {"counted": "nonsynonymous"}, (*counts.notes, *((note,) if unknown else ())))


def _constant(columns: Mapping[str, NDArray[np.float64]]) -> list[str]:
    names = [
        name for name, values in columns.items() if np.isfinite(values).any() and np.nanmin(values) == np.nanmax(values)
    ]
    return [f"the same in all patients, and no label: {some(names)}"] if names else []


def _by_study(
    cohort: MolecularCohort, columns: Mapping[str, NDArray[np.float64]]
) -> tuple[dict[str, Sequence[Any]], dict[str, Sequence[Any]]]:
    """Whose each row is, with the scores; and of the same rows what the clinical table knows besides."""
    place = {patient: n for n, patient in enumerate(cohort.patients)}
    besides: dict[str, Sequence[Any]] = {}
    if cohort.clinical is None:
        rows, identity = list(place.values()), {PATIENT: list(cohort.patients)}
    else:
        there = [n for n, patient in enumerate(cohort.clinical.patients) if patient in place]
        rows = [place[cohort.clinical.patients[n]] for n in there]
        names = [name for name in (STUDY, PATIENT, SIDE) if name in cohort.clinical.frame.columns]
        identity = {name: [cohort.clinical.column(name)[n] for n in there] for name in names}
        besides = cohort.clinical.besides(there)
    samples = [cohort.expression.samples[row] for row in rows]
    scores = {name: values[rows].tolist() for name, values in columns.items()}
    return {**identity, SAMPLE: samples, **scores}, besides
