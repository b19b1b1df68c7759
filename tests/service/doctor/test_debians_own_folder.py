"""Debian's own /etc/orthanc, as its packages bring it, from a configuration that stops Orthanc to one that scores."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from orthanc_server import INSTALLED, PATIENCE_S, WITHOUT_DELAY, eventually, free_ports

from tilscope.service.doctor.configuration.commented_json import blanked, with_value

TILSCOPE = Path(sys.executable).with_name("tilscope")
DEBIANS = Path("/etc/orthanc")
OUR_USER = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
PLUGIN = Path(__file__).resolve().parents[3] / "orthanc" / "plugin.py"

pytestmark = pytest.mark.skipif(
    not INSTALLED.present or not (DEBIANS / "python.json").exists(), reason="Debian's Orthanc is not installed here"
)


def tilscope(*words: object, ends: int = 0) -> subprocess.CompletedProcess[str]:
    wide = {**os.environ, "COLUMNS": "300"}
    done = subprocess.run([TILSCOPE, *map(str, words)], capture_output=True, text=True, check=False, env=wide)
    assert done.returncode == ends, done.stdout + done.stderr
    return done


class ConfiguredOrthanc:
    """An Orthanc with a folder of configuration files, on free ports."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        self.log = root / "log"
        self.http_port = 0

    def change(self, file: str, **values: Any) -> None:
        path = self.folder / f"{file}.json"
        text = path.read_text()
        for key, value in values.items():
            text = with_value(text, key, value)
        path.write_text(text)

    def on_free_ports(self, file: str) -> None:
        self.http_port, dicom_port = free_ports(2)
        self.change(file, HttpPort=self.http_port, DicomPort=dicom_port)

    def value(self, file: str, key: str) -> Any:
        return json.loads(blanked((self.folder / f"{file}.json").read_text()))[key]

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            return subprocess.Popen(
                INSTALLED.command(str(self.folder)), stdout=log, stderr=log, env={**os.environ, **WITHOUT_DELAY}
            )

    @contextmanager
    def running(self, password: str) -> Iterator[None]:
        """From TILscope's first answer on."""
        process = self.start()
        try:
            eventually(lambda: self.health(password) in (200, 503), "TILscope answers")
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_S)

    def health(self, password: str) -> int:
        try:
            return httpx.get(
                f"http://127.0.0.1:{self.http_port}/tilscope/health", auth=("admin", password), trust_env=False
            ).status_code
        except httpx.TransportError:
            return 0


def debians(root: Path) -> ConfiguredOrthanc:
    """Debian's own folder, but for the ports and the place of the storage."""
    folder = root / "etc-orthanc"
    shutil.copytree(DEBIANS, folder, ignore=shutil.ignore_patterns("*.before-tilscope", "tilscope.json"))
    made = ConfiguredOrthanc(root, folder)
    made.on_free_ports("orthanc")
    made.change("orthanc", StorageDirectory=str(root / "db"), IndexDirectory=str(root / "db"))
    made.change("python", PythonScript="/etc/orthanc/sample.py")
    made.change("credentials", RegisteredUsers={})
    return made


@pytest.fixture
def orthanc() -> Iterator[ConfiguredOrthanc]:
    with tempfile.TemporaryDirectory() as root:
        yield debians(Path(root))


def findings(orthanc: ConfiguredOrthanc, ends: int) -> list[dict[str, str]]:
    said = tilscope("doctor", "--configuration", orthanc.folder, "--as", OUR_USER, "--json", ends=ends)
    found: list[dict[str, str]] = json.loads(said.stdout)["findings"]
    return found


def test_what_the_documentation_said_before_stops_orthanc_and_the_doctor_says_why(orthanc: ConfiguredOrthanc) -> None:
    ours = {"PythonScript": str(PLUGIN), "AuthenticationEnabled": True, "Tilscope": {"Python": sys.executable}}
    (orthanc.folder / "tilscope.json").write_text(json.dumps(ours))
    assert orthanc.start().wait(PATIENCE_S) != 0
    assert "PythonScript" in orthanc.log.read_text()
    stops = [one["sentence"] for one in findings(orthanc, ends=1) if one["severity"] == "stops"]
    assert stops[0].startswith("PythonScript stands in python.json and tilscope.json")
    assert any("Nobody could log in" in one for one in stops)


