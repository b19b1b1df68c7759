"""demo: the whole way, once, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.answers import out


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo_command)


def demo_command(
    once: Annotated[bool, typer.Option("--once", help="End after the results are shown.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo's Orthanc keeps its data.")] = Path(".demo"),
) -> None:
    """Start Orthanc with TILscope, send a synthetic study by C-STORE, watch it being scored and see what came back."""
    from service.demo.show import show  # the whole pipeline behind it is slow to import

    show(out, folder, once)
