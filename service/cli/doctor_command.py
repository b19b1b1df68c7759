"""doctor: is this installation in order, and what is to be done where it is not?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilscope.service.terminal.exit_codes import Exit, JsonOption, out, print_json

if TYPE_CHECKING:
    from tilscope.service.doctor.checks.findings import InstallationFinding

ORTHANC_FOLDER = Path("/etc/orthanc")
UserOption = Annotated[str, typer.Option("--as", help="The user that Orthanc runs as.", metavar="USER")]


def add_to(app: typer.Typer) -> None:
    app.command("doctor")(doctor_command)


def doctor_command(
    configuration: Annotated[
        Path, typer.Option(help="Orthanc's configuration: a file, or a folder of them.", exists=True)
    ] = ORTHANC_FOLDER,
    user: UserOption = "orthanc",
    as_json: JsonOption = False,
) -> None:
    """Examine this installation: is anything wrong with it, and what is to be done?

    It looks at Orthanc's configuration, at what the user that Orthanc runs as may read and write, at passwords and TLS, references
    and models, versions, memory, disk and clock. Run it as root, so that it can look with that user's eyes. Nothing is changed.

    Ends with exit code 1 where Orthanc would not start or no study be scored, else with 0.
    """
    from tilscope.service.doctor.checks.findings import Severity
    from tilscope.service.doctor.examination import examine_installation
    from tilscope.service.doctor.installation.installation import Installation

    found = examine_installation(Installation.of_orthanc(configuration, user))
    stops = any(finding.severity is Severity.STOPS for finding in found)
    if as_json:
        print_json({"in_order": not stops, "findings": [vars(finding) for finding in found]})
    else:
        show(found)
    raise typer.Exit(Exit.FAULT if stops else Exit.DONE)


def show(found: list[InstallationFinding]) -> None:
    """A paragraph each."""
    if not found:
        out.print("Everything is in order.")
    for finding in found:
        out.print(f"[bold]{finding.severity}[/bold]:", end=" ")
        out.print(str(finding), markup=False, soft_wrap=True)
