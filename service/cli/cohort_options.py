"""The options that say what an expression matrix is and whose samples it holds, of every command that reads one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilscope.service.cli.number_options import finite

if TYPE_CHECKING:
    from tilscope.service.research.labels.cohort import CohortFiles

MatricesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="EXPRESSION...",
        help="Matrices, genes by samples or samples by genes: .csv, .tsv, .txt, also .gz, or .parquet.",
        exists=True,
        dir_okay=False,
    ),
]
UnitOption = Annotated[
    list[str], typer.Option("--unit", help="tpm, fpkm or log2; of several matrices once, or once each.")
]
OffsetOption = Annotated[
    list[float] | None,
    typer.Option(help="What was added before the logarithm of a log2 matrix: usually 1, of an array 0.", min=0),
]
ClinicalOption = Annotated[
    Path | None,
    typer.Option(help="A table with patient_id, for training study_uid, and what else is known.", exists=True),
]
SamplesOption = Annotated[
    Path | None,
    typer.Option(help="A table with sample and patient_id. TCGA's barcodes need none.", exists=True, dir_okay=False),
]
PrefixOption = Annotated[
    int | None, typer.Option("--patient-prefix", help="So many first letters of a sample are the patient.", min=1)
]
TissueOption = Annotated[
    str, typer.Option(help="Of TCGA's barcodes: 01 primary tumour, 06 metastasis, 11 normal tissue beside it.")
]
SeveralOption = Annotated[
    str, typer.Option(help="Of a patient with several samples take the first, or their mean; or refuse.")
]
BatchOption = Annotated[
    str, typer.Option(help="Bring batches together by ComBat: a clinical column, or matrix: each matrix is one.")
]
KeepOption = Annotated[
    list[str] | None, typer.Option("--keep", help="A clinical column that ComBat must not take out; several add up.")
]
RareOption = Annotated[
    float | None,
    typer.Option("--drop-zero", help="Leave out genes that are zero in this share of the samples; Fan 2023: 0.8.", min=0.01, max=1, callback=finite),
]  # fmt: skip


def cohort_files(
    matrices: Sequence[Path], units: Sequence[str], offsets: Sequence[float] | None, clinical: Path | None,
    samples: Path | None, prefix: int | None, tissue: str, several: str, batch: str, keep: Sequence[str] | None,
    rare: float | None,
) -> CohortFiles:  # fmt: skip
    """What these options say, together."""
    from tilscope.service.research.labels.cohort import BY_MATRIX, CohortFiles, SeveralSamples
    from tilscope.service.research.labels.expression_matrix import ExpressionUnit
    from tilscope.service.research.labels.sample_patients import SampleNames

    for unit in units:
        _require_known(unit, list(ExpressionUnit), "--unit")
    _require_known(several, list(SeveralSamples), "--several")
    if keep and not batch:
        raise typer.BadParameter("it says what ComBat keeps, and needs --batch", param_hint="--keep")
    if batch == BY_MATRIX and len(matrices) < 2:
        raise typer.BadParameter("with matrix, two matrices or more are needed", param_hint="--batch")
    if clinical is None and (keep or batch not in ("", BY_MATRIX)):
        raise typer.BadParameter("a column is one of --clinical", param_hint="--keep" if keep else "--batch")
    return CohortFiles(
        tuple(matrices), tuple(ExpressionUnit(unit) for unit in units), tuple(offsets or (1.0,)), clinical,
        SampleNames(samples, prefix, tissue), SeveralSamples(several), batch, tuple(keep or ()), rare,
    )  # fmt: skip


def _require_known(word: str, known: Sequence[str], option: str) -> None:
    if word not in known:
        raise typer.BadParameter(f"{word} is none of {', '.join(known)}", param_hint=option)
