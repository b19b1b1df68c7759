"""labels: from an expression matrix and a clinical table to scores, classes and comparisons of patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilscope.service.cli.cohort_options import (
    BatchOption,
    ClinicalOption,
    KeepOption,
    MatricesArgument,
    OffsetOption,
    PrefixOption,
    RareOption,
    SamplesOption,
    SeveralOption,
    TissueOption,
    UnitOption,
    cohort_files,
)
from tilscope.service.terminal.exit_codes import JsonOption, cells, err, out, print_json
from tilscope.service.terminal.progress import counting

if TYPE_CHECKING:
    from tilscope.service.research.labels.table_with_provenance import TableWithProvenance

TableArgument = Annotated[
    Path, typer.Argument(help="What labels score has written, or any CSV or Parquet.", exists=True, dir_okay=False)
]
OutOption = Annotated[Path, typer.Option("--out", help="The table: FILE.parquet, or FILE.csv.", dir_okay=False)]
GmtOption = Annotated[Path | None, typer.Option(help="Gene sets, as symbols or Ensembl ids.", exists=True)]
SeedOption = Annotated[int, typer.Option(help="Equal seeds on equal tables give equal answers.", min=0)]
EverybodyOption = Annotated[
    bool, typer.Option("--everybody", help="Keep patients without a study: for survival, not for tilscope train.")
]
_SCORES = ("cyt", "mcp", "inflamed", "ssgsea", "gsva", "estimate", "cells", "tmb")


def add_to(app: typer.Typer) -> None:
    labels = typer.Typer(
        help="Molecular labels of patients, from their gene expression: scores, classes, comparisons.",
        no_args_is_help=True,
    )
    for name, command in (
        ("score", score_command), ("heterogeneity", heterogeneity_command), ("split", split_command),
        ("phenotypes", phenotypes_command), ("compare", compare_command), ("enrich", enrich_command),
    ):  # fmt: skip
        labels.command(name)(command)
    app.add_typer(labels, name="labels")


def score_command(
    matrices: MatricesArgument,
    unit: UnitOption,
    out_file: OutOption,
    scores: Annotated[
        str, typer.Option(help=f"Of {', '.join(_SCORES)}; with commas between them.")
    ] = "cyt,mcp,inflamed",
    gene: Annotated[
        list[str] | None, typer.Option(help="A gene whose log2 expression is a column too; several add up.")
    ] = None,
    clinical: ClinicalOption = None,
    gmt: GmtOption = None,
    estimate_gmt: Annotated[
        Path | None, typer.Option(help="ESTIMATE's two sets, as its authors publish them.", exists=True)
    ] = None,
    signature_matrix: Annotated[
        Path | None, typer.Option(help="For cells: genes by cell types, not logarithmic; as LM22.", exists=True)
    ] = None,
    maf: Annotated[Path | None, typer.Option(help="For tmb: the cohort's mutations.", exists=True)] = None,
    permutations: Annotated[int, typer.Option(help="For the P value of cells; Qian 2024: 1000.", min=0)] = 100,
    seed: SeedOption = 1,
    offset: OffsetOption = None,
    samples: SamplesOption = None,
    patient_prefix: PrefixOption = None,
    tissue: TissueOption = "01",
    several: SeveralOption = "refuse",
    batch: BatchOption = "",
    keep: KeepOption = None,
    drop_zero: RareOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score every patient of one or several expression matrices.

    cyt is the cytolytic activity of Wu 2018, mcp the ten cell populations of Fan 2023, ssgsea and gsva the gene sets of
    --gmt as Han 2024 and Su 2022 had them, cells the fractions of Qian 2024. Gene sets and signature matrices that have a
    licence of their own are your files.

    Genes that are missing, given twice or unusable are told, and kept in the table's provenance with the files' hashes.
    """
    from tilscope.service.research.labels.score_cohort import SCORES, ScoresWanted, score_cohort
    from tilscope.service.research.labels.table_with_provenance import check_suffix

    check_suffix(out_file)
    names = tuple(name.strip() for name in scores.split(",") if name.strip())
    given = {"gmt": gmt, "estimate_gmt": estimate_gmt, "signature": signature_matrix, "maf": maf}
    options = {"signature": "--signature-matrix", "estimate_gmt": "--estimate-gmt"}
    for name in names:
        if name not in SCORES:
            raise typer.BadParameter(f"{name} is none of {', '.join(SCORES)}", param_hint="--scores")
        if (file := SCORES[name][1]) and given[file] is None:
            raise typer.BadParameter(f"{name} needs {options.get(file, f'--{file}')}", param_hint="--scores")
    files = cohort_files(
        matrices, unit, offset, clinical, samples, patient_prefix, tissue, several, batch, keep, drop_zero
    )
    wanted = ScoresWanted(names, tuple(gene or ()), gmt, estimate_gmt, signature_matrix, maf, permutations, seed)
    with counting("fractions of cells", as_json) as tick:
        table = score_cohort(files, wanted, tick)
    _finish(table, out_file, as_json)


