"""Orthanc's configuration: one file, or a folder whose *.json files Orthanc takes together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tilscope.service.doctor.configuration.commented_json import members_of, with_environment


@dataclass(frozen=True)
class OrthancConfiguration:
    """What Orthanc would read, and in which files it stands."""

    place: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    files_of: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """The files that give a key: more than one, and Orthanc does not start."""
    unreadable: Mapping[Path, str] = field(default_factory=dict)
    """Files that could not be read, and why."""

    @classmethod
    def read(cls, place: Path) -> OrthancConfiguration:
        """Never raises: what is wrong with a file is kept beside what the others say."""
        values: dict[str, Any] = {}
        files_of: dict[str, tuple[Path, ...]] = {}
        unreadable: dict[Path, str] = {}
        for path in configuration_files(place):
            try:
                members = members_of(with_environment(path.read_text(encoding="utf-8"), os.environ))
            except OSError as fault:
                unreadable[path] = str(fault.strerror).lower()
                continue
            except ValueError:
                unreadable[path] = "it is not JSON"
                continue
            for key in dict.fromkeys(member.key for member in members):
                files_of[key] = (*files_of.get(key, ()), path)
            values |= {member.key: member.value for member in members}
        return cls(place, values, files_of, unreadable)

    @property
    def twice(self) -> dict[str, tuple[Path, ...]]:
        return {key: files for key, files in self.files_of.items() if len(files) > 1}

    @property
    def remote(self) -> bool:
        return self.values.get("RemoteAccessAllowed") is True

    @property
    def asks_for_a_password(self) -> bool:
        """Where nothing is said of it, Orthanc asks those who come from elsewhere."""
        return self.values.get("AuthenticationEnabled", self.remote) is True

    @property
    def users(self) -> dict[str, str]:
        users = self.values.get("RegisteredUsers")
        return {str(name): str(password) for name, password in users.items()} if isinstance(users, dict) else {}

    def path(self, key: str, default: str) -> Path:
        """A path in the configuration; a relative one counts from the folder that the configuration lies in."""
        return self.place.parent / str(self.values.get(key) or default)


def configuration_files(place: Path) -> list[Path]:
    """As Orthanc takes them: the file itself, or the *.json of a folder and not of those below."""
    if not place.is_dir():
        return [place]
    return sorted(path for path in place.iterdir() if path.suffix.lower() == ".json" and path.is_file())
