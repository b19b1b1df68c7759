"""status and rescore: ask the running service, through Orthanc and with Orthanc's own users."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from tilscope.dicom_io.uids import is_uid
from tilscope.service.cli.places import BoxOption, SeedOption, steering_of
from tilscope.service.cli.rescore_all import Wanted, rescore_all
from tilscope.service.terminal.exit_codes import JsonOption, cells, out, print_json

if TYPE_CHECKING:
    from tilscope.dicom_io.archives.orthanc_client import OrthancClient

UrlOption = Annotated[str, typer.Option("--url", envvar="TILSCOPE_ORTHANC_URL", help="Orthanc's address.")]
UserOption = Annotated[str, typer.Option(envvar="TILSCOPE_ORTHANC_USER", help="An Orthanc user.")]
PasswordOption = Annotated[
    Path | None,
    typer.Option("--password-file", envvar="TILSCOPE_ORTHANC_PASSWORD_FILE", help="A file with the user's password."),
]
LOCAL = "http://127.0.0.1:8042"


def add_to(app: typer.Typer) -> None:
    app.command("status")(status_command)
    app.command("rescore")(rescore_command)


def check_uid(study: str) -> None:
    """A study's UID becomes part of an address."""
    if not is_uid(study):
        raise typer.BadParameter(f"{study!r} is no Study Instance UID: digits and dots only")


def client_of(url: str, user: str, password_file: Path | None) -> OrthancClient:
    from tilscope.dicom_io.archives.orthanc_client import OrthancAddress, OrthancClient

    return OrthancClient(OrthancAddress(url, user, password_in(password_file)))


def password_in(file: Path | None) -> str:
    """'' without a file."""
    if file is not None and not file.is_file():
        raise typer.BadParameter(f"{file} does not exist", param_hint="--password-file")
    return file.read_text(encoding="utf-8").strip() if file else ""


def status_command(
    study: Annotated[str, typer.Argument(help="A Study Instance UID; without it, the latest studies.")] = "",
    url: UrlOption = LOCAL,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """What happened to a study, and why? Or, without STUDY, the state of the latest ones."""
    if study:
        check_uid(study)
    with client_of(url, user, password_file) as client:
        response = client.get(f"/tilscope/studies/{study}" if study else "/tilscope/studies")
    if as_json:
        print_json(response)
    elif study:
        _print_study(response)
    else:
        _print_studies(response["studies"])


def rescore_command(
    study: Annotated[str, typer.Argument(help="The Study Instance UID; none with --all or --older-than-version.")] = "",
    seed_mm: SeedOption = "",
    box_mm: BoxOption = "",
    automatic: Annotated[
        bool, typer.Option("--automatic", help="Take back a seed or box given before; look for lesions everywhere.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Every study whose reference or model has changed, from its report.")
    ] = False,
    older_than_version: Annotated[
        str,
        typer.Option(metavar="VERSION", help="Every study whose last answer is of an older TILscope, from its images."),
    ] = "",
    only_unanswered: Annotated[
        bool, typer.Option("--only-unanswered", help="With --older-than-version: only those refused or failed.")
    ] = False,
    signature: Annotated[str, typer.Option(help="With --all: only where that of this signature has changed.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Of many: only studies scored since then.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Of many: only tell how many there are.")] = False,
    url: UrlOption = LOCAL,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a study of the archive again, with today's settings and with what has arrived.

    --seed-mm or --box-mm says where the lesion is; it is remembered with your name and holds for every later run of
    this study, until another is given or --automatic takes it back. A contour drawn in a viewer and stored in the study
    needs no command: it replaces the automatic lesions by itself.

    --all is for the day on which a reference or a model has changed. No image is read: each study is concluded anew from
    its report, behind all that arrives meanwhile.

    --older-than-version is for the day after an upgrade: a new TILscope may score what an older one refused, and scores
    differently what that has scored. Nothing is scored again by itself.
    """
    many = every or bool(older_than_version)
    if [every, bool(older_than_version), bool(study)].count(True) != 1 or (many and (seed_mm or box_mm or automatic)):
        raise typer.BadParameter("give a study, or --all or --older-than-version without one")
    if not many and (since or dry_run):
        raise typer.BadParameter("--since and --dry-run go with --all or --older-than-version")
    if (signature and not every) or (only_unanswered and not older_than_version):
        raise typer.BadParameter("--signature goes with --all, --only-unanswered with --older-than-version")
    if many:
        wanted = Wanted(signature, older_than_version, only_unanswered, since)
        rescore_all(lambda: client_of(url, user, password_file), wanted, dry_run, as_json)
        return
    check_uid(study)
    steering = steering_of(seed_mm, box_mm)
    if automatic and steering is not None:
        raise typer.BadParameter("give either a seed or a box, or --automatic")
    body = {"automatic": True} if automatic else steering.plain if steering else None
    with client_of(url, user, password_file) as client:
        response = client.post(f"/tilscope/studies/{study}/rescore", json=body)
    if as_json:
        print_json(response)
    else:
        out.print(f"Study {study} is {response['state']}.")


def _print_studies(studies: list[dict[str, Any]]) -> None:
    table = Table(title="Studies", title_justify="left")
    table.add_column("study", overflow="fold")
    for name in ("state", "since", "why"):
        table.add_column(name)
    for s in studies:
        table.add_row(*cells(s["study_uid"], s["state"], _local(s["updated_at"]), s.get("reason") or ""))
    out.print(table)


def _print_study(study: dict[str, Any]) -> None:
    out.print(f"Study {study['study_uid']}: [bold]{study['state']}[/bold]")
    if study.get("reason"):
        out.print(study["reason"], markup=False)
    table = Table(title="What happened", title_justify="left")
    for name in ("when", "event", "from", "to", "detail"):
        table.add_column(name)
    for e in study["timeline"]:
        table.add_row(*cells(_local(e["at"]), e["event"], e["from"] or "", e["to"] or "", e["detail"] or ""))
    out.print(table)


def _local(moment: str) -> str:
    """An ISO moment in this machine's time zone, to the second."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")
