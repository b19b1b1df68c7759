"""One date of a patient from a folder with its result, and `tilscope follow` over two of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from mr_headers import as_file, mr_header
from pydicom.uid import ComprehensiveSRStorage
from scored_study import lesion_measurements, scored_study

from tilscope.models.finding import Finding
from tilscope.models.followup import BreastState
from tilscope.models.refusals import BadInput
from tilscope.models.result import SeriesResult, StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.exam_in_folder import exam_in

TILSCOPE = Path(sys.executable).with_name("tilscope")


def series_of(scale: float, *offsets: tuple[float, float, float], **changes: object) -> SeriesResult:
    """A result whose first lesion has so many times its usual size; lesions lie at these offsets from the nipple."""
    series = scored_study().result
    assert series.description
    first = replace(series.lesions[0], measurements=lesion_measurements(scale))
    placed = tuple(replace(one, offset_mm=at) for one, at in zip(series.description.lesions, offsets, strict=True))
    described = replace(series.description, lesions=placed)
    return replace(series, lesions=(first, *series.lesions[1:]), description=described, **changes)


def written(folder: Path, day: str, series: SeriesResult, patient: str = "P1") -> Path:
    """As `tilscope score` leaves a folder: the result, and an object that tells date and patient."""
    folder.mkdir()
    uid = f"1.2.3.{day}"
    result = StudyResult(uid, "in", series.settings_hash, series.pipeline_version, (replace(series, study_uid=uid),))
    (folder / "result.json").write_text(json.dumps(result.as_json()), encoding="utf-8")
    tags = {"SOPClassUID": ComprehensiveSRStorage, "Modality": "SR", "PatientID": patient, "StudyInstanceUID": uid}
    (folder / "report.dcm").write_bytes(as_file(mr_header("report", 0, 0, **tags, StudyDate=day)))
    return folder


def read(folder: Path):
    return exam_in(folder, PipelineSettings(), lambda stage, fraction: None)


BOTH = ((20.0, 40.0, 15.0), (-5.0, 30.0, -20.0))


def test_a_result_gives_date_patient_lesions_and_their_places(tmp_path: Path) -> None:
    exam = read(written(tmp_path / "one", "20240312", series_of(1.0, *BOTH)))
    assert (exam.date, exam.patient_id) == (date(2024, 3, 12), "P1")
    assert [one.offset_mm for one in exam.lesions] == list(BOTH)
    assert exam.lesions[0].value("ftv") == 2.71828
    assert exam.lesions[0].place == "upper outer, 2 o'clock, middle third"
    assert len({one.tracking_uid for one in exam.lesions}) == 2
    assert [(one.side, one.state) for one in exam.breasts] == [("L", BreastState.MEASURED)]


@pytest.mark.parametrize(
    ("finding", "state"),
    [(Finding.DIFFUSE, BreastState.DIFFUSE), (Finding.CANDIDATES, BreastState.NEEDS_READER)],
)
def test_what_is_no_mass_has_no_lesion_to_follow(tmp_path: Path, finding: Finding, state: BreastState) -> None:
    exam = read(written(tmp_path / "one", "20240312", series_of(1.0, *BOTH, finding=finding)))
    assert exam.lesions == ()
    assert exam.breasts[0].state is state
    assert exam.breasts[0].reason


def test_a_result_without_an_object_that_tells_its_date_is_no_date(tmp_path: Path) -> None:
    folder = written(tmp_path / "one", "20240312", series_of(1.0, *BOTH))
    (folder / "report.dcm").write_bytes(
        as_file(mr_header("report", 0, 0, SOPClassUID=ComprehensiveSRStorage, Modality="SR"))
    )
    with pytest.raises(BadInput, match="Nothing tells the date of study"):
        read(folder)


def test_a_result_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path / "one", "20240312", series_of(1.0, *BOTH))
    (folder / "result.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match=r"result\.json cannot be used"):
        read(folder)


def test_the_command_follows_two_dates_and_refuses_two_patients(tmp_path: Path) -> None:
    before = written(tmp_path / "before", "20240312", series_of(1.0, *BOTH))
    after = written(tmp_path / "after", "20240604", series_of(0.5, (22.0, 41.0, 15.0), BOTH[1]))
    other = written(tmp_path / "other", "20240701", series_of(0.5, *BOTH), patient="P2")

    def follow(*words: object) -> subprocess.CompletedProcess[str]:
        told = [TILSCOPE, "follow", *map(str, words)]
        wide = {**os.environ, "COLUMNS": "200"}
        return subprocess.run(told, capture_output=True, text=True, check=False, env=wide)

    done = follow(after, before, "--out", tmp_path / "followed.json", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer == json.loads((tmp_path / "followed.json").read_text(encoding="utf-8"))
    assert [[visit["fate"] for visit in one["visits"]] for one in answer["lesions"]] == [["found", "matched"]] * 2
    ftv = answer["lesions"][0]["visits"][1]["since_first"][0]
    assert (ftv["id"], ftv["percent"]) == ("ftv", pytest.approx(-50.0, abs=0.01))

    refused = follow(before, other)
    assert refused.returncode == 4
    assert "of different patients" in " ".join(refused.stderr.split())
    shown = follow(before, other, "--one-patient")
    assert shown.returncode == 0
    assert "Lesion 1, left breast" in shown.stdout
    assert "-50 %" in shown.stdout
