"""train: a site's own model of a signature, as the signature's paper made its own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilscope.service.cli.calibrate_command import signature_named
from tilscope.service.cli.number_options import finite
from tilscope.service.cli.site_settings import SegmenterOption, SettingsOption, site_settings
from tilscope.service.terminal.exit_codes import JsonOption, err, out, print_json
from tilscope.service.terminal.progress import with_time_left

if TYPE_CHECKING:
    from tilscope.service.research.training.training_table import TrainingTable
    from tilscope.service.site.model_manifest import AnyManifest


class Penalty(StrEnum):
    """Of a LASSO or elastic net, by its cross-validation."""

    LEAST = "least"
    WITHIN = "within-an-error"


def add_to(app: typer.Typer) -> None:
    app.command("train")(train_command)


def train_command(
    signature: Annotated[str, typer.Argument(help="As in wu2018 or han2024.")],
    features: Annotated[
        Path, typer.Option(help="What tilscope features has written, .parquet or .csv.", exists=True, dir_okay=False)
    ],
    labels: Annotated[
        Path,
        typer.Option(
            help="A table, .csv or .parquet, with study_uid or patient_id, a label and, if wanted, laterality.",
            exists=True,
            dir_okay=False,
        ),
    ],
    out_folder: Annotated[Path, typer.Option("--out", help="The model's folder, for tilscope models install.")],
    label_column: Annotated[str, typer.Option(help="The column of the label.")] = "label",
    first_class_from: Annotated[
        float | None,
        typer.Option(
            "--from",
            help="Labels are numbers: from this one on the first class, as 20 (percent) for su2022.",
            callback=finite,
        ),
    ] = None,
    repeatable: Annotated[
        Path | None,
        typer.Option(
            help="Features that may be taken: one name a line, or a table with feature and usable.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="How the model is called on every report that uses it.")] = "",
    version: Annotated[str, typer.Option(help="Of the model.")] = "1",
    about: Annotated[str, typer.Option(help="For the card: whose studies, and whose word the labels are.")] = "",
    takes: Annotated[
        int, typer.Option(help="Features that a forest takes, by their weight; 0 as the paper had it.", min=0, max=100)
    ] = 0,
    trees: Annotated[int, typer.Option(help="Trees of a forest.", min=10, max=2000)] = 200,
    repeats: Annotated[int, typer.Option(help="Of Wu's LASSO in ten folds.", min=1, max=10_000)] = 100,
    penalty: Annotated[
        Penalty | None, typer.Option(help="Of a LASSO or elastic net; of su2022 usually the stronger one.")
    ] = None,
    population: Annotated[int, typer.Option(help="Of Fan's genetic algorithm.", min=4, max=10_000)] = 100,
    generations: Annotated[int, typer.Option(help="Of Fan's genetic algorithm.", min=1, max=10_000)] = 100,
    seed: Annotated[int, typer.Option(help="Equal seeds on equal tables give equal models.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    scheduler: Annotated[
        str, typer.Option(help="The address of a Dask scheduler whose workers train instead, as tcp://host:8786.")
    ] = "",
    settings_file: SettingsOption = None,
    segmenter: SegmenterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a model of SIGNATURE as its paper did, on studies whose label is known, and test it on studies it has not seen.

    A label is 1 or 0, or the class in the signature's own words (good or poor, hot or cold, high or low); of wu2018 the
    percentage of stromal TILs. Fewer than 30 studies or patients, or too few of a class, are refused. Beside the model lie
    its predictions of the studies left out, held-out.csv. What is finished is kept in OUT.parts: an interrupted run goes on.
    Install the model with tilscope models install.
    """
    # scikit-learn is slow to import.
    from tilscope.service.research.training.input_tables import read_table
    from tilscope.service.research.training.label_table import LabelChoice
    from tilscope.service.research.training.recipes import Naming, TrainingPlans, train_and_write
    from tilscope.service.research.training.units import Workplace

    meant = signature_named(signature)
    settings = site_settings(settings_file, None, segmenter)
    table = read_table(features, labels, meant, settings, LabelChoice(label_column, first_class_from), repeatable)
    plans = TrainingPlans()
    evolution = replace(plans.fan.evolution, population=population, generations=generations)
    plans = TrainingPlans(
        replace(plans.linear, seed=seed, repeats=repeats, rule=None if penalty is None else penalty.value),
        replace(plans.forest, seed=seed, takes=takes, trees=trees),
        replace(plans.fan, seed=seed, trees=trees, evolution=evolution),
    )
    parts = out_folder.with_name(f"{out_folder.name}.parts")
    with with_time_left("training", quiet=as_json) as tick:
        place = Workplace(workers, scheduler, parts, tick)
        naming = Naming(name or f"{signature}-own", version, about)
        manifest = train_and_write(out_folder, meant, settings, table, plans, place, naming)
    shutil.rmtree(parts, ignore_errors=True)
    _print(out_folder, table, manifest, as_json)


def _print(folder: Path, table: TrainingTable, manifest: AnyManifest, as_json: bool) -> None:
    tested = manifest.tested
    if as_json:
        print_json(_summary(folder, table, manifest))
        return
    out.print(manifest.card, markup=False)
    out.print(f"Written to {folder}; tilscope models install {folder} installs it.", markup=False)
    if tested is not None and tested.may_be_chance:
        err.print(f"It may do no better than chance: {tested}. It is installed with --yes only.", markup=False)


def _summary(folder: Path, table: TrainingTable, manifest: AnyManifest) -> dict[str, Any]:
    tested = manifest.tested
    return {
        "folder": str(folder),
        "studies": len(table.labels),
        "patients": table.patients_counted,
        "left_out": dict(table.left_out),
        "tested": None if tested is None else {**tested.model_dump(), "may_be_chance": tested.may_be_chance},
        "manifest": manifest.model_dump(exclude={"card"}),
    }
