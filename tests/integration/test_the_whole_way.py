"""From the last instance stored to the results in the study, with nobody touching anything."""

from __future__ import annotations

import time
from pathlib import Path

import pydicom
import pytest
from dicom_readers import conformance_errors, dumped_numbers, numbers_of_report, numbers_of_result, read_report
from integration.hospital import RESULTS, Hospital
from orthanc_server import at_leisure, eventually

from tilscope.phantom.defects import two_phases_only, write_ct_study

pytestmark = pytest.mark.slow


def test_a_study_that_arrives_is_scored_and_its_results_are_in_it(
    hospital: Hospital, new_study, tmp_path: Path
) -> None:
    uid, paths = new_study("arrives")
    stored_at = hospital.receive(paths)
    study = hospital.settled(uid)
    assert study["state"] == "scored", study
    assert time.monotonic() - stored_at < at_leisure(60)
    assert hospital.result_series(uid) == RESULTS

    # The report read by others holds the very numbers of the JSON.
    said = hospital.result(uid)
    for modality in set(RESULTS):
        for path in hospital.download(uid, modality, tmp_path):
            assert conformance_errors(path) == []
    (report,) = hospital.download(uid, "SR", tmp_path)
    expected = numbers_of_result(said["dynamic_series"][0])
    assert numbers_of_report(read_report(report, tmp_path / "read")) == expected
    assert dumped_numbers(report) == [value for group in expected.values() for value in group]

    # Storing results makes changes in Orthanc; they start nothing.
    time.sleep(6)
    study = hospital.study(uid)
    assert (study["state"], study["attempts"]) == ("scored", 1)
    assert hospital.result_series(uid) == RESULTS

    # The same study again is the same study.
    hospital.receive(paths)
    time.sleep(6)
    again = hospital.study(uid)
    assert (again["state"], again["attempts"]) == ("scored", 1)
    assert again["timeline"] == study["timeline"]


def test_what_cannot_be_scored_is_answered_in_words_and_holds_nothing_up(new_study, tmp_path: Path) -> None:
    with Hospital(tmp_path / "hospital", stable_age_s=4) as hospital:
        eventually(hospital.service_answers, "the service answers")
        short, short_paths = new_study("short")
        two_phases_only(short_paths[0].parents[2])
        ct = write_ct_study(tmp_path / "ct")
        good, good_paths = new_study("good", layout="series-per-phase")
        hospital.receive([*(p for p in short_paths if p.exists()), *ct, *good_paths])

        assert hospital.settled(good)["state"] == "scored"
        refused = hospital.settled(short)
        assert (refused["state"], refused["code"]) == ("refused", "too-few-phases")
        assert refused["reason"].startswith("2 phases were found")
        assert hospital.result_series(short) == ["SR"], "the note that says why"
        # A CT is none of our business: nothing is known of it, and nothing is written into it.
        ct_study = str(pydicom.dcmread(ct[0]).StudyInstanceUID)
        assert hospital.study(ct_study) == {}
        assert hospital.result_series(ct_study) == []


def test_a_late_phase_makes_a_new_result_that_names_its_predecessor(
    hospital: Hospital, new_study, tmp_path: Path
) -> None:
    uid, paths = new_study("late", layout="series-per-phase")
    # Series 4 to 7 are the phases. Without the second post-contrast one there are three: a dynamic series already.
    late = [p for p in paths if p.parent.name == "series-0006"]
    hospital.receive([p for p in paths if p not in late])
    first = hospital.settled(uid)
    assert first["state"] == "scored", first
    assert hospital.result(uid)["dynamic_series"][0]["phases"][-1]["number"] == 3

    hospital.receive(late)
    eventually(lambda: hospital.study(uid)["input_hash"] not in (None, first["input_hash"]), "a new input is known")
    assert hospital.settled(uid)["state"] == "scored"
    assert hospital.result(uid)["dynamic_series"][0]["phases"][-1]["number"] == 4
    reports = [pydicom.dcmread(p) for p in hospital.download(uid, "SR", tmp_path)]
    old, new = sorted(reports, key=lambda r: "PredecessorDocumentsSequence" in r)
    (named,) = new.PredecessorDocumentsSequence
    assert named.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == old.SOPInstanceUID


def test_the_real_exam_comes_back_with_its_objects(hospital: Hospital, reference_data: Path, tmp_path: Path) -> None:
    exam = reference_data / "nact" / "UCSF-BR-06"
    hospital.receive(sorted(exam.rglob("*.dcm")))
    uid = "1.3.6.1.4.1.14519.5.2.1.7695.2311.177955125518704558756705724976"
    study = hospital.settled(uid)
    assert study["state"] == "scored", study
    # The trial's own segmentation lies in the study too.
    assert hospital.result_series(uid) == sorted([*RESULTS, "SEG"])
    said = hospital.result(uid)
    assert [p["time_s"] for p in said["dynamic_series"][0]["phases"]] == [-230.0, 177.0, 531.0]
    (report,) = hospital.download(uid, "SR", tmp_path)
    assert conformance_errors(report) == []
