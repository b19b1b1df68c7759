"""orthanc-plugin: where the plugin for Orthanc lies, which the package brings as files that Orthanc loads by itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from tilscope.service.package_files import plugin_files, plugin_script
from tilscope.service.terminal.exit_codes import JsonOption, out, print_json


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
        copy_to.mkdir(parents=True, exist_ok=True)
        for path in plugin_files():
            shutil.copy(path, copy_to)
        script = copy_to.absolute() / script.name
    if as_json:
        print_json({"plugin": str(script)})
    else:
        out.print(str(script), markup=False, soft_wrap=True)
