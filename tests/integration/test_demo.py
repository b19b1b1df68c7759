"""`tilscope demo` as a person runs it who has five minutes: what is shown, what stays behind, and what a failure says."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from orthanc_server import at_leisure, eventually
from published_result import faults_of_result

from tilscope.dicom_io.dimse import Peer, send
from tilscope.dicom_io.send_errors import SendError
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.demo.demo_orthanc import DemoFault, DemoOrthanc

TILSCOPE = Path(sys.executable).with_name("tilscope")


def demo(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TILSCOPE, "demo", "--once", "--folder", folder],
        capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200", **environment},
    )  # fmt: skip


def processes_of(folder: Path) -> list[psutil.Process]:
    """Orthanc names the folder in its command; the service and its workers work in it."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if str(folder) in " ".join(process.cmdline()) or process.cwd().startswith(str(folder)):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
def test_the_demo_shows_the_objects_that_came_back_and_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    ended = demo(folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    password = (folder / "password").read_text().strip()
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert (ended.stdout + ended.stderr).count(password) == 1
    waited = re.search(r"From the last instance stored to the results: ([\d.]+) s\.", ended.stdout)
    assert waited is not None
    assert float(waited[1]) < at_leisure(60)
    table = ended.stdout[ended.stdout.index("In the study by QIDO-RS") :]
    assert sorted(re.findall(r"^│ (\w+) ", table, re.MULTILINE)) == ["DOC", "SEG", "SEG", "SEG", "SR"]
    assert table.count("DEMO_TILscope_") == 5
    summary = ended.stdout[: ended.stdout.index("In the study by QIDO-RS")]
    assert "DEMO: synthetic data" in summary
    assert len(re.findall(r"│ calibrated +│", summary)) == 5
    assert processes_of(folder) == []


@pytest.mark.slow
def test_the_demo_for_programs_says_nothing_but_its_answer(tmp_path: Path) -> None:
    program = (
        "import json, sys; from pathlib import Path; from rich.console import Console; "
        "from tilscope.service.demo.show import show; "
        "print(json.dumps(show(Console(), Path(sys.argv[1]), once=True, quiet=True)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "demo"], capture_output=True, text=True, check=True
    )
    told = json.loads(ended.stdout)
    assert told["url"].startswith("http://127.0.0.1:")
    assert 0 < told["seconds"] < at_leisure(60)
    assert sorted(found["modality"] for found in told["objects"]) == ["DOC", "SEG", "SEG", "SEG", "SR"]
    assert told["result"]["study_uid"] == told["study_uid"]
    assert told["result"]["demo"] is True
    assert faults_of_result(told["result"]) == []
    (series,) = told["result"]["dynamic_series"]
    assert [s["id"] for s in series["signatures"]] == ["wu2018", "su2022", "qian2024", "fan2023", "han2024"]
    for signature in series["signatures"]:
        assert signature["state"] == "calibrated"
        assert signature["score"]["value"] is not None
        assert signature["category"] is not None
        assert signature["contributions"]
        assert "DEMO" in signature["reason"]


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("exec /usr/sbin/Orthanc /no/such/configuration.json", "/no/such/configuration.json"),
        (
            """sed -i 's#"Python": ".*"#"Python": "/no/such/python"#' "$1"; exec /usr/sbin/Orthanc "$1" """,
            "Python: /no/such/python cannot be executed; it must be the interpreter in which TILscope is installed.",
        ),
    ],
    ids=["its configuration is missing", "the service's interpreter is wrong"],
)
def test_an_orthanc_that_cannot_start_ends_the_demo_with_the_reason(tmp_path: Path, start: str, reason: str) -> None:
    program = tmp_path / "bin" / "Orthanc"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{start}\n")
    program.chmod(0o755)
    folder = tmp_path / "demo"
    ended = demo(folder, PATH=f"{program.parent}:{os.environ['PATH']}")
    said = " ".join(ended.stderr.split())
    assert ended.returncode == 1
    assert f"Orthanc ended at its start; its log is {folder / 'orthanc.log'}" in said
    assert reason in said
    assert processes_of(folder) == []


def test_a_folder_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "storage" / "thesis.txt"
    theirs.parent.mkdir()
    theirs.write_text("years of work")
    ended = demo(tmp_path)
    assert ended.returncode == 1
    assert "is not empty and was not made by the demo" in " ".join(ended.stderr.split())
    assert theirs.read_text() == "years of work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["storage"]


def other_address() -> str | None:
    """An address of this machine that is not the loopback."""
    for addresses in psutil.net_if_addrs().values():
        for a in addresses:
            if a.family == socket.AF_INET and not a.address.startswith("127."):
                return a.address
    return None


@pytest.mark.slow
def test_each_demo_begins_with_an_empty_archive_that_takes_images_from_this_machine_only(tmp_path: Path) -> None:
    files = write_study(make_study(PhantomSpec.small()), tmp_path / "study", companions=False)[:1]
    folder = tmp_path / "demo"
    with DemoOrthanc(folder) as orthanc:
        send(files, orthanc.peer)
        with pytest.raises(SendError):
            send(files, Peer("127.0.0.1", orthanc.dicom_port, calling_aet="STRANGER"))
        if address := other_address():
            with pytest.raises((SendError, OSError)):
                send(files, Peer(address, orthanc.dicom_port))
        assert stored(folder) > 0
        with pytest.raises(DemoFault, match=r"a demo runs in .* already"):
            DemoOrthanc(folder).__enter__()
    eventually(lambda: not processes_of(folder))
    before = stored(folder)
    with DemoOrthanc(folder):
        assert stored(folder) < before


def stored(folder: Path) -> int:
    """DICOM files in the demo's storage."""
    return sum(1 for p in (folder / "storage").glob("??/??/*") if p.is_file())
