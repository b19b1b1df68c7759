"""An expression matrix of a cohort: read, told what it is, and refused in words where it is something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.labels.cohort_tables import read_frame, some, unusable
from tilscope.service.research.labels.gene_names import gene_name, looks_like_a_gene, other_names, turned_into_dates

#: Above it nothing is a logarithm of expression; below it a transcriptome in TPM or FPKM cannot be, a few genes can.
_MOST_LOG2 = 40.0
_MANY_GENES = 1000
#: FPKM become TPM by their sum over the transcriptome; of fewer genes the sum means nothing.
_TRANSCRIPTOME = 5000
_MOST_MISSING = 0.5


class ExpressionUnit(StrEnum):
    """What the numbers of a file are."""

    TPM = "tpm"
    FPKM = "fpkm"
    LOG2 = "log2"


@dataclass(frozen=True, eq=False)
class Expression:
    """Genes by samples, each gene once."""

    genes: tuple[str, ...]
    samples: tuple[str, ...]
    log2: NDArray[np.float64]
    """[gene, sample]: log2(expression + offset)."""
    offsets: NDArray[np.float64]
    """[sample]: what was added before the logarithm was taken."""
    notes: tuple[str, ...] = ()
    """What a person should know of how it was read, in sentences."""

    @property
    def linear(self) -> NDArray[np.float64]:
        """[gene, sample], in TPM or in the unit of the array; never below zero."""
        values: NDArray[np.float64] = np.maximum(np.exp2(self.log2) - self.offsets, 0)
        return values

    def rows(self, genes: Sequence[str]) -> list[int]:
        """Where those of these genes are that the matrix has."""
        place = {gene: row for row, gene in enumerate(self.genes)}
        return [place[gene] for gene in genes if gene in place]

    def of_samples(self, which: Sequence[int]) -> Expression:
        at = list(which)
        return replace(
            self, samples=tuple(self.samples[n] for n in at), log2=self.log2[:, at], offsets=self.offsets[at]
        )

    def of_genes(self, which: Sequence[int]) -> Expression:
        return replace(self, genes=tuple(self.genes[n] for n in which), log2=self.log2[list(which)])

    def noting(self, *notes: str) -> Expression:
        return replace(self, notes=(*self.notes, *(note for note in notes if note)))


def read_expression(path: Path, unit: ExpressionUnit, offset: float = 1.0, known: Collection[str] = ()) -> Expression:
    """Read a matrix, genes by samples or samples by genes.

    Parameters
    ----------
    path
        CSV, TSV or Parquet; the first column and the first line are names.
    offset
        What was added before the logarithm was taken, of a log2 file.
    known
        Genes that tell the genes' side from the samples'.
    """
    frame = _genes_by_samples(path, read_frame(path, numbers=True), known)
    values = _numbers(path, frame)
    notes = []
    if dates := turned_into_dates([str(name) for name in frame.index]):
        notes.append(f"{len(dates)} genes have become dates in a spreadsheet: {some(dates)}")
    complete = _complete(path, values)
    if not complete.all():
        left_out = frame.index[~complete]
        notes.append(f"{len(left_out)} genes lack a value in some sample and are left out: {some(left_out)}")
    values = _in_one_scale(path, values[complete], unit, offset)
    genes, rows, duplicates = _each_gene_once([str(name) for name in frame.index[complete]], values)
    if duplicates:
        several = f"{len(duplicates)} genes have several rows, of which that with the highest mean is taken"
        notes.append(f"{several}: {some(duplicates)}")
    samples = tuple(str(name).strip() for name in frame.columns)
    if twice := [name for name, count in Counter(samples).items() if count > 1]:
        raise unusable(path, f"several samples have the same name: {some(twice)}")
    _require_varied(path, samples, values)
    if alike := _columns_alike(samples, values):
        notes.append(f"samples with the very same numbers: {some(alike)}")
    offsets = np.full(len(samples), offset if unit is ExpressionUnit.LOG2 else 1.0)
    return Expression(tuple(genes), samples, values[rows], offsets, tuple(notes))


def _genes_by_samples(path: Path, frame: Any, known: Collection[str]) -> Any:
    """Turned where the genes are the columns."""
    down, across = ([str(name) for name in names] for names in (frame.index, frame.columns))
    in_rows, in_columns = (sum(looks_like_a_gene(name, known) for name in names) for names in (down, across))
    if in_rows == in_columns == 0:
        what = other_names(down if len(down) >= len(across) else across)
        ids = (
            f"they are {what}"
            if what
            else "they begin with " + some((down if len(down) >= len(across) else across)[:3])
        )
        raise unusable(path, f"neither its rows nor its columns are genes that are known here; {ids}")
    return frame if in_rows >= in_columns else frame.T


def _numbers(path: Path, frame: Any) -> NDArray[np.float64]:
    """[gene, sample]; NaN where a cell is empty."""
    import pandas as pd

    for name in frame.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]]:
        as_numbers = pd.to_numeric(frame[name], errors="coerce")
        wrong = (frame[name].notna() & as_numbers.isna()).to_numpy()
        if wrong.any():
            raise unusable(path, f"{frame[name][wrong].iloc[0]!r} of {frame.index[wrong][0]} in {name} is no number")
    values: NDArray[np.float64] = frame.apply(pd.to_numeric).to_numpy(dtype=float)
    if np.isinf(values).any():
        raise unusable(path, "it holds infinite numbers: the logarithm of zero, most likely")
    return values


def _complete(path: Path, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which genes have a value in every sample."""
    complete: NDArray[np.bool_] = np.asarray(~np.isnan(values).any(axis=1))
    if (~complete).mean() > _MOST_MISSING:
        raise unusable(path, f"{(~complete).sum()} of its {len(values)} genes lack a value in some sample")
    return complete


