"""molecular: tell the running service what is known of a tumour from elsewhere, see it, correct it, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from tilscope.service.cli.archive_commands import LOCAL, PasswordOption, UrlOption, UserOption, check_uid, client_of
from tilscope.service.cli.number_options import finite
from tilscope.service.terminal.exit_codes import JsonOption, cells, out, print_json
from tilscope.service.terminal.progress import counting

if TYPE_CHECKING:
    from tilscope.dicom_io.archives.orthanc_client import OrthancClient
    from tilscope.service.site.molecular import MolecularRow

_ALL = ("gzma", "prf1", "triple_negative")
#: As `site.molecular` has it, which takes long to import.
_HIGHEST = 1e6
_PORTION = 200


def add_to(app: typer.Typer) -> None:
    app.command("molecular")(molecular_command)


def molecular_command(
    study: Annotated[str, typer.Argument(help="The Study Instance UID; none with --patient, --csv and --list.")] = "",
    patient: Annotated[str, typer.Option(help="In place of a study: a Patient ID.")] = "",
    gzma: Annotated[
        float | None, typer.Option(min=0, max=_HIGHEST, callback=finite, help="Expression of granzyme A.")
    ] = None,
    prf1: Annotated[
        float | None, typer.Option(min=0, max=_HIGHEST, callback=finite, help="Expression of perforin 1.")
    ] = None,
    triple_negative: Annotated[
        bool | None, typer.Option("--triple-negative/--no-triple-negative", help="The receptor status.")
    ] = None,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Forget what was said of the study or patient before.")
    ] = False,
    table: Annotated[
        Path | None,
        typer.Option("--csv", help="Columns: study or patient, and any of gzma, prf1, tnbc.", dir_okay=False),
    ] = None,
    expected: Annotated[
        bool, typer.Option("--expected", help="Accept patients of whom nothing has arrived yet.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="What is known, of whom, and who said so.")] = False,
    url: UrlOption = LOCAL,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Supply gene expression or receptor status of STUDY, or of many by --csv; they are scored again with it.

    What is not given stays as it was said before. It is kept with your name and holds for every later run. What is said of
    a patient holds for the patient's studies that are in the archive now, and for those that come later; what is said of a
    study comes first. The two genes must be in the unit of the reference's cohort.

    A study must be in the archive, and a patient in the archive or known here, or --expected: a mistyped identifier is
    refused. Of a table all lines are checked before the first is recorded.
    """
    findings = {"gzma": gzma, "prf1": prf1, "triple_negative": triple_negative}
    given: dict[str, Any] = {key: value for key, value in findings.items() if value is not None}
    subjects = (bool(study), bool(patient.strip()), table is not None, listed).count(True)
    one = bool(study or patient)
    if subjects != 1 or one != bool(given or take_back) or (given and take_back):
        raise typer.BadParameter("give --list, --csv, or a study or --patient and what is known of it (or --take-back)")
    said = dict.fromkeys(_ALL) if take_back else given
    with client_of(url, user, password_file) as client:
        if listed:
            _list(client, as_json)
        elif table is not None:
            _send_table(client, table, expected, as_json)
        elif study:
            check_uid(study)
            response = client.post(f"/tilscope/studies/{study}/molecular", json=said)
            _answer(response, f"Study {study} is {response['state']}", as_json)
        else:
            body = {"patient_id": patient.strip(), "findings": said, "expected": expected}
            response = client.post("/tilscope/patients/molecular", json=body)
            _answer(response, f"{len(response['studies'])} MR studies of the patient in the archive", as_json)


def _answer(response: dict[str, Any], about: str, as_json: bool) -> None:
    if as_json:
        print_json([response])
    else:
        out.print(f"{about}: {response['detail']}", markup=False)


def _send_table(client: OrthancClient, path: Path, expected: bool, as_json: bool) -> None:
    """Every portion is checked before the first is recorded. After a fault in between, the same again records the rest."""
    from tilscope.service.site.molecular import read_table

    rows = [_row(row) for row in read_table(path)]
    portions = [rows[start : start + _PORTION] for start in range(0, len(rows), _PORTION)]
    for portion in portions:
        client.post("/tilscope/molecular", json={"rows": portion, "expected": expected, "dry_run": True})
    responses = []
    with counting("telling", quiet=as_json) as tick:
        for number, portion in enumerate(portions, start=1):
            responses.append(client.post("/tilscope/molecular", json={"rows": portion, "expected": expected}))
            tick(number, len(portions))
    sums = {name: sum(response[name] for response in responses) for name in ("rows", "changed", "studies")}
    if as_json:
        print_json(sums)
    else:
        out.print(
            f"{sums['rows']} studies and patients, {sums['changed']} of them with something new; "
            f"it holds for {sums['studies']} studies in the archive."
        )


def _row(row: MolecularRow) -> dict[str, Any]:
    about = {"study_uid": row.study} if row.study else {"patient_id": row.patient}
    return {**about, "findings": dict(row.said), "line": row.line}


def _list(client: OrthancClient, as_json: bool) -> None:
    found: list[dict[str, Any]] = []
    while page := client.get("/tilscope/molecular", limit=1000, offset=len(found))["findings"]:
        found += page
    if as_json:
        print_json(found)
    else:
        out.print(_table(found))


def _table(found: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="Molecular findings", title_justify="left")
    for name in ("study or patient", "findings", "by", "since", "studies"):
        table.add_column(name)
    for one in found:
        about = f"study {one['study_uid']}" if one["study_uid"] else f"patient {one['patient_id']}"
        values = ", ".join(f"{name} {value}" for name, value in one["molecular"].items())
        table.add_row(*cells(about, values, one["who"], one["at"][:19], one["studies"] or "expected"))
    return table
