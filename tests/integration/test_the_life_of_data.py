"""What an administrator does with the data of a hospital that is running: back it up, put it back, and remove a patient from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
import pytest
from integration.hospital import RESULTS, Hospital
from orthanc_server import PATIENCE_S, eventually

from tilscope.phantom import write_study
from tilscope.service.settings import LEDGER_FILE

pytestmark = pytest.mark.slow
TILSCOPE = Path(sys.executable).with_name("tilscope")
GENES = {"gzma": 4.25}


@dataclass(frozen=True)
class Scored:
    """A study of one patient, scored with molecular findings."""

    uid: str
    patient_id: str


@pytest.fixture(scope="module")
def scored(hospital: Hospital, patient, tmp_path_factory: pytest.TempPathFactory) -> Scored:

    folder = tmp_path_factory.mktemp("study")
    paths = write_study(patient, folder, companions=False, salt=str(folder))
    header = pydicom.dcmread(paths[0], stop_before_pixels=True)
    hospital.receive(paths)
    uid = str(header.StudyInstanceUID)
    assert hospital.settled(uid)["state"] == "scored"
    return Scored(uid, str(header.PatientID))


@pytest.fixture
def types(hospital: Hospital, tmp_path: Path) -> Any:
    """A command on the hospital's own machine, which ends as expected; with the archive where it is asked."""
    password = tmp_path / "password"
    password.write_text(hospital.password)

    def run(*words: object, archive: bool = False, ends: int = 0) -> Any:
        enter = ["--url", hospital.url, "--user", hospital.user, "--password-file", str(password)] if archive else []
        done = subprocess.run(
            [TILSCOPE, *map(str, words), *enter, "--data", str(data_of(hospital)), "--json"],
            capture_output=True, text=True, timeout=PATIENCE_S, check=False, env={**os.environ, "COLUMNS": "200"},
        )  # fmt: skip
        assert done.returncode == ends, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def data_of(hospital: Hospital) -> Path:
    return hospital.folder / "tilscope"


def bytes_of(data: Path) -> bytes:
    """The ledger and SQLite's log beside it."""
    return b"".join(path.read_bytes() for path in sorted(data.glob(f"{LEDGER_FILE}*")))


def test_a_backup_is_made_while_the_service_runs_and_is_not_restored_over_it(
    hospital: Hospital, scored: Scored, types: Any, tmp_path: Path
) -> None:
    made = types("backup", tmp_path / "backup.tar.gz")
    assert {LEDGER_FILE, "patient.key"} <= made["files"].keys()
    refused = types("restore", tmp_path / "backup.tar.gz", ends=1)
    assert "Another TILscope service" in refused["error"]
    assert hospital.study(scored.uid)["state"] == "scored"
    # Beside it, it can be put: it holds the study.
    words = [TILSCOPE, "restore", tmp_path / "backup.tar.gz", "--data", tmp_path / "restored"]
    subprocess.run(words, check=True, capture_output=True)
    assert scored.uid.encode() in bytes_of(tmp_path / "restored")


def test_a_patient_is_purged_with_results_while_the_service_runs(
    hospital: Hospital, scored: Scored, types: Any
) -> None:
    said = {"patient_id": scored.patient_id, "findings": GENES}
    hospital.http.post("/tilscope/patients/molecular", json=said).raise_for_status()
    eventually(lambda: len(hospital.study(scored.uid)["earlier_inputs"]) == 1, "it is scored with the findings")
    hospital.settled(scored.uid)
    assert scored.patient_id.encode() in bytes_of(data_of(hospital)), "else the test sees nothing"
    before = hospital.result_series(scored.uid)
    assert sorted(set(before)) == sorted(set(RESULTS))

    tried = types("purge", "--patient", scored.patient_id, "--results", archive=True)
    assert (tried["dry_run"], tried["purged"]["studies"]) == (True, 1)
    assert hospital.result_series(scored.uid) == before

    done = types("purge", "--patient", scored.patient_id, "--results", "--yes", archive=True)
    assert (done["result_objects"], done["result_objects_left"]) == (tried["result_objects"], [])
    assert done["erased"]
    assert hospital.result_series(scored.uid) == []
    assert {s["00080060"]["Value"][0] for s in hospital.series(scored.uid)} == {"MR"}, "the images stay"
    assert hospital.http.get(f"/tilscope/studies/{scored.uid}").status_code == 404
    assert hospital.http.get("/tilscope/molecular").json()["total"] == 0
    for word in (scored.patient_id, scored.uid):
        assert word.encode() not in bytes_of(data_of(hospital))
    actions = hospital.http.get("/tilscope/actions").json()["actions"]
    assert "1 study was purged" in [one["action"] for one in actions]
    assert scored.uid not in json.dumps(actions)
    assert hospital.service_answers()


def test_a_purged_study_can_come_again(hospital: Hospital, scored: Scored) -> None:
    """Nothing of it is left that could be in the way."""
    hospital.http.post(f"/tilscope/studies/{scored.uid}/rescore").raise_for_status()
    assert hospital.settled(scored.uid)["state"] == "scored"
    assert sorted(set(hospital.result_series(scored.uid))) == sorted(set(RESULTS))
    body = {"study_uid": scored.uid, "results": True, "dry_run": False}
    done = hospital.http.post("/tilscope/purges", json=body).raise_for_status().json()
    assert (done["studies"], done["result_objects"] > 0) == (1, True)
    assert hospital.result_series(scored.uid) == []
