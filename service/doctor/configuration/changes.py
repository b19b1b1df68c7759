"""What Orthanc's configuration needs so that TILscope runs in it: worked out first, then written, each file kept beside its change."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilscope.service.doctor.configuration.commented_json import with_value
from tilscope.service.doctor.configuration.orthanc_configuration import OrthancConfiguration

#: Where Debian's packages put libraries for Orthanc.
PLUGINS = "/usr/share/orthanc/plugins"
#: What Debian's package names there, and nobody needs.
_EXAMPLE = "/etc/orthanc/sample.py"
#: The one file of ours in a folder of Orthanc's.
OURS = "tilscope.json"
#: Not *.json, so that Orthanc does not read it.
KEPT = ".before-tilscope"


@dataclass(frozen=True)
class WantedChanges:
    """What the administrator has asked for."""

    script: Path
    python: Path
    user: str = ""
    password: str = field(default="", repr=False)
    remote: bool = False


def values_to_set(configuration: OrthancConfiguration, wanted: WantedChanges) -> dict[str, Any]:
    """The keys whose values have to change, and to what."""
    told = configuration.values
    values: dict[str, Any] = {"PythonScript": str(wanted.script), "AuthenticationEnabled": True}
    values["StorageDirectory"] = told.get("StorageDirectory", str(configuration.place.absolute() / "storage"))
    values["Plugins"] = told.get("Plugins") or [f"{PLUGINS}/"]
    section = told.get("Tilscope")
    values["Tilscope"] = {**(section if isinstance(section, dict) else {}), "Python": str(wanted.python)}
    if wanted.remote:
        values["RemoteAccessAllowed"] = True
    if wanted.user:
        values["RegisteredUsers"] = {**configuration.users, wanted.user: wanted.password}
    return {key: value for key, value in values.items() if told.get(key) != value}


def other_script(configuration: OrthancConfiguration, wanted: WantedChanges) -> str:
    """Somebody's own PythonScript, beside which Orthanc loads no second one; '' where there is none."""
    script = str(configuration.values.get("PythonScript") or "")
    return "" if script == _EXAMPLE or Path(script).name in ("", wanted.script.name) else script


def write_values(configuration: OrthancConfiguration, values: Mapping[str, Any], group: int) -> list[Path]:
    """Each key in the file that has it, and what none has in `tilscope.json`; the files that were written.

    `group` is Orthanc's: it and the administrator alone read what has passwords in it.
    """
    of_file: dict[Path, dict[str, Any]] = {}
    for key, value in values.items():
        here = configuration.files_of.get(key, ())
        new = configuration.place / OURS if configuration.place.is_dir() else configuration.place
        of_file.setdefault(here[0] if here else new, {})[key] = value
    for path, some in of_file.items():
        _write(path, some, group)
    return sorted(of_file)


def _write(path: Path, values: Mapping[str, Any], group: int) -> None:
    if path.exists():
        kept = path.with_name(path.name + KEPT)
        if not kept.exists():
            shutil.copy2(path, kept)
            kept.chmod(stat.S_IMODE(path.stat().st_mode) & 0o640)
        text = path.read_text(encoding="utf-8")
        for key, value in values.items():
            text = with_value(text, key, value)
    else:
        text = json.dumps(dict(values), indent=2, ensure_ascii=False)
        path.touch(0o640)
    if "RegisteredUsers" in values:
        _for_orthanc_only(path, group)
    path.write_text(text.rstrip() + "\n", encoding="utf-8")
    if path.name == OURS:
        _for_orthanc_only(path, group)


def _for_orthanc_only(path: Path, group: int) -> None:
    """Before a password is in it: the administrator writes, Orthanc's group reads, nobody else does."""
    path.chmod(0o640)
    shutil.chown(path, group=group)
