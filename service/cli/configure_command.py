"""configure-orthanc: an Orthanc's own configuration, changed so that TILscope runs in it."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilscope.service.cli.doctor_command import ORTHANC_FOLDER, UserOption, doctor_command
from tilscope.service.package_files import plugin_script
from tilscope.service.terminal.exit_codes import CannotGoOn, err

if TYPE_CHECKING:
    from tilscope.service.doctor.configuration.changes import WantedChanges
    from tilscope.service.doctor.configuration.orthanc_configuration import OrthancConfiguration
    from tilscope.service.doctor.installation.account import Account


def add_to(app: typer.Typer) -> None:
    app.command("configure-orthanc")(configure_command)


def configure_command(
    configuration: Annotated[
        Path, typer.Option(help="Orthanc's configuration: a file, or a folder of them; a new folder is made.")
    ] = ORTHANC_FOLDER,
    login: Annotated[
        str, typer.Option("--login", help="Who may log in, where Orthanc knows nobody yet; a password is made.")
    ] = "admin",
    password_file: Annotated[
        Path | None, typer.Option(help="Keep that password in this new file too, for tilscope's other commands.")
    ] = None,
    remote: Annotated[bool, typer.Option("--remote", help="Let other machines reach Orthanc by HTTP.")] = False,
    user: UserOption = "orthanc",
) -> None:
    """Change Orthanc's configuration so that TILscope runs in it, and examine it.

    Keys that are there are changed in their files, with all comments kept, and the file as it was stays beside it as
    NAME.before-tilscope; new keys go into tilscope.json. Orthanc asks for a password from then on, and where it knows nobody yet,
    the password of --login is shown here, once. For /etc/orthanc systemd gets a drop-in. Orthanc is not restarted.

    Run it as root. Running it again changes nothing. Ends as tilscope doctor does.
    """
    from tilscope.service.doctor.configuration.changes import WantedChanges
    from tilscope.service.doctor.configuration.orthanc_configuration import OrthancConfiguration
    from tilscope.service.doctor.installation.account import Account

    configuration = configuration.absolute()
    if configuration.suffix.lower() != ".json":
        configuration.mkdir(parents=True, exist_ok=True)
    now = OrthancConfiguration.read(configuration)
    new = "" if now.users else login
    wanted = WantedChanges(plugin_script(), Path(sys.executable), new, secrets.token_urlsafe(15) if new else "", remote)
    account = Account.named(user) or Account.of_this_process()
    try:
        if new and password_file is not None:
            _write_private(password_file, wanted.password)
        _change(now, wanted, account)
    except OSError as fault:
        root = "; run this as root" if isinstance(fault, PermissionError) else ""
        raise CannotGoOn(f"{fault.filename}: {fault.strerror}{root}") from fault
    except ValueError as fault:  # a variable of the environment that is no JSON before Orthanc has read it
        raise CannotGoOn(
            "a file of the configuration can be changed by hand only: a variable stands for a number"
        ) from fault
    if new:
        err.print(f"Orthanc's user {new} has the password {wanted.password}", markup=False, soft_wrap=True)
    doctor_command(configuration, user)


def _change(now: OrthancConfiguration, wanted: WantedChanges, account: Account) -> None:
    from tilscope.service.doctor.configuration.changes import other_script, values_to_set, write_values
    from tilscope.service.doctor.configuration.systemd_drop_in import UNITS, write_drop_in

    if now.unreadable and any(path.exists() for path in now.unreadable):
        path, why = next(iter(now.unreadable.items()))
        raise CannotGoOn(f"{path} cannot be read: {why}")
    if script := other_script(now, wanted):
        raise CannotGoOn(f"PythonScript is {script} already, and Orthanc loads one script only: remove it first")
    values = values_to_set(now, wanted)
    if "StorageDirectory" in values:
        storage = Path(values["StorageDirectory"])
        storage.mkdir(exist_ok=True)
        shutil.chown(storage, account.user, account.group)
    written = write_values(now, values, account.group)
    if now.place == ORTHANC_FOLDER and UNITS.is_dir():
        written.append(write_drop_in(UNITS))
    for path in written:
        err.print(f"written: {path}", markup=False, soft_wrap=True)


def _write_private(path: Path, text: str) -> None:
    """A file that only its owner reads, from its first byte on; never one that is there already."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