def _in_one_scale(path: Path, values: NDArray[np.float64], unit: ExpressionUnit, offset: float) -> NDArray[np.float64]:
    """log2(TPM + 1), or the logarithms of the file."""
    highest, lowest = float(values.max(initial=0)), float(values.min(initial=0))
    if unit is ExpressionUnit.LOG2:
        if highest > _MOST_LOG2:
            raise unusable(path, f"its greatest value is {highest:g}: these are no logarithms; say --unit tpm or fpkm")
        if offset > 0 and lowest < np.log2(offset) - 1e-6:
            problem = f"its least value is {lowest:g}, below log2({offset:g}): say with --offset what was added first, 0 for nothing"
            raise unusable(path, problem)
        return values
    name = unit.value.upper()
    if lowest < 0:
        count = int((values < 0).sum())
        raise unusable(
            path, f"{count} values are negative, the least {lowest:g}: no {name} is; logarithms are --unit log2"
        )
    if highest < _MOST_LOG2 and len(values) >= _MANY_GENES:
        raise unusable(
            path, f"its greatest value is {highest:g}: these are logarithms and no {name}, most likely; say --unit log2"
        )
    if unit is ExpressionUnit.FPKM:
        if len(values) < _TRANSCRIPTOME:
            raise unusable(
                path, f"FPKM become TPM by their sum over all genes; it holds only {len(values)}. Give TPM or log2"
            )
        values = values / np.maximum(values.sum(axis=0), np.finfo(float).tiny) * 1e6
    logs: NDArray[np.float64] = np.log2(values + 1)
    return logs


def _each_gene_once(written: Sequence[str], values: NDArray[np.float64]) -> tuple[list[str], list[int], list[str]]:
    """Names, the row of each, and the names that several rows have."""
    names = [gene_name(one) for one in written]
    means = values.mean(axis=1)
    best: dict[str, int] = {}
    for row, name in enumerate(names):
        if name not in best or means[row] > means[best[name]]:
            best[name] = row
    return list(best), list(best.values()), [name for name, count in Counter(names).items() if count > 1]


def _require_varied(path: Path, samples: Sequence[str], values: NDArray[np.float64]) -> None:
    constant = [sample for sample, column in zip(samples, values.T, strict=True) if np.ptp(column) == 0]
    if constant:
        raise unusable(path, f"every gene has the same value in the samples {some(constant)}")
    if len(samples) > 2 and not np.ptp(values, axis=1).any():
        raise unusable(path, "every gene has the same value in all samples")


def _columns_alike(samples: Sequence[str], values: NDArray[np.float64]) -> list[str]:
    first: dict[bytes, str] = {}
    pairs = []
    for sample, column in zip(samples, values.T, strict=True):
        before = first.setdefault(column.tobytes(), sample)
        if before != sample:
            pairs.append(f"{before} and {sample}")
    return pairs


def together(matrices: Sequence[Expression]) -> Expression:
    """Several cohorts side by side, by the genes that all have."""
    if len(matrices) == 1:
        return matrices[0]
    in_all = set.intersection(*(set(one.genes) for one in matrices))
    common = [gene for gene in matrices[0].genes if gene in in_all]
    counts = " and ".join(str(len(one.genes)) for one in matrices)
    return Expression(
        tuple(common),
        tuple(sample for one in matrices for sample in one.samples),
        np.hstack([one.log2[one.rows(common)] for one in matrices]),
        np.concatenate([one.offsets for one in matrices]),
        (*(note for one in matrices for note in one.notes), f"{len(common)} genes are in all matrices, of {counts}"),
    )
