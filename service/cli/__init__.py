"""The command line. Every command says `--help`, prints JSON with `--json`, and ends with a documented exit code."""

from __future__ import annotations

from typing import Annotated

import typer

from tilscope.models import PIPELINE_VERSION
from tilscope.service.cli.lazy_commands import LazyCommands, add_placeholders
from tilscope.service.terminal import exit_codes


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tilscope {PIPELINE_VERSION}")
        raise typer.Exit


app = typer.Typer(
    name="tilscope",
    cls=LazyCommands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Reads the tumour's immune microenvironment from breast DCE-MRI, inside the PACS. [bold]Research use only.[/bold]",
    epilog=exit_codes.EXIT_CODES_HELP,
)


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """Before any command."""


add_placeholders(app)


def main() -> None:
    """Entry point of the `tilscope` program."""
    exit_codes.run(app)
