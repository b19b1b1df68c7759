"""train: a site's own forest for a signature whose paper published none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilscope.models.refusals import BadInput
from tilscope.service.cli.calibrate_command import signature_named
from tilscope.service.cli.site_settings import SegmenterOption, SettingsOption, site_settings
from tilscope.service.terminal.exit_codes import JsonOption, out, print_json


def add_to(app: typer.Typer) -> None:
    app.command("train")(train_command)


def train_command(
    signature: Annotated[str, typer.Argument(help="As in fan2023 or han2024.")],
    features: Annotated[
        Path, typer.Option(help="What tilscope features has written, .parquet or .csv.", exists=True, dir_okay=False)
    ],
    labels: Annotated[
        Path, typer.Option(help="A CSV with study_uid, label and, if wanted, laterality.", exists=True, dir_okay=False)
    ],
    out_folder: Annotated[Path, typer.Option("--out", help="The model's folder, for tilscope models install.")],
    name: Annotated[str, typer.Option(help="How the model is called on every report that uses it.")] = "",
    version: Annotated[str, typer.Option(help="Of the model.")] = "1",
    about: Annotated[str, typer.Option(help="For the card: whose studies, and whose word the labels are.")] = "",
    takes: Annotated[int, typer.Option(help="Features that the forest takes.", min=1, max=100)] = 8,
    trees: Annotated[int, typer.Option(help="Trees of the forest.", min=10, max=2000)] = 200,
    seed: Annotated[int, typer.Option(help="Equal seeds on equal tables give equal models.", min=0)] = 1,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    settings_file: SettingsOption = None,
    segmenter: SegmenterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the forest of SIGNATURE on studies whose class is known, and tell how well it does on studies it has not seen.

    A label is 1 or 0, or the class in the signature's own words (good or poor, hot or cold). Fewer than 30 studies or
    patients, or fewer than 5 of a class, are refused. Install the model with tilscope models install.
    """
    from tilscope.models.signatures import all_signatures
    from tilscope.models.signatures.forest_signature import ForestSignature
    from tilscope.service.research.training.input_tables import read_table
    from tilscope.service.research.training.model_folder import write_trained
    from tilscope.service.research.training.train_forest import Plan, train  # scikit-learn is slow to import

    meant = signature_named(signature)
    if not isinstance(meant, ForestSignature):
        forests = [one.id for one in all_signatures() if isinstance(one, ForestSignature)]
        raise BadInput("takes-no-model", signature=signature, forests=" and ".join(forests))
    settings = site_settings(settings_file, None, segmenter)
    table = read_table(features, labels, meant, settings)
    trained = train(table, meant, Plan(seed=seed, takes=takes, trees=trees, workers=workers))
    manifest = write_trained(out_folder, meant, settings, table, trained, name or f"{signature}-forest", version, about)
    done = trained.performance
    if as_json:
        print_json(
            {
                "folder": str(out_folder),
                "studies": len(table.labels),
                "patients": table.patients_counted,
                "left_out": dict(table.left_out),
                "auc": done.auc,
                "auc_interval": done.interval,
                "sensitivity": done.sensitivity,
                "specificity": done.specificity,
                "manifest": manifest.model_dump(exclude={"card"}),
            }
        )
    else:
        out.print(manifest.card, markup=False)
        out.print(f"Written to {out_folder}; tilscope models install {out_folder} installs it.", markup=False)
