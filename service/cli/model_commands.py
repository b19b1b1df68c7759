"""models: what a site has installed, references and trained models."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tilscope.models.refusals import BadInput, Refused
from tilscope.service.cli.calibrate_command import RESCORE_ALL, signature_named
from tilscope.service.cli.site_settings import DataOption, SegmenterOption, SettingsOption, installed_site
from tilscope.service.terminal.exit_codes import Exit, JsonOption, cells, out, print_json

if TYPE_CHECKING:
    from tilscope.models.settings import PipelineSettings
    from tilscope.service.site.installed_list import InstalledModel, InstalledReference

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


def list_command(data: DataOption = None, settings: SettingsOption = None, as_json: JsonOption = False) -> None:
    """What is installed, references too; a broken one is a row that says so. `verify` tells whether models can be used."""
    from tilscope.service.site.installed_list import installed_models, installed_references_listed

    site = installed_site(settings, data)
    models, references = installed_models(site), installed_references_listed(site)
    if as_json:
        print_json({"models": [asdict(m) for m in models], "references": [asdict(r) for r in references]})
        return
    out.print(_models_table(models))
    out.print(_references_table(references))


def show_command(
    signature: SignatureArgument,
    data: DataOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """The card of an installed model."""
    from tilscope.service.site.model_manifest import read_manifest

    manifest = read_manifest(_there(installed_site(settings, data), signature))
    if as_json:
        print_json(manifest.model_dump())
    else:
        out.print(manifest.card, markup=False)


def install_command(
    folder: FolderArgument,
    data: DataOption = None,
    settings: SettingsOption = None,
    segmenter: SegmenterOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Also one that may do no better than chance, by its own interval.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the model in FOLDER as this site would load it, and install it; it replaces the one that its signature had.

    A model whose AUC (or r) on studies that it had not seen has an interval that holds 0.5 (or 0) is refused without --yes.
    """
    from tilscope.service.monitoring.command_audit import audited
    from tilscope.service.site.atomic_files import install_model
    from tilscope.service.site.model_manifest import read_manifest

    site = installed_site(settings, data, segmenter)
    manifest = read_manifest(folder)
    named = f"{manifest.name} {manifest.version}"
    with audited(site, f"Install the model {named} for {manifest.signature}"):
        _check(folder, manifest.signature, site)
        if manifest.tested is not None and manifest.tested.may_be_chance and not yes:
            raise Refused("model-may-be-chance", name=named, tested=manifest.tested, chance=manifest.tested.chance)
        install_model(folder, Path(site.models_folder))
    _print(f"{named} is installed for {manifest.signature}.", manifest.signature, as_json)


def remove_command(
    signature: SignatureArgument,
    data: DataOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an installed model away: its signature then gives features only."""
    from tilscope.service.monitoring.command_audit import audited
    from tilscope.service.site.atomic_files import remove_model

    site = installed_site(settings, data)
    with audited(site, f"Remove the model of {signature}"):
        remove_model(_there(site, signature))
    _print(f"{signature} has no model any more.", signature, as_json)


def verify_command(
    data: DataOption = None,
    settings: SettingsOption = None,
    segmenter: SegmenterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load every installed model as scoring does. Ends with exit code 4 if one cannot be used."""
    from tilscope.models.signatures import all_signatures
    from tilscope.service.site.installed import model_folder

    site = installed_site(settings, data, segmenter)
    problems: dict[str, str] = {}
    for signature in all_signatures():
        if folder := model_folder(signature.id, site):
            try:
                _check(folder, signature.id, site)
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


def _check(folder: Path, signature: str, settings: PipelineSettings) -> None:
    from tilscope.models.signatures.trained_linear import TakesLinear
    from tilscope.service.site.artefacts import load_forest
    from tilscope.service.site.linear_models import load_linear

    meant = signature_named(signature)
    if isinstance(meant, TakesLinear):
        load_linear(folder, meant, settings)
    else:
        load_forest(folder, meant, settings)


def _there(settings: PipelineSettings, signature: str) -> Path:
    from tilscope.service.site.installed import model_folder

    folder = model_folder(signature_named(signature).id, settings)
    if folder is None:
        raise BadInput("unusable-model", path=Path(settings.models_folder) / signature, problem="there is none")
    return folder


def _print(sentence: str, signature: str, as_json: bool) -> None:
    if as_json:
        print_json({"signature": signature, "detail": f"{sentence} {RESCORE_ALL}"})
    else:
        out.print(sentence, RESCORE_ALL, markup=False)


def _models_table(models: list[InstalledModel]) -> Table:
    table = _table("Models", "signature", "model", "version", "features", "threshold", "settings", "problem")
    for m in models:
        threshold = "" if m.threshold is None else f"{m.threshold:g}"
        table.add_row(*cells(m.signature, m.name, m.version, m.features or "", threshold, m.settings_hash, m.problem))
    return table


def _references_table(references: list[InstalledReference]) -> Table:
    table = _table("References", "signature", "scanner", "cohort", "studies", "version", "made", "problem")
    for r in references:
        stale = "older than that of all scanners" if r.stale else ""
        table.add_row(
            *cells(
                r.signature, r.scanner or "all", r.cohort, r.studies or "", r.version or "", r.made,
                " ".join(word for word in (r.problem, stale) if word),
            )
        )  # fmt: skip
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name)
    return table
