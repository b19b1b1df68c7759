"""What a running Orthanc says of itself: its versions, and its clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress, OrthancClient

#: The doctor is not kept waiting: on the same machine Orthanc answers in milliseconds, or hangs.
_PATIENCE_S = 2.0


@dataclass(frozen=True)
class OrthancAnswers:
    version: str
    plugins: dict[str, str]
    """Version by name, as Orthanc has them: `python`, `dicom-web`."""
    ahead_s: float
    """By how much its clock is ahead of ours; Orthanc tells whole seconds."""


def ask_orthanc(address: OrthancAddress) -> OrthancAnswers | None:
    """None where none answers, or lets us in."""
    try:
        with OrthancClient(replace(address, timeout_s=_PATIENCE_S)) as orthanc:
            version = str(orthanc.get("/system")["Version"])
            plugins = {name: _version(orthanc, name) for name in orthanc.get("/plugins") if name != "explorer.js"}
            now = datetime.strptime(orthanc.get_bytes("/tools/now").decode(), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            return OrthancAnswers(version, plugins, (now - datetime.now(UTC)).total_seconds())
    except (httpx.HTTPError, ValueError, KeyError):
        return None


def _version(orthanc: OrthancClient, plugin: str) -> str:
    said: dict[str, Any] = orthanc.get(f"/plugins/{plugin}")
    return str(said.get("Version", ""))
