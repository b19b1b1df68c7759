"""backup and restore: the data directory as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilscope.service.cli.site_settings import SettingsOption, read_settings
from tilscope.service.terminal.exit_codes import CannotGoOn, JsonOption, out, print_json

FileArgument = Annotated[Path, typer.Argument(help="The backup: a .tar.gz.", dir_okay=False)]
PlaceOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="TILSCOPE_DATA_DIRECTORY", help="The service's DataDirectory.", file_okay=False),
]


def add_to(app: typer.Typer) -> None:
    app.command("backup")(backup_command)
    app.command("restore")(restore_command)


def backup_command(
    file: FileArgument, data: PlaceOption = None, settings_file: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Write the ledger, references, models and site rules into FILE, while the service runs.

    FILE holds what is known of patients, and is readable for its owner only. It is replaced when the new backup is whole.
    With --settings that file is in it too, with its passwords. Images and result objects are in the archive, which has a
    backup of its own.
    """
    from tilscope.models.settings import PipelineSettings
    from tilscope.service.backup.backup import back_up
    from tilscope.service.monitoring.command_audit import audited

    folder = _folder(data, settings_file)
    with audited(PipelineSettings(models_folder=str(folder / "models")), "Backup"):
        manifest = back_up(folder, file, settings_file)
    size = file.stat().st_size
    if as_json:
        print_json({"file": str(file), "size": size, **manifest.model_dump()})
    else:
        out.print(f"{len(manifest.files)} files in {file} ({size / 1e6:.1f} MB).", markup=False)


def restore_command(
    file: FileArgument, data: PlaceOption = None, settings_file: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Put the backup in FILE in the place of the --data directory.

    Stop the service before: it is refused while one runs. Everything is compared with the backup's own list first; the
    folder that was there is kept beside it, under a name with the date. What was purged after the backup was made is there
    again: purge it anew.
    """
    from tilscope.service.backup.restore import read_manifest, restore
    from tilscope.service.single_instance import AlreadyRunning

    folder = _folder(data, settings_file)
    manifest = read_manifest(file)
    try:
        aside = restore(file, folder)
    except AlreadyRunning as running:
        raise CannotGoOn(str(running)) from None
    if as_json:
        print_json({"data": str(folder), "kept": str(aside) if aside else None, **manifest.model_dump()})
        return
    out.print(f"{folder} is as it was on {manifest.made_at}.", markup=False)
    if aside is not None:
        out.print(f"What was there lies in {aside}; remove it when all is well.", markup=False)


def _folder(data: Path | None, settings_file: Path | None) -> Path:
    if data is not None:
        return data
    if settings_file is None:
        raise typer.BadParameter("give --data DIRECTORY, or --settings FILE that names it")
    settings = read_settings(settings_file)
    if settings.database_url:
        raise CannotGoOn("The ledger is in a database of its own (database_url): back that up with its own tools.")
    return settings.folder
