"""Packages of npm that tests read our objects with: fetched once, by their digests, without what they were built from."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from orthanc_server import ROOT


def unpacked(lock: Path) -> Path | None:
    """A folder with the packages of a lock file, one a line with its digest; None where npm or its registry cannot be had."""
    folder = ROOT / ".cache" / "npm"
    for line in lock.read_text(encoding="utf-8").splitlines():
        package, digest = line.split()
        place = folder / package
        if place.is_dir():
            continue
        packed = _fetched(package)
        if packed is None:
            return None
        found = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
        assert found == digest, f"what npm fetched is not the {package} that was chosen"
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            for member in (one for one in archive if one.isfile()):
                content = archive.extractfile(member)
                assert content is not None
                (place / member.name).parent.mkdir(parents=True, exist_ok=True)
                (place / member.name).write_bytes(content.read())
    return folder


def _fetched(package: str) -> bytes | None:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", package]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError):
            return None
        return next(Path(folder).glob("*.tgz")).read_bytes()
