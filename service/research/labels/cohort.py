"""The cohort that labels are made of: its matrices read, its samples given to patients, its batches brought together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from tilscope.models.refusals import BadInput
from tilscope.service.research.labels.clinical_table import ClinicalTable, indicators, read_clinical, require_common
from tilscope.service.research.labels.cohort_tables import some, unusable
from tilscope.service.research.labels.combat import ConfoundedBatches, combat
from tilscope.service.research.labels.expression_matrix import Expression, ExpressionUnit, read_expression, together
from tilscope.service.research.labels.published_genes import PUBLISHED_GENES
from tilscope.service.research.labels.sample_patients import SampleNames, patients_of

#: In the place of a clinical column: each matrix is a batch.
BY_MATRIX = "matrix"
_LEAST_OF_BATCH = 2


class SeveralSamples(StrEnum):
    """What becomes of a patient with several samples."""

    REFUSE = "refuse"
    FIRST = "first"
    MEAN = "mean"


@dataclass(frozen=True)
class CohortFiles:
    """What a person has given."""

    matrices: tuple[Path, ...]
    units: tuple[ExpressionUnit, ...]
    """One for all matrices, or one each."""
    offsets: tuple[float, ...] = (1.0,)
    """Of matrices in log2; one for all, or one each."""
    clinical: Path | None = None
    names: SampleNames = field(default_factory=SampleNames)
    several: SeveralSamples = SeveralSamples.REFUSE
    batch: str = ""
    """A column of the clinical table, or `BY_MATRIX`; '' for no ComBat."""
    kept: tuple[str, ...] = ()
    """Clinical columns that ComBat must not take out."""
    rare: float | None = None
    """Genes are left out that are zero in this share of the samples or more."""

    @property
    def paths(self) -> list[Path]:
        return [*self.matrices, *(path for path in (self.clinical, self.names.table) if path)]


@dataclass(frozen=True, eq=False)
class MolecularCohort:
    """One sample a patient."""

    expression: Expression
    patients: tuple[str, ...]
    """Of each sample."""
    clinical: ClinicalTable | None

    def values_of(self, column: str) -> list[str]:
        """Of each sample, from the clinical table; '' where nothing is known."""
        if self.clinical is None:
            raise BadInput("no-classes", table="The cohort", problem=f"--clinical must name the table with {column}")
        return self.clinical.of_patients(self.patients, column)


def read_cohort(files: CohortFiles, known: Collection[str] = ()) -> MolecularCohort:
    """`BadInput` in words where the files are not what they should be, or do not belong together."""
    matrices = [
        read_expression(path, unit, offset, PUBLISHED_GENES | set(known))
        for path, unit, offset in zip(
            files.matrices, _each(files.units, files), _each(files.offsets, files), strict=True
        )
    ]
    expression = together(matrices)
    _require_distinct(files, expression)
    matrix_of = [path.name for path, one in zip(files.matrices, matrices, strict=True) for _ in one.samples]
    whose = patients_of(expression.samples, files.names)
    if not whose.patients:
        raise unusable(
            files.matrices[0], f"none of its samples is of the tissue {files.names.tissue}: {some(expression.samples)}"
        )
    kept = list(whose.patients)
    expression = expression.of_samples(kept).noting(*whose.notes)
    patients = [whose.patients[n] for n in kept]
    clinical = read_clinical(files.clinical) if files.clinical else None
    if clinical is not None:
        expression = expression.noting(*require_common(clinical, patients))
    expression, patients, first = _one_each(files, expression, patients)
    if files.rare is not None:
        expression = without_rare(expression, files.rare)
    cohort = MolecularCohort(expression, tuple(patients), clinical)
    if files.batch:
        batches = [matrix_of[kept[n]] for n in first] if files.batch == BY_MATRIX else cohort.values_of(files.batch)
        cohort = replace(cohort, expression=_harmonised(cohort, batches, files.kept))
    return cohort


def without_rare(expression: Expression, share: float) -> Expression:
    """Without the genes that are zero in this share of the samples or more, as Fan 2023 left out those of 80 %."""
    rare = (expression.linear == 0).mean(axis=1) >= share
    left = expression.of_genes(np.flatnonzero(~rare).tolist())
    return left.noting(f"{rare.sum()} genes are zero in {share:.0%} of the samples or more and are left out")


def _each(given: Sequence[Any], files: CohortFiles) -> Sequence[Any]:
    if len(given) not in (1, len(files.matrices)):
        raise unusable(
            files.matrices[-1], f"{len(files.matrices)} matrices need one unit for all or one each, not {len(given)}"
        )
    return given if len(given) == len(files.matrices) else list(given) * len(files.matrices)


def _require_distinct(files: CohortFiles, expression: Expression) -> None:
    if twice := [name for name, count in Counter(expression.samples).items() if count > 1]:
        raise unusable(files.matrices[-1], f"its samples {some(twice)} are in another matrix too")
    if not expression.genes:
        raise unusable(files.matrices[-1], "it has no gene in common with the other matrices")


def _one_each(
    files: CohortFiles, expression: Expression, patients: Sequence[str]
) -> tuple[Expression, list[str], list[int]]:
    """One sample a patient, and which: the first, or the mean of all in its place."""
    of: dict[str, list[int]] = {}
    for n, patient in enumerate(patients):
        of.setdefault(patient, []).append(n)
    several = [patient for patient, samples in of.items() if len(samples) > 1]
    if several and files.several is SeveralSamples.REFUSE:
        problem = (
            f"{len(several)} patients have several samples: {some(several)}. Say which with --several first or mean"
        )
        raise unusable(files.matrices[0], problem)
    first = [samples[0] for samples in of.values()]
    one_each = expression.of_samples(first)
    if several and files.several is SeveralSamples.MEAN:
        means = np.stack([expression.log2[:, samples].mean(axis=1) for samples in of.values()], axis=1)
        one_each = replace(one_each, log2=means)
    if several:
        one_each = one_each.noting(
            f"{len(several)} patients have several samples ({files.several} is taken): {some(several)}"
        )
    return one_each, list(of), first


def _harmonised(cohort: MolecularCohort, batches: Sequence[str], kept: Sequence[str]) -> Expression:
    sizes = Counter(batches)
    if sizes.pop("", 0):
        raise BadInput("no-classes", table="The cohort", problem="patients without a batch cannot be brought together")
    if len(sizes) < 2 or min(sizes.values()) < _LEAST_OF_BATCH:
        counts = ", ".join(f"{name}: {count}" for name, count in sizes.items())
        problem = f"ComBat needs two batches of at least {_LEAST_OF_BATCH} samples ({counts})"
        raise BadInput("no-classes", table="The cohort", problem=problem)
    columns = [cohort.values_of(name) for name in kept]
    if gaps := [name for name, values in zip(kept, columns, strict=True) if "" in values]:
        raise BadInput("no-classes", table="The cohort", problem=f"{some(gaps)} is not known of every patient")
    covariates = np.hstack([indicators(values) for values in columns]) if columns else None
    try:
        log2 = combat(cohort.expression.log2, batches, covariates)
    except ConfoundedBatches:
        problem = f"what is to be kept ({', '.join(kept)}) cannot be told from the batches"
        raise BadInput("no-classes", table="The cohort", problem=problem) from None
    counts = ", ".join(f"{name} {count}" for name, count in sorted(sizes.items()))
    return replace(cohort.expression, log2=log2).noting(f"ComBat has brought together {counts}")
