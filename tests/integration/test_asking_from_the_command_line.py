"""`tilscope status`, `rescore` and `retry` against the running hospital: through Orthanc, as one of its users."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from integration.hospital import Hospital
from orthanc_server import PATIENCE_S, eventually

pytestmark = pytest.mark.slow
TILSCOPE = Path(sys.executable).with_name("tilscope")
DONE, FAULT = 0, 1


class Desk:
    """Where somebody types commands who knows the hospital's address and a password."""

    def __init__(self, hospital: Hospital, folder: Path) -> None:
        self.hospital = hospital
        self.password_file = folder / "password"
        self.password_file.write_text(hospital.password + "\n")

    def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        enter = ["--url", self.hospital.url, "--user", self.hospital.user, "--password-file", str(self.password_file)]
        wide = {**os.environ, "COLUMNS": "200"}
        return subprocess.run(
            [TILSCOPE, *words, *enter], capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=wide
        )

    def reads(self, *words: str, ends: int = DONE) -> str:
        """What is said to a person: on stdout the answer, on stderr a fault."""
        done = self.types(*words)
        assert done.returncode == ends, done.stdout + done.stderr
        return " ".join((done.stdout if ends == DONE else done.stderr).split())

    def gets(self, *words: str, ends: int = DONE) -> Any:
        done = self.types(*words, "--json")
        assert done.returncode == ends, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def desk(hospital: Hospital, tmp_path: Path) -> Desk:
    return Desk(hospital, tmp_path)


def test_what_happened_to_a_study_and_having_it_scored_again(hospital: Hospital, desk: Desk, new_study) -> None:
    uid, paths = new_study("asked about", companions=False)
    hospital.receive(paths)
    assert hospital.settled(uid)["state"] == "scored"

    said = desk.reads("status", uid)
    assert f"Study {uid}: scored" in said
    for event in ("instances arrived", "input settled", "started", "succeeded"):
        assert event in said
    assert uid in desk.reads("status")
    asked = desk.gets("status", uid)
    assert (asked["study_uid"], asked["state"]) == (uid, "scored")
    assert [e["event"] for e in asked["timeline"]][-1] == "succeeded"
    assert uid in [s["study_uid"] for s in desk.gets("status")["studies"]]

    again = desk.gets("rescore", uid)
    assert (again["study_uid"], again["state"]) == (uid, "receiving")
    assert again["detail"]
    eventually(
        lambda: hospital.study(uid)["attempts"] == 1 and hospital.study(uid)["state"] == "scored",
        f"scored again: {hospital.study(uid)}",
    )
    timeline = desk.gets("status", uid)["timeline"]
    assert {e["who"] for e in timeline if e["event"] == "rescore asked for"} == {hospital.user}
    assert [e["event"] for e in timeline].count("succeeded") == 2
    assert uid in desk.reads("rescore", uid)
    hospital.settled(uid)


def test_a_seed_given_from_afar_says_which_lesion_is_meant_until_it_is_taken_back(
    desk: Desk, hospital: Hospital, new_study
) -> None:
    uid, paths = new_study("seed")
    truth = json.loads((paths[0].parents[2] / "truth" / "truth.json").read_text(encoding="utf-8"))
    seed = ",".join(f"{v:g}" for v in truth["lesion"]["centre_mm"])
    hospital.receive(paths)
    automatic = hospital.settled(uid)

    def scored_as(source: str) -> bool:
        study = hospital.study(uid)
        if study["state"] != "scored":
            return False
        return hospital.result(uid)["dynamic_series"][0]["segmentation"]["source"] == source

    assert scored_as("automatic")
    desk.gets("rescore", uid, f"--seed-mm={seed}")
    eventually(lambda: scored_as("steered"), "scored with the seed")
    steered = desk.gets("status", uid)
    assert steered["input_hash"] != automatic["input_hash"]
    assert any("at the seed" in (e["detail"] or "") and e["who"] == hospital.user for e in steered["timeline"])
    (lesion,) = hospital.result(uid)["dynamic_series"][0]["lesions"]
    assert lesion["laterality"] == truth["lesion"]["side"]

    desk.gets("rescore", uid)
    hospital.settled(uid)
    assert scored_as("steered"), "asking again without a word keeps the seed"
    desk.gets("rescore", uid, "--automatic")
    eventually(lambda: scored_as("automatic"), "scored without the seed")


