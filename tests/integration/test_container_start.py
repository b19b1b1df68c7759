"""docker/start.sh, run outside a container: the administrator's password, and who gets to know it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docker" / "start.sh"


@pytest.fixture
def start(tmp_path: Path):
    """The script with the container's folders moved to ours; `Orthanc` tells its environment and its argument."""
    program = tmp_path / "Orthanc"
    program.write_text('#!/bin/sh\necho "configuration $1"\nenv\n')
    program.chmod(0o755)
    text = SCRIPT.read_text()
    for inside, outside in {
        "/var/lib/orthanc/db": tmp_path,
        "/tmp/orthanc-configuration": tmp_path / "configuration",
        "/usr/sbin/Orthanc": program,
    }.items():
        assert inside in text
        text = text.replace(inside, str(outside))
    moved = tmp_path / "start.sh"
    moved.write_text(text)

    def run(**environment: str) -> str:
        clean = {k: v for k, v in os.environ.items() if k != "ORTHANC_PASSWORD"}
        return subprocess.run(
            ["bash", moved], capture_output=True, text=True, check=True, env={**clean, **environment}
        ).stdout

    return run


def password_kept(tmp_path: Path) -> str:
    path = tmp_path / "users.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    password: str = json.loads(path.read_text())["RegisteredUsers"]["admin"]
    return password


def test_a_given_password_is_kept_in_the_file_and_in_no_environment(start, tmp_path: Path) -> None:
    for life in range(2):
        said = start(ORTHANC_PASSWORD="correct horse")
        assert "configuration " in said, f"Orthanc has started, life {life}"
        assert "correct horse" not in said
        assert password_kept(tmp_path) == "correct horse"


def test_without_one_a_password_is_made_and_told_once(start, tmp_path: Path) -> None:
    first, second = start(), start()
    password = password_kept(tmp_path)
    assert len(password) >= 20
    assert first.count(password) == 1
    assert password not in second
