"""docker/: what the container is allowed, what it is made of, and whether Orthanc reads what it is configured with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from orthanc_server import INSTALLED, OrthancServer, eventually

from tilscope.service.doctor.configuration.commented_json import blanked, with_environment

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"


@pytest.fixture
def container() -> dict[str, Any]:
    (service,) = yaml.safe_load((DOCKER / "compose.yml").read_text())["services"].values()
    found: dict[str, Any] = service
    return found


def test_the_container_may_do_little(container: dict[str, Any]) -> None:
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["pids_limit"] <= 4096
    assert "mem_limit" in container
    assert "privileged" not in container
    assert "network_mode" not in container


def test_it_is_given_the_time_that_the_plugin_takes_to_stop(container: dict[str, Any]) -> None:
    plugin = (ROOT / "orthanc" / "plugin.py").read_text()
    match = re.search(r"STOP_WITHIN_S, TERMINATE_WITHIN_S = [\d.]+, ([\d.]+), ([\d.]+)", plugin)
    assert match is not None
    asked, terminated = map(float, match.groups())
    assert int(container["stop_grace_period"].removesuffix("s")) >= 2 * (asked + 2 * terminated)


def test_scanners_reach_it_and_http_stays_on_this_machine(container: dict[str, Any]) -> None:
    dicom, http = (with_environment(port, {}) for port in container["ports"])
    assert (dicom, http) == ("0.0.0.0:4242:4242", "127.0.0.1:8042:8042")


def test_every_variable_of_the_configuration_is_one_of_the_container(container: dict[str, Any]) -> None:
    text = (DOCKER / "orthanc.json").read_text().replace("${NAME:-default}", "")
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", text))
    given = {name: with_environment(value, {}) for name, value in container["environment"].items()}
    assert given == {**used, "ORTHANC_PASSWORD": ""}


def stages() -> list[str]:
    text = (DOCKER / "Dockerfile").read_text()
    return re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]


def test_the_compiler_is_left_out_of_the_image() -> None:
    build, image = stages()
    assert "install.sh --runtime" in build
    assert "--packages" in image
    assert "COPY --from=build /opt/tilscope /opt/tilscope" in image
    installer = (DOCKER / "install.sh").read_text()
    (always,) = re.findall(r"^packages=\(([^)]*)\)", installer, re.MULTILINE)
    assert not {"gcc", "libc6-dev", "python3-dev"} & set(always.split())


def test_the_base_is_a_release_and_the_user_is_not_root() -> None:
    text = (DOCKER / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=debian:\d+\.\d+-slim$", text, re.MULTILINE)
    assert "USER orthanc" in stages()[-1]


def test_everything_that_is_copied_is_there_and_nothing_of_the_package_is_forgotten() -> None:
    copied = [
        words for line in re.findall(r"^COPY (?!--from)(.*)$", stages()[0], re.MULTILINE) for words in line.split()[:-1]
    ]
    assert [one for one in copied if not (ROOT / one).exists()] == []
    assert {"tilscope", "models", "dicom_io", "phantom", "service", "orthanc", "docker"} <= set(copied)


@pytest.mark.skipif(not INSTALLED.present, reason="Orthanc is not installed here")
def test_the_configuration_with_the_environments_values_starts_orthanc_and_the_health_check_sees_it(
    tmp_path: Path,
) -> None:
    """But for its folders, ports and user, which are this test's own."""
    environment = {"ORTHANC_AET": "HOSPITAL", "TILSCOPE_WORKER_MEMORY": "3GiB", "ORTHANC_STABLE_AGE": "77"}
    server = OrthancServer(tmp_path, tilscope={})
    ours = json.loads(server.configuration_path.read_text())
    kept = ("StorageDirectory", "HttpPort", "DicomPort", "RegisteredUsers", "PythonScript")
    text = (DOCKER / "orthanc.json").read_text().replace('"/opt/tilscope/.venv/bin/python"', json.dumps(sys.executable))
    told = json.loads(blanked(with_environment(text, environment)))
    assert told["StableAge"] == 77
    assert told["Tilscope"]["WorkerMemory"] == "3GiB"
    # Orthanc itself puts the values in: what is given to it has the names.
    for key in kept:
        text = re.sub(rf'"{key}": [^\n]*?(,?)\n', rf'"{key}": {json.dumps(ours[key])}\1\n', text)
    text = re.sub(r'"IndexDirectory"[^\n]*\n', f'"RegisteredUsers": {json.dumps(ours["RegisteredUsers"])},\n', text)
    server.configuration_path.write_text(text)
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        with server:
            assert server.http.get("/system").json()["DicomAet"] == "HOSPITAL"
            eventually(lambda: server.http.get("/tilscope/health").status_code == 200, "TILscope is well")
            assert asked_of_health(server, server.password) == (0, "")
            status, words = asked_of_health(server, "wrong")
            assert status == 1
    finally:
        os.environ.clear()
        os.environ.update(before)
    status, words = asked_of_health(server, server.password)
    assert (status, words.startswith("Orthanc does not answer")) == (1, True)


def asked_of_health(server: OrthancServer, password: str) -> tuple[int, str]:
    """docker/health.py, with the container's places moved to these."""
    users = server.folder / "users.json"
    users.write_text(json.dumps({"RegisteredUsers": {server.user: password}}))
    text = (DOCKER / "health.py").read_text()
    for inside, here in {"/var/lib/orthanc/db/users.json": str(users), "http://127.0.0.1:8042": server.url}.items():
        assert inside in text
        text = text.replace(inside, here)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()
