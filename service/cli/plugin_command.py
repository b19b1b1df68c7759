"""orthanc-plugin: where the plugin for Orthanc lies, which the package brings as files that Orthanc loads by itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from tilscope.service.package_files import plugin_files, plugin_script
from tilscope.service.terminal.exit_codes import CannotGoOn, JsonOption, out, print_json


def add_to(app: typer.Typer) -> None:
    app.command("orthanc-plugin")(orthanc_plugin_command)


def orthanc_plugin_command(
    copy_to: Annotated[
        Path | None, typer.Option("--copy-to", help="Copy its files into this folder first.", file_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print where the plugin for Orthanc lies: the file that PythonScript names in Orthanc's configuration.

    With --copy-to its files, licence and example configuration included, are copied into that folder, and the place there is
    printed: for an Orthanc that runs as another user, in a container, or on another machine.
    """
    script = plugin_script()
    if copy_to is not None:
        try:
            _copy(copy_to)
        except OSError as fault:
            raise CannotGoOn(f"the plugin cannot be copied to {copy_to}: {fault.strerror or fault}") from fault
        script = copy_to.absolute() / script.name
    if as_json:
        print_json({"plugin": str(script)})
    else:
        out.print(str(script), markup=False, soft_wrap=True)


def _copy(folder: Path) -> None:
    """Readable by whoever Orthanc runs as, whatever the umask of the one who copies."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    for path in plugin_files():
        target = folder / path.name
        # A link that lies there is replaced, never followed.
        target.unlink(missing_ok=True)
        shutil.copyfile(path, target)
        target.chmod(0o644)
