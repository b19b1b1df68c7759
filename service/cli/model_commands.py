"""models: the trained forests that a site has installed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from models.answers import BadInput
from models.settings import PipelineSettings
from models.signatures import SIGNATURES
from service.cli.answers import Exit, JsonOption, cells, out, print_json
from service.cli.calibrate_command import signature_named
from service.model_manifest import MANIFEST, MODEL, read_manifest
from service.references import model_folder

DataOption = Annotated[
    Path,
    typer.Option(
        "--data", envvar="TILSCOPE_DATA_DIRECTORY", help="The service's DataDirectory.", exists=True, file_okay=False
    ),
]
SignatureArgument = Annotated[str, typer.Argument(help="As in han2024.")]
FolderArgument = Annotated[Path, typer.Argument(help="A folder with a model and its manifest.", file_okay=False)]


def add_to(app: typer.Typer) -> None:
    models = typer.Typer(help="Trained models: list, show, install, remove, verify.", no_args_is_help=True)
    for name, command in (
        ("list", list_command), ("show", show_command), ("install", install_command),
        ("remove", remove_command), ("verify", verify_command),
    ):  # fmt: skip
        models.command(name)(command)
    app.add_typer(models, name="models")


def list_command(data: DataOption, as_json: JsonOption = False) -> None:
    """What is installed. `verify` tells whether it can be used."""
    found = [read_manifest(folder) for signature in SIGNATURES if (folder := _installed(data, signature.id))]
    if as_json:
        print_json([manifest.model_dump(exclude={"card"}) for manifest in found])
        return
    table = Table(title="Models", title_justify="left")
    for name in ("signature", "model", "version", "features", "threshold", "settings"):
        table.add_column(name)
    for m in found:
        table.add_row(*cells(m.signature, m.name, m.version, len(m.features), f"{m.threshold:g}", m.settings_hash))
    out.print(table)


def show_command(signature: SignatureArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """The card of an installed model."""
    manifest = read_manifest(_there(data, signature))
    if as_json:
        print_json(manifest.model_dump())
    else:
        out.print(manifest.card, markup=False)


def install_command(folder: FolderArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Check the model in FOLDER and install it; it replaces the one that its signature had."""
    manifest = read_manifest(folder)
    _check(folder, manifest.signature)
    place = data / "models" / manifest.signature
    new = place.with_name(f".{place.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in (MANIFEST, MODEL):
        shutil.copyfile(folder / name, new / name)
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)  # the whole model at once: nothing reads half of one
    shutil.rmtree(old, ignore_errors=True)
    _tell(f"{manifest.name} {manifest.version} is installed for {manifest.signature}.", manifest.signature, as_json)


def remove_command(signature: SignatureArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Take an installed model away: its signature then gives features only."""
    shutil.rmtree(_there(data, signature))
    _tell(f"{signature} has no model any more.", signature, as_json)


def verify_command(data: DataOption, as_json: JsonOption = False) -> None:
    """Load every installed model as scoring does. Ends with exit code 4 if one cannot be used."""
    problems: dict[str, str] = {}
    for signature in SIGNATURES:
        if folder := _installed(data, signature.id):
            try:
                _check(folder, signature.id)
                problems[signature.id] = ""
            except BadInput as reason:
                problems[signature.id] = str(reason)
    if as_json:
        print_json(problems)
    else:
        for id, problem in problems.items():
            out.print(f"{id}: {problem or 'good'}", markup=False)
    if any(problems.values()):
        raise typer.Exit(Exit.BAD_INPUT)


def _check(folder: Path, signature: str) -> None:
    from service.artefacts import load_forest  # slow to import

    load_forest(folder, signature_named(signature), PipelineSettings())


def _installed(data: Path, signature: str) -> Path | None:
    return model_folder(signature, PipelineSettings(models_folder=str(data / "models")))


def _there(data: Path, signature: str) -> Path:
    folder = _installed(data, signature_named(signature).id)
    if folder is None:
        raise BadInput("unusable-model", path=data / "models" / signature, problem="there is none")
    return folder


def _tell(sentence: str, signature: str, as_json: bool) -> None:
    if as_json:
        print_json({"signature": signature, "detail": sentence})
    else:
        out.print(sentence, markup=False)
