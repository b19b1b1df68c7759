"""May the service read what it needs and write where it must, as the user that Orthanc runs as?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tilscope.service.doctor.checks.findings import InstallationFinding, stops
from tilscope.service.doctor.installation.account import acting_as, may, nearest_that_is_there
from tilscope.service.doctor.installation.installation import Installation


def check_files(installation: Installation) -> list[InstallationFinding]:
    with acting_as(installation.account):
        found = list(_programs(installation))
        if installation.settings is not None:
            found += _written(installation.settings.folder, installation.account.name)
            found += _read(installation)
        return found


def check_data_directory(installation: Installation) -> list[InstallationFinding]:
    """Without which no service can start."""
    assert installation.settings is not None
    return list(_written(installation.settings.folder, installation.account.name))


def _programs(installation: Installation) -> Iterator[InstallationFinding]:
    who = installation.account.name
    if not may(installation.python, os.X_OK):
        yield stops(
            f"{who} cannot run {installation.python}, in which TILscope is installed.",
            "Install it where every user may go, such as /opt/tilscope, and not in somebody's home.",
        )
    script = installation.configuration and installation.configuration.values.get("PythonScript")
    if script and not may(Path(str(script)), os.R_OK):
        yield stops(
            f"{who} cannot read {script}, which PythonScript names.",
            "tilscope orthanc-plugin --copy-to FOLDER puts the plugin where it can.",
        )


def _written(data: Path, who: str) -> Iterator[InstallationFinding]:
    place = nearest_that_is_there(data)
    if not may(place, os.W_OK | os.X_OK):
        what = "write in" if place == data else "make"
        yield stops(f"{who} cannot {what} the data directory {data}.", f"mkdir -p {data}, then chown -R {who}: {data}.")
        return
    for path in data.glob("ledger.sqlite*") if may(data, os.R_OK) else ():
        if not may(path, os.R_OK | os.W_OK):
            yield stops(f"{who} cannot write {path}.", f"chown -R {who}: {data}.")


def _read(installation: Installation) -> Iterator[InstallationFinding]:
    """What people install by hand, often as root and with a umask that keeps it to root."""
    assert installation.settings is not None
    pipeline, who = installation.settings.installed_pipeline, installation.account.name
    for named in (pipeline.references_folder, pipeline.models_folder, pipeline.site_rules_file):
        unreadable = list(_unreadable(Path(named))) if os.path.lexists(named) else []
        if unreadable:
            more = f" and {len(unreadable) - 1} more" if len(unreadable) > 1 else ""
            yield stops(
                f"{who} cannot read {unreadable[0]}{more}, so that what needs it is not computed.",
                f"chown -R {who}: {named}.",
            )


def _unreadable(place: Path) -> Iterator[Path]:
    if not may(place, os.R_OK | os.X_OK if place.is_dir() else os.R_OK):
        yield place
    elif place.is_dir():
        for inner in sorted(place.iterdir()):
            yield from _unreadable(inner)