def test_nobody_could_log_in_and_orthanc_refuses_to_start(orthanc: ConfiguredOrthanc) -> None:
    orthanc.change("python", PythonScript=str(PLUGIN))
    (orthanc.folder / "tilscope.json").write_text(
        json.dumps({"AuthenticationEnabled": True, "Tilscope": {"Python": sys.executable}})
    )
    assert orthanc.start().wait(PATIENCE_S) != 0
    assert "Nobody could log in" in orthanc.log.read_text()


def test_one_command_makes_it_one_that_runs(orthanc: ConfiguredOrthanc) -> None:
    before = {path.name: path.read_text() for path in orthanc.folder.iterdir()}
    done = tilscope("configure-orthanc", "--configuration", orthanc.folder, "--as", OUR_USER)
    password = orthanc.value("credentials", "RegisteredUsers")["admin"]
    assert done.stderr.count(password) == 1
    assert password not in done.stdout
    assert orthanc.value("python", "PythonScript") == str(PLUGIN)
    assert "Configuration to run Python script" in (orthanc.folder / "python.json").read_text(), "comments stay"
    assert (orthanc.folder / "python.json.before-tilscope").read_text() == before["python.json"]
    assert (orthanc.folder / "orthanc.json").read_text() == before["orthanc.json"]
    for secret in ("credentials.json", "credentials.json.before-tilscope", "tilscope.json"):
        assert (orthanc.folder / secret).stat().st_mode & 0o777 == 0o640

    with orthanc.running(password):
        assert orthanc.health("wrong") == 401
        assert not [one for one in findings(orthanc, ends=0) if one["severity"] == "note"], "Orthanc was asked too"


def test_a_second_time_nothing_is_changed_and_no_password_is_made(orthanc: ConfiguredOrthanc) -> None:
    tilscope("configure-orthanc", "--configuration", orthanc.folder, "--as", OUR_USER)
    before = {path.name: path.read_text() for path in orthanc.folder.iterdir()}
    done = tilscope("configure-orthanc", "--configuration", orthanc.folder, "--as", OUR_USER)
    assert "password" not in done.stderr
    assert {path.name: path.read_text() for path in orthanc.folder.iterdir()} == before


def test_a_sites_own_script_is_never_taken_away(orthanc: ConfiguredOrthanc) -> None:
    orthanc.change("python", PythonScript="/etc/orthanc/routing.py")
    done = tilscope("configure-orthanc", "--configuration", orthanc.folder, ends=1)
    assert "PythonScript is /etc/orthanc/routing.py already" in done.stderr
    assert orthanc.value("python", "PythonScript") == "/etc/orthanc/routing.py"
    assert not (orthanc.folder / "tilscope.json").exists()


def test_a_new_folder_becomes_a_whole_configuration(tmp_path: Path) -> None:
    folder, keep = tmp_path / "new", tmp_path / "password"
    tilscope("configure-orthanc", "--configuration", folder, "--as", OUR_USER, "--password-file", keep)
    made = ConfiguredOrthanc(tmp_path, folder)
    assert made.value("tilscope", "StorageDirectory") == str(folder / "storage")
    assert keep.stat().st_mode & 0o777 == 0o600
    made.on_free_ports("tilscope")
    with made.running(keep.read_text().strip()):
        assert (folder / "storage" / "index").exists()


def test_a_password_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    keep = tmp_path / "password"
    keep.write_text("somebody's own")
    done = tilscope("configure-orthanc", "--configuration", tmp_path / "new", "--password-file", keep, ends=1)
    assert f"{keep}: File exists" in done.stderr
    assert keep.read_text() == "somebody's own"
    assert not list((tmp_path / "new").glob("*.json"))
