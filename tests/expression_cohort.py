"""A cohort's gene expression with a planted truth: half of the tumours are inflamed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tilscope.service.research.labels.published_genes import (
    CYTOLYTIC_GENES,
    MCP_COUNTER_MARKERS,
    PUBLISHED_GENES,
    SYMBOL_OF_ENSEMBL,
)

#: What an inflamed tumour has more of.
INFLAMED = sorted({*CYTOLYTIC_GENES, *MCP_COUNTER_MARKERS["t_cells"], *MCP_COUNTER_MARKERS["cytotoxic_lymphocytes"]})
BACKGROUND = [f"BG{n}" for n in range(1, 61)]
GENES = [*sorted(PUBLISHED_GENES), *BACKGROUND]
TIMES_MORE = 8.0
ENSEMBL_OF_SYMBOL = {symbol: number for number, symbol in SYMBOL_OF_ENSEMBL.items() if number != "ENSG00000161570"}


@dataclass(frozen=True)
class ExpressionCohort:
    """TPM, genes by patients, and who is inflamed."""

    tpm: pd.DataFrame
    hot: np.ndarray

    def write(self, path: Path, frame: pd.DataFrame | None = None) -> Path:
        table = self.tpm if frame is None else frame
        if path.suffix == ".parquet":
            table.to_parquet(path)
        else:
            table.to_csv(path, sep="," if ".csv" in path.name else "\t", index_label="gene")
        return path

    def clinical(self, path: Path, **columns: Sequence[object]) -> Path:
        names = list(self.tpm.columns)
        table = pd.DataFrame({"patient_id": names, "study_uid": [f"1.2.{n}" for n in range(len(names))], **columns})
        table.to_csv(path, index=False)
        return path


def expression_cohort(count: int = 24, seed: int = 1) -> ExpressionCohort:
    rng = np.random.default_rng(seed)
    hot = np.arange(count) % 2 == 0
    # What inflames is rare where it does not, so that cold tumours have a pattern too.
    level = np.array([[10.0 if gene in INFLAMED else rng.uniform(20, 60)] for gene in GENES])
    tpm = pd.DataFrame(
        level * rng.lognormal(0, 0.3, size=(len(GENES), count)),
        index=GENES,
        columns=[f"P{n:02d}" for n in range(count)],
    )
    tpm.loc[INFLAMED, hot] *= TIMES_MORE
    return ExpressionCohort(tpm, hot)
