"""demo: the whole way, once, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilscope.service.extras import require_extra
from tilscope.service.terminal.exit_codes import JsonOption, out, print_json


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo_command)


def demo_command(
    once: Annotated[bool, typer.Option("--once", help="End after the results are shown.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo's Orthanc keeps its data.")] = Path(".demo"),
    as_json: JsonOption = False,
) -> None:
    """Start Orthanc with TILscope, send a synthetic study by C-STORE, watch it being scored and see what came back.

    With --json it ends after the results, as with --once.
    """
    require_extra("service")
    from tilscope.service.demo.show import show  # the whole pipeline behind it is slow to import

    summary = show(out, folder, once=once or as_json, quiet=as_json)
    if as_json:
        print_json(summary)