def heterogeneity_command(
    tumour: TableArgument,
    stroma: Annotated[Path, typer.Argument(help="The same of the stroma.", exists=True, dir_okay=False)],
    out_file: OutOption,
    as_json: JsonOption = False,
) -> None:
    """Fan's tumour-stroma heterogeneity of each cell population, (tumour - stroma) / stroma, from two tables of scores.

    Both are made by labels score with mcp, of the same patients; from TCGA's with --tissue 01 and --tissue 11.
    """
    from tilscope.service.research.labels.class_labels import compare_compartments
    from tilscope.service.research.labels.table_with_provenance import check_suffix, read

    check_suffix(out_file)
    _finish(compare_compartments(read(tumour), read(stroma), (tumour, stroma)), out_file, as_json)


def split_command(
    table: TableArgument,
    column: Annotated[str, typer.Option(help="The score that is divided.")],
    out_file: OutOption,
    at: Annotated[list[float] | None, typer.Option(help="A value between two classes; several add up.")] = None,
    quantile: Annotated[
        list[float] | None, typer.Option(help="The cohort's, from 0 to 1; several add up. Without it, the median.")
    ] = None,
    names: Annotated[str, typer.Option(help="Of the classes from the lowest up, with commas between.")] = "0,1",
    without_middle: Annotated[
        bool, typer.Option("--without-middle", help="Leave out all but the lowest and the highest class.")
    ] = False,
    everybody: EverybodyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Divide patients into classes by one score: at the cohort's median, at quantiles, or at given values.

    The column label is written beside the scores. A value on a border belongs to the lower class. --names cold,hot makes
    labels for tilscope train han2024, --names poor,good for fan2023.
    """
    from tilscope.service.research.labels.class_labels import split_scores
    from tilscope.service.research.labels.table_with_provenance import check_suffix, read

    if at and quantile:
        raise typer.BadParameter("give --at or --quantile", param_hint="--at")
    if any(not 0 < one < 1 for one in quantile or ()):
        raise typer.BadParameter("must lie between 0 and 1", param_hint="--quantile")
    check_suffix(out_file)
    made = split_scores(
        read(table), table, column, at or (), quantile or [0.5], names.split(","), without_middle, everybody
    )
    _finish(made, out_file, as_json)


def phenotypes_command(
    table: TableArgument,
    out_file: OutOption,
    columns: Annotated[
        str, typer.Option(help="The cells' scores: names or patterns, with commas between.")
    ] = "ssgsea_*",
    names: Annotated[str, typer.Option(help="Of the groups from the coldest up; as many as groups.")] = "cold,hot",
    seed: SeedOption = 1,
    everybody: EverybodyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Group patients by k-means on the scores of many cells, as Han 2024 found hot and cold tumours.

    Each patient's scores are scaled first, so that the pattern counts and not the level; the group with the higher mean of
    all scores is the last name. The silhouette of 2 to 6 groups is told: two should have the highest.
    """
    from tilscope.service.research.labels.class_labels import label_phenotypes
    from tilscope.service.research.labels.table_with_provenance import check_suffix, read

    check_suffix(out_file)
    groups = names.split(",")
    if len(groups) < 2:
        raise typer.BadParameter("two names or more are needed", param_hint="--names")
    made = label_phenotypes(read(table), table, columns.split(","), groups, seed, everybody)
    _finish(made, out_file, as_json)


def compare_command(
    matrices: MatricesArgument,
    unit: UnitOption,
    clinical: Annotated[
        Path, typer.Option(help="A table with patient_id and the classes; as labels split has written.", exists=True)
    ],
    out_file: OutOption,
    column: Annotated[str, typer.Option(help="Of the clinical table: the classes.")] = "label",
    high: Annotated[str, typer.Option(help="The class whose genes are called higher.")] = "1",
    low: Annotated[str, typer.Option(help="The class that it is compared with.")] = "0",
    adjust: Annotated[
        list[str] | None, typer.Option(help="A clinical column that is not to explain it; several add up.")
    ] = None,
    offset: OffsetOption = None,
    samples: SamplesOption = None,
    patient_prefix: PrefixOption = None,
    tissue: TissueOption = "01",
    several: SeveralOption = "refuse",
    batch: BatchOption = "",
    keep: KeepOption = None,
    drop_zero: RareOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the expression of every gene between two classes of patients, by the moderated t statistic.

    As limma does it, which Su 2022 used: variances are drawn towards those of all genes. fdr is Benjamini and Hochberg's.
    """
    from tilscope.service.research.labels.differential_expression import compare_classes
    from tilscope.service.research.labels.table_with_provenance import check_suffix

    check_suffix(out_file)
    files = cohort_files(
        matrices, unit, offset, clinical, samples, patient_prefix, tissue, several, batch, keep, drop_zero
    )
    _finish(compare_classes(files, column, high, low, adjust or ()), out_file, as_json)


def enrich_command(
    ranking: Annotated[Path, typer.Argument(help="What labels compare has written.", exists=True, dir_okay=False)],
    gmt: Annotated[Path, typer.Option(help="Gene sets, as symbols or Ensembl ids.", exists=True)],
    out_file: OutOption,
    by: Annotated[str, typer.Option(help="The column that ranks the genes.")] = "t",
    permutations: Annotated[int, typer.Option(help="No P value is below one in so many.", min=10)] = 1000,
    least: Annotated[int, typer.Option(help="Genes of a set that are in the ranking.", min=1)] = 15,
    most: Annotated[int, typer.Option(help="As least.", min=1)] = 500,
    seed: SeedOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Tell which gene sets lie at an end of a ranking of genes (pre-ranked GSEA, by gseapy)."""
    from tilscope.service.research.labels.differential_expression import enriched_sets
    from tilscope.service.research.labels.table_with_provenance import check_suffix, read

    check_suffix(out_file)
    _finish(enriched_sets(read(ranking), ranking, gmt, by, permutations, seed, (least, most)), out_file, as_json)


def _finish(table: TableWithProvenance, path: Path, as_json: bool) -> None:
    from tilscope.service.research.labels.table_with_provenance import write

    write(table, path)
    notes = list(table.provenance.get("notes", ()))
    told = {name: table.provenance[name] for name in _TOLD if name in table.provenance}
    if as_json:
        print_json({"file": str(path), "rows": len(table), "columns": list(table.columns), "notes": notes, **told})
        return
    for note in notes:
        err.print(*cells(note), soft_wrap=True)
    for name, value in told.items():
        out.print(*cells(f"{name.replace('_', ' ')}: {_in_words(value)}"), soft_wrap=True)
    out.print(*cells(f"{path}: {len(table)} rows, {len(table.columns)} columns."), soft_wrap=True)


#: Of a provenance, what whoever made the table wants to see at once.
_TOLD = ("borders", "classes", "silhouette", "silhouette_by_count", "patients")


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_words(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_in_words(one) for one in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
