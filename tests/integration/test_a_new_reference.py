"""A site calibrates and asks for what was scored before: reports follow, and no image leaves the archive for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydicom
import pytest
from dicom_readers import conformance_errors
from integration.hospital import RESULTS, Hospital
from orthanc_server import eventually
from report_cohort import SETTINGS, known_values, report

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models import PIPELINE_VERSION
from tilscope.models.signatures.base import settings_hash
from tilscope.models.signatures.su2022.model import SU_2022

pytestmark = pytest.mark.slow
TILSCOPE = Path(sys.executable).with_name("tilscope")


@pytest.fixture
def types(hospital: Hospital, tmp_path: Path):
    """Runs a command as a user of the hospital; its answer as JSON."""
    password = tmp_path / "password"
    password.write_text(hospital.password)

    def run(*words: str) -> Any:
        enter = ["--user", hospital.user, "--password-file", str(password), "--json"]
        done = subprocess.run([TILSCOPE, *words, *enter], capture_output=True, text=True, check=False, env=os.environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def said(hospital: Hospital, study: str, signature: str = "wu2018") -> dict[str, Any]:
    (series,) = hospital.result(study)["dynamic_series"]
    return next(dict(s) for s in series["signatures"] if s["id"] == signature)


def files_read(hospital: Hospital, since: int) -> list[str]:
    """Which instances have been asked of Orthanc as files, by its log, of which so many letters are known."""
    lines = [
        line
        for line in hospital.log()[since:].splitlines()
        if "GET /instances/" in line and line.rstrip().endswith("/file")
    ]
    return [line.split("/instances/")[1].split("/")[0] for line in lines]


def modality_of(hospital: Hospital, instance: str) -> str:
    return str(hospital.http.get(f"/instances/{instance}/simplified-tags").json()["Modality"])


def objects_by_kind(hospital: Hospital, study: str, kind: str) -> list[str]:
    return sorted(o["sop_instance_uid"] for o in hospital.result(study)["objects"] if o["kind"] == kind)


def test_a_new_reference_reaches_what_was_scored_before_without_an_image(
    hospital: Hospital, new_study, types, tmp_path: Path
) -> None:
    studies = []
    for name in ("first", "second"):
        uid, paths = new_study(name, companions=False)
        hospital.receive(paths)
        assert hospital.settled(uid)["state"] == "scored"
        studies.append(uid)
    before = {uid: (said(hospital, uid), objects_by_kind(hospital, uid, "SEG")) for uid in studies}
    with OrthancArchive(OrthancAddress(hospital.url, hospital.user, hospital.password)) as archive:
        archive.store([report(n, values) for n, values in enumerate(known_values(30))])
    data = str(hospital.folder / "tilscope")

    assert types("rescore", "--all", "--dry-run", "--url", hospital.url)["outdated"] == 0
    older = types("rescore", "--older-than-version", PIPELINE_VERSION, "--dry-run", "--url", hospital.url)
    assert (older["outdated"], older["answered_by_version"][PIPELINE_VERSION]["scored"]) == (0, 2)
    made = types(
        "calibrate", "wu2018", "--cohort", "ours", "--from", f"orthanc+{hospital.url}", "--install", "--data", data
    )
    (content,) = made["references"].values()
    assert types("rescore", "--all", "--dry-run", "--url", hospital.url)["outdated"] == 2
    assert types("rescore", "--all", "--signature", "su2022", "--dry-run", "--url", hospital.url)["outdated"] == 0

    logged = len(hospital.log())
    answer = types("rescore", "--all", "--url", hospital.url)
    assert (answer["asked"], answer["outdated"], answer["under_way"]) == (2, 0, 0)
    read = {modality_of(hospital, instance) for instance in files_read(hospital, logged)}
    assert read == {"SR"}, "an image was read"

    for uid in studies:
        earlier, segmentations = before[uid]
        assert earlier["state"] == "uncalibrated"
        now = said(hospital, uid)
        assert now["state"] == "calibrated"
        assert now["features"] == earlier["features"]
        z = {f["id"]: f["value"] for f in now["features"]}
        weights = {"M1": 4.4, "TEX2": -3.14, "TS-BPE2": -2.0, "BPE1": -2.62, "BPE3": -0.72}
        by_hand = 13.02 + sum(w * (z[id] - content["mean"][id]) / content["sd"][id] for id, w in weights.items())
        assert now["score"]["value"] == pytest.approx(by_hand, rel=1e-5)
        assert objects_by_kind(hospital, uid, "SEG") == segmentations
        # Both reports are there, one set of segmentations, and the new report names the old one.
        assert hospital.result_series(uid) == sorted([*RESULTS, "SR", "DOC"])
        paths = hospital.download(uid, "SR", tmp_path)
        assert all(conformance_errors(path) == [] for path in paths)
        old, new = sorted((pydicom.dcmread(p) for p in paths), key=lambda r: "PredecessorDocumentsSequence" in r)
        (named,) = new.PredecessorDocumentsSequence
        assert named.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == old.SOPInstanceUID
        assert objects_by_kind(hospital, uid, "SR") == [new.SOPInstanceUID]
        timeline = hospital.study(uid)["timeline"]
        assert (hospital.user, "what is installed at the site has changed") in {
            (e["who"], e["detail"]) for e in timeline
        }


def test_what_is_said_of_a_patient_holds_for_the_study_that_comes_tomorrow(
    hospital: Hospital, new_study, types, tmp_path: Path
) -> None:
    folder = hospital.folder / "tilscope" / "references"
    folder.mkdir(exist_ok=True)
    names = SU_2022.model_features
    numbers = {"mean": dict.fromkeys(names, 0.0), "sd": dict.fromkeys(names, 1.0), "scores": [0.0, 1.0]}
    facts = {"signature": "su2022", "cohort": "c", "studies": 40, "settings_hash": settings_hash(SU_2022, SETTINGS)}
    (folder / "su2022.json").write_text(json.dumps({**facts, **numbers}))
    today, paths = new_study("today", companions=False)
    hospital.receive(paths)
    assert hospital.settled(today)["state"] == "scored"
    patient = str(pydicom.dcmread(paths[0], stop_before_pixels=True).PatientID)
    told_of = tmp_path / "receptors.csv"
    told_of.write_text(f"patient,tnbc\n{patient},no\n")
    told = types("molecular", "--csv", str(told_of), "--url", hospital.url)
    assert told["studies"] >= 1, "that of today, and others that were sent as this patient's"
    known = ["Receptor status: not triple-negative"]
    eventually(lambda: said(hospital, today, "su2022")["supplied"] == known, "it reaches the study of today")

    tomorrow, paths = new_study("tomorrow", companions=False)
    hospital.receive(paths)
    assert hospital.settled(tomorrow)["state"] == "scored"
    assert said(hospital, tomorrow, "su2022")["supplied"] == known


def test_past_studies_are_chosen_by_one_command_and_each_reference_that_there_is_not_is_explained(
    hospital: Hospital, new_study, types
) -> None:
    uid, paths = new_study("past", companions=False)
    hospital.receive(paths)
    assert hospital.settled(uid)["state"] == "scored"
    words = ("calibrate", "--past", "--cohort", "first night", "--url", hospital.url)
    assert types(*words, "--sender", "NOBODY", "--dry-run")["detail"].startswith("Studies that would be scored: 0.")
    made = types(*words, "--newest", "1")
    assert (made["cohort"], made["studies"], made["states"], made["made"]) == ("first night", 1, {"scored": 1}, True)
    assert made["references"] == []
    assert made["not_made"]["wu2018"].startswith("1 studies can calibrate wu2018, at least 30 are needed.")
    assert "a reference alone gives no score" in made["not_made"]["han2024"]
    assert "No reference could be made" in hospital.http.get("/tilscope/calibration").text
