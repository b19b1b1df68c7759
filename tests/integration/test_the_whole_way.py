"""From the last instance stored to the results in the study, with nobody touching anything."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from dicom_readers import conformance_errors, read_report
from integration.hospital import RESULTS, Hospital

from phantom import PhantomSpec, make_study, write_study
from phantom.defects import two_phases_only, write_ct_study

pytestmark = pytest.mark.slow


def test_a_study_that_arrives_is_scored_and_its_results_are_in_it(hospital: Hospital, new_study, tmp_path: Path) -> None:
    uid, paths = new_study("arrives")
    stored_at = hospital.receive(paths)
    study = hospital.settled(uid)
    assert study["state"] == "scored", study
    assert time.monotonic() - stored_at < 60
    assert hospital.result_series(uid) == RESULTS

    # The report read by others holds the very numbers of the JSON.
    said = hospital.result(uid)
    for modality in set(RESULTS):
        for path in hospital.download(uid, modality, tmp_path):
            assert conformance_errors(path) == []
    (report,) = hospital.download(uid, "SR", tmp_path)
    numbers = {m.value for m in read_report(report).measurements}
    wanted = [m["value"] for lesion in said["lesions"] for m in lesion["measurements"]]
    wanted += [m["value"] for m in said["breast"]] + [f["value"] for s in said["signatures"] for f in s["features"]]
    for value in wanted:
        if value is not None:
            assert value in numbers

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


def test_what_cannot_be_scored_is_answered_in_words_and_holds_nothing_up(hospital: Hospital, new_study, tmp_path: Path) -> None:
    small = PhantomSpec.small(seed=3)
    write_study(make_study(small), tmp_path / "two", layout="series-per-phase", salt=str(tmp_path))
    two_phases_only(tmp_path / "two")
    write_ct_study(tmp_path / "ct")
    hospital.receive(sorted((tmp_path / "two").rglob("*.dcm")) + sorted((tmp_path / "ct").rglob("*.dcm")))
    uid, paths = new_study("good", layout="series-per-phase")
    hospital.receive(paths)
    assert hospital.settled(uid)["state"] == "scored"
    assert hospital.result_series(uid) == RESULTS


def test_a_late_phase_makes_a_new_result_that_names_its_predecessor(hospital: Hospital, new_study, tmp_path: Path) -> None:
    import pydicom

    uid, paths = new_study("late", layout="series-per-phase")
    last_series = str(pydicom.dcmread(paths[-1], stop_before_pixels=True).SeriesInstanceUID)
    dynamic = [p for p in paths if "dyn" in str(pydicom.dcmread(p, stop_before_pixels=True).SeriesDescription)]
    by_series: dict[str, list[Path]] = {}
    for path in dynamic:
        by_series.setdefault(str(pydicom.dcmread(path, stop_before_pixels=True).SeriesInstanceUID), []).append(path)
    phases = [group for group in by_series.values() if len(group) == len(next(iter(by_series.values())))]
    assert last_series
    # The second post-contrast phase comes last: three phases are a dynamic series already.
    late = phases[1]
    hospital.receive([p for p in paths if p not in late])
    first = hospital.settled(uid)
    assert first["state"] == "scored", first
    hospital.receive(late)
    second = hospital.until(uid, "scored") if False else _rescored(hospital, uid, first)
    assert second["state"] == "scored"
    reports = [pydicom.dcmread(p) for p in hospital.download(uid, "SR", tmp_path)]
    old, new = sorted(reports, key=lambda r: "PredecessorDocumentsSequence" in r)
    (study_item,) = new.PredecessorDocumentsSequence
    assert study_item.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == old.SOPInstanceUID


def _rescored(hospital: Hospital, uid: str, before: dict) -> dict:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        study = hospital.study(uid)
        if study.get("state") == "scored" and study["input_hash"] != before["input_hash"]:
            return study
        time.sleep(0.5)
    raise AssertionError(f"not scored anew: {hospital.study(uid)}")


def test_the_real_exam_comes_back_with_its_objects(hospital: Hospital, reference_data: Path, tmp_path: Path) -> None:
    exam = reference_data / "nact" / "UCSF-BR-06"
    hospital.receive(sorted(exam.rglob("*.dcm")))
    uid = "1.3.6.1.4.1.14519.5.2.1.7695.2311.177955125518704558756705724976"
    study = hospital.settled(uid)
    assert study["state"] == "scored", study
    # The trial's own segmentation lies in the study too.
    assert hospital.result_series(uid) == sorted([*RESULTS, "SEG"])
    said = hospital.result(uid)
    assert [p["time_s"] for p in said["phases"]] == [-230.0, 177.0, 531.0]
    (report,) = hospital.download(uid, "SR", tmp_path)
    assert conformance_errors(report) == []
