"""predict-tsh: Fan's groups of patients whose stroma was not measured, from their tumours' cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilscope.service.cli.number_options import finite
from tilscope.service.terminal.exit_codes import JsonOption, out, print_json

if TYPE_CHECKING:
    from tilscope.service.research.training.tsh_predictor import TshPrediction


def add_to(app: typer.Typer) -> None:
    app.command("predict-tsh")(predict_tsh_command)


def predict_tsh_command(
    tumour: Annotated[
        Path,
        typer.Argument(
            help="Cells of the tumours whose group is known: patient_id and mcp_...", exists=True, dir_okay=False
        ),
    ],
    labels: Annotated[Path, typer.Option(help="Their groups, by patient_id.", exists=True, dir_okay=False)],
    wanted: Annotated[
        Path, typer.Option("--of", help="Cells of the tumours whose group is wanted.", exists=True, dir_okay=False)
    ],
    out_file: Annotated[Path, typer.Option("--out", help="The labels, a CSV.", dir_okay=False)],
    label_column: Annotated[str, typer.Option(help="The column of the group, or of the ratio.")] = "label",
    first_class_from: Annotated[
        float | None, typer.Option("--from", help="Labels are ratios: good from this one on.", callback=finite)
    ] = None,
    trees: Annotated[int, typer.Option(help="Trees of the forest.", min=10, max=2000)] = 200,
    seed: Annotated[int, typer.Option(help="Equal seeds on equal tables give equal labels.", min=0)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Tell Fan's survival group from the tumour's cells alone, and write it as labels for tilscope train fan2023.

    A forest on the one or two populations that do best in ten folds; good from a probability of 0.5 on, as in the paper. How
    well it tells is that of patients for whom neither populations nor forest were chosen.
    """
    from dataclasses import replace

    from tilscope.service.research.training.label_table import LabelChoice
    from tilscope.service.research.training.table_files import unusable
    from tilscope.service.research.training.train_fan import FanPlan
    from tilscope.service.research.training.tsh_predictor import predict_tsh, read_abundances, read_known

    known = read_known(tumour, labels, LabelChoice(label_column, first_class_from))
    names, rows = read_abundances(wanted)
    if lacking := [name for name in known.features if name not in names]:
        raise unusable(wanted, f"it has no column {', '.join(lacking)}")
    places = [names.index(name) for name in known.features]
    usual = FanPlan(seed=seed)
    plan = replace(usual, trees=trees, search_trees=min(trees, usual.search_trees))
    told = predict_tsh(known, {one: row[places] for one, row in rows.items()}, plan)
    _write(out_file, told)
    facts = {"file": str(out_file), "populations": told.populations, "tested": told.tested.model_dump(),
             "known": told.known, "labelled": len(told.probabilities)}  # fmt: skip
    if as_json:
        print_json(facts)
        return
    out.print(
        f"By {' and '.join(told.populations)}: {told.tested} on {told.known} patients that it had not seen. "
        f"{len(told.probabilities)} patients have a label in {out_file}.",
        markup=False,
    )


def _write(path: Path, told: TshPrediction) -> None:
    from tilscope.service.site.atomic_files import write_durably

    text = io.StringIO(newline="")
    rows = ((one, "good" if p >= 0.5 else "poor", f"{p:.6g}") for one, p in told.probabilities.items())
    csv.writer(text).writerows([("patient_id", "label", "probability"), *rows])
    write_durably(path, text.getvalue().encode())