def test_a_seed_that_is_no_place_is_refused_before_anything_is_asked(desk: Desk, hospital: Hospital) -> None:
    answer = hospital.http.post("/tilscope/studies/1.2.3/rescore", json={"seed_mm": [1, 2]})
    assert answer.status_code == 400
    assert "seed_mm" in answer.json()["error"]


def test_a_study_that_nobody_knows(desk: Desk) -> None:
    assert "TILscope knows no study 1.2.3.4" in desk.reads("status", "1.2.3.4", ends=FAULT)
    told = desk.gets("status", "1.2.3.4", ends=FAULT)
    assert (told["kind"], told["code"]) == ("fault", "http-404")
    assert "Study 1.2.3.4 is not in the archive." in desk.reads("rescore", "1.2.3.4", ends=FAULT)
    assert "1.2.3.4" in desk.gets("rescore", "1.2.3.4", ends=FAULT)["error"]


def test_a_wrong_password_is_told_by_its_status_and_shown_nowhere(desk: Desk) -> None:
    desk.password_file.write_text("not the password")
    for words in (["status"], ["rescore", "1.2.3.4"]):
        said = desk.reads(*words, ends=FAULT)
        assert "401" in said
        assert "not the password" not in said
        assert desk.gets(*words, ends=FAULT)["code"] == "http-401"


def test_molecular_findings_make_a_new_input_of_the_study(
    hospital: Hospital, desk: Desk, new_study, tmp_path: Path
) -> None:
    uid, paths = new_study("with genes", companions=False)
    hospital.receive(paths)
    before = hospital.settled(uid)["input_hash"]

    (answer,) = desk.gets("molecular", uid, "--gzma", "4", "--no-triple-negative")
    assert answer["molecular"] == {"gzma": 4.0, "triple_negative": False}
    eventually(lambda: hospital.settled(uid)["input_hash"] != before, "the study is scored with what was said")
    assert hospital.settled(uid)["state"] == "scored"

    table = tmp_path / "genes.csv"
    table.write_text(f"study,gzma,prf1,tnbc\n{uid},,9,\n")
    assert desk.gets("molecular", "--csv", str(table)) == {"rows": 1, "changed": 1, "studies": 1}
    (known,) = desk.gets("molecular", "--list")
    assert known["molecular"] == {"gzma": 4.0, "triple_negative": False, "prf1": 9.0}, "what was said before stays"
    assert (known["study_uid"], known["who"]) == (uid, hospital.user)
    assert desk.gets("molecular", "--csv", str(table))["changed"] == 0
    (answer,) = desk.gets("molecular", uid, "--take-back")
    assert answer["molecular"] == {}
    eventually(lambda: hospital.settled(uid)["input_hash"] == before, "the study is as it was")
    told = [e["detail"] for e in hospital.study(uid)["timeline"] if e["who"] == hospital.user]
    assert "molecular findings: gzma, triple_negative" in told
    assert not any("4" in str(detail) for detail in told), "numbers stay out of the timeline"


def test_what_is_no_finding_is_refused_in_words(hospital: Hospital, desk: Desk) -> None:
    for wrong in ({"gzma": -1}, {"gzma": "high"}, {"her2": True}, {"triple_negative": 1}):
        answer = hospital.http.post("/tilscope/studies/1.2.3/molecular", json=wrong)
        assert answer.status_code == 400, wrong
        assert "The request cannot be understood" in answer.json()["detail"]
    assert "is not in the archive" in desk.reads("molecular", "1.2.3.4", "--gzma", "1", ends=FAULT)


def test_all_that_failed_for_one_reason_is_tried_again(hospital: Hospital, desk: Desk, new_study) -> None:
    assert desk.reads("retry", "--dry-run") == "No study has failed."
    uid, paths = new_study("failed", companions=False)
    hospital.receive(paths)
    assert hospital.settled(uid)["state"] == "scored"
    with sqlite3.connect(hospital.folder / "tilscope" / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE work SET state = 'failed', code = 'worker-died' WHERE study_uid = ?", (uid,))
    assert desk.reads("retry", "--dry-run") == "worker-died: 1"
    assert desk.reads("retry", "--code", "timed-out") == "0 studies are tried again."
    assert desk.gets("retry", "--code", "worker-died")["asked"] == 1
    study = hospital.until(uid, "scored")
    assert "all that failed so: worker-died" in [entry["detail"] for entry in study["timeline"]]
