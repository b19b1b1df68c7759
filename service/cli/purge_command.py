"""purge: remove what the ledger holds of studies."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tilscope.service.cli.archive_commands import LOCAL, PasswordOption, UrlOption, UserOption, check_uid, password_in
from tilscope.service.cli.ledger_choice import ledger_of
from tilscope.service.cli.number_options import finite
from tilscope.service.cli.site_settings import DataOption, SettingsOption
from tilscope.service.terminal.exit_codes import CannotGoOn, JsonOption, cells, err, out, print_json

if TYPE_CHECKING:
    from tilscope.dicom_io.archives.orthanc import OrthancArchive
    from tilscope.service.retention.purge import PurgeReport

_WORDS = {
    "studies": "studies",
    "inputs": "their states, with results",
    "events": "lines of their timelines",
    "scores": "scores",
    "annotations": "seeds, boxes and molecular findings",
    "patient_links": "links to patients",
    "messages": "messages to webhooks",
    "further": "further lines",
    "audit_lines": "lines of the audit log, which stay without the study",
}


def add_to(app: typer.Typer) -> None:
    app.command("purge")(purge_command)


def purge_command(
    study: Annotated[str, typer.Argument(help="The Study Instance UID.")] = "",
    patient: Annotated[str, typer.Option(help="All studies of this Patient ID, and its molecular findings.")] = "",
    older_than: Annotated[
        float | None,
        typer.Option(min=0, max=36500, callback=finite, help="Studies to which nothing has happened for so many days."),
    ] = None,
    results: Annotated[
        bool, typer.Option("--results", help="TILscope's own objects and pictures in the archive too.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them; without it, only tell what would be.")] = False,
    data: DataOption = None,
    settings_file: SettingsOption = None,
    url: UrlOption = LOCAL,
    user: UserOption = "",
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove all that the ledger in the --data directory holds of STUDY, of a patient's studies, or of old ones.

    The service may run meanwhile; a study that is being scored is refused. Images in the archive stay, and so do results
    unless --results is given. The audit log keeps who asked for what and when, without the study. The archive is asked
    (--url) with --results, and with --patient where a --user is given: for studies that the ledger has not linked yet.
    """
    from tilscope.service.ledger.purging import BeingScored
    from tilscope.service.retention.purge import ToPurge, purge, try_purge

    if (bool(study), bool(patient.strip()), older_than is not None).count(True) != 1:
        raise typer.BadParameter("give one of STUDY, --patient and --older-than")
    if study:
        check_uid(study)
    wanted = ToPurge(study, patient.strip(), older_than)
    ask = results or bool(patient and user)
    who = f"{getpass.getuser()} at the command line"
    with ledger_of(settings_file, data) as (ledger, folder), _archive(ask, url, user, password_file) as archive:
        try:
            if yes:
                report = purge(ledger, folder, wanted, who, archive, results)
            else:
                report = try_purge(ledger, wanted, archive, results)
        except BeingScored as busy:
            raise CannotGoOn(str(busy)) from None
    if as_json:
        print_json({**asdict(report), "dry_run": not yes})
    else:
        _print(report, yes, results)
    if report.result_objects_left:
        raise CannotGoOn(
            f"{len(report.result_objects_left)} objects are left in the archive, which did not remove them. The ledger knows "
            f"them no more; remove them there: {', '.join(report.result_objects_left)}"
        )


@contextmanager
def _archive(wanted: bool, url: str, user: str, password_file: Path | None) -> Iterator[OrthancArchive | None]:
    if not wanted:
        yield None
        return
    from tilscope.dicom_io.archives.orthanc import OrthancArchive
    from tilscope.dicom_io.archives.orthanc_client import OrthancAddress

    with OrthancArchive(OrthancAddress(url, user, password_in(password_file))) as archive:
        yield archive


def _print(report: PurgeReport, done: bool, results: bool) -> None:
    table = Table(title="Removed" if done else "Would be removed", title_justify="left", show_header=False)
    for name, count in vars(report.purged).items():
        if count or name == "studies":
            table.add_row(*cells(count, _WORDS[name]))
    if results:
        table.add_row(*cells(report.result_objects, "objects in the archive"))
    out.print(table)
    if not done:
        out.print("Nothing was removed. The same with --yes removes it.")
    elif not report.erased:
        err.print(
            "The ledger's file could not be rewritten now: what was removed was overwritten in it, piece by piece."
        )
