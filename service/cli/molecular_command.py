"""molecular: tell the running service what is known of a tumour from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilscope.service.cli.archive_commands import LOCAL, PasswordOption, UrlOption, UserOption, check_uid, client_of
from tilscope.service.cli.number_options import finite
from tilscope.service.terminal.exit_codes import JsonOption, out, print_json
from tilscope.service.terminal.progress import counting

if TYPE_CHECKING:
    from tilscope.dicom_io.archives.orthanc_client import OrthancClient
    from tilscope.service.site.molecular import MolecularRow

_ALL = ("gzma", "prf1", "triple_negative")


def add_to(app: typer.Typer) -> None:
    app.command("molecular")(molecular_command)


def molecular_command(
    study: Annotated[str, typer.Argument(help="The Study Instance UID; none with --csv.")] = "",
    gzma: Annotated[float | None, typer.Option(min=0, callback=finite, help="Expression of granzyme A.")] = None,
    prf1: Annotated[float | None, typer.Option(min=0, callback=finite, help="Expression of perforin 1.")] = None,
    triple_negative: Annotated[
        bool | None, typer.Option("--triple-negative/--no-triple-negative", help="The receptor status.")
    ] = None,
    take_back: Annotated[bool, typer.Option("--take-back", help="Forget what was said of the study before.")] = False,
    table: Annotated[
        Path | None,
        typer.Option("--csv", help="Columns: study or patient, and any of gzma, prf1, tnbc.", dir_okay=False),
    ] = None,
    url: UrlOption = LOCAL,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Supply gene expression or receptor status of STUDY, or of many by --csv; they are scored again with it.

    What is not given stays as it was said before. It is kept with your name and holds for every later run. A line of a
    patient holds for the patient's studies that are in the archive now, and for those that come later; what is said of a
    study comes first. The two genes must be in the unit of the reference's cohort.
    """
    from tilscope.service.site.molecular import MolecularRow, read_table

    findings = {"gzma": gzma, "prf1": prf1, "triple_negative": triple_negative}
    given: dict[str, Any] = {key: value for key, value in findings.items() if value is not None}
    if bool(study) == bool(table) or bool(given or take_back) == bool(table) or (given and take_back):
        raise typer.BadParameter("give a study and what is known of it (or --take-back), or --csv")
    if study:
        check_uid(study)
    rows = read_table(table) if table else [MolecularRow(study, "", dict.fromkeys(_ALL) if take_back else given)]
    with client_of(url, user, password_file) as client, counting("telling", quiet=as_json) as tick:
        responses = []
        for number, row in enumerate(rows, start=1):
            responses.append(_send(client, row))
            tick(number, len(rows))
    if as_json:
        print_json(responses)
        return
    for row, response in zip(rows, responses, strict=True):
        if row.study:
            out.print(f"Study {response['study_uid']} is {response['state']}: {response['detail']}", markup=False)
        else:
            here = len(response["studies"])
            out.print(f"Patient {row.patient}, {here} MR studies in the archive: {response['detail']}", markup=False)


def _send(client: OrthancClient, row: MolecularRow) -> dict[str, Any]:
    findings = dict(row.said)
    if row.study:
        response: dict[str, Any] = client.post(f"/tilscope/studies/{row.study}/molecular", json=findings)
    else:
        response = client.post("/tilscope/patients/molecular", json={"patient_id": row.patient, "findings": findings})
    return response
