"""A study of two breasts, each imaged by itself: each has its own answer, and neither waits for the other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import dicom_readers
import pydicom
import pytest
from published_result import faults_of_result

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.files import read_header
from tilscope.dicom_io.objects.sr.report_reading import evidence_of
from tilscope.models.imaging.series import Laterality
from tilscope.models.lesions.steering import Steering
from tilscope.models.refusals import Refused
from tilscope.models.result import OtherBreast, StudyResult
from tilscope.models.result_schema import read_result
from tilscope.models.settings import PipelineSettings
from tilscope.phantom import LesionSpec, PhantomSpec, make_study, write_study
from tilscope.service.scoring.score import score
from tilscope.service.scoring.stages import Report


def scored(folder: Path, spec: PhantomSpec, report: Report = lambda stage, fraction: None) -> StudyResult:
    write_study(make_study(spec), folder, "sagittal-pair")
    archive = FolderArchive(folder / "dicom", folder / "out")
    return score(archive, archive.only_study(), PipelineSettings(), report)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pair")


@pytest.fixture(scope="module")
def told() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def answer(folder: Path, told: list[tuple[str, float]]) -> StudyResult:
    return scored(folder, PhantomSpec.small(), lambda stage, fraction: told.append((stage, fraction)))


def test_the_breast_with_the_lesion_is_scored_and_the_other_is_told_to_have_none(answer: StudyResult) -> None:
    (left,), (right,) = answer.dynamic_series, answer.refused_series
    assert (left.laterality, right.laterality, right.code) == ("L", "R", "no-lesion")
    assert [lesion.laterality for lesion in left.lesions] == ["L"]
    assert left.other_breast == OtherBreast("R", right.code, right.reason)
    assert faults_of_result(answer.as_json()) == []
    assert read_result(json.loads(json.dumps(answer.as_json()))) == answer


def test_a_seed_is_about_the_breast_that_it_lies_in(answer: StudyResult, folder: Path) -> None:
    (left,) = answer.dynamic_series
    archive = FolderArchive(folder / "dicom", folder / "out-seed")
    seed = Steering(seed_mm=left.lesions[0].point_mm)
    again = score(archive, answer.study_uid, PipelineSettings(), lambda stage, fraction: None, seed)
    assert [one.segmentation.source for one in again.dynamic_series] == ["steered"]
    assert [(one.laterality, one.code) for one in again.refused_series] == [("R", "no-lesion")], "as without the seed"


def test_a_seed_in_vain_leaves_the_result_of_both_breasts_and_writes_nothing(answer: StudyResult, folder: Path) -> None:
    (left,) = answer.dynamic_series
    x, y, z = left.lesions[0].point_mm or (0.0, 0.0, 0.0)
    archive = FolderArchive(folder / "dicom", folder / "out-in-vain")
    nowhere = Steering(seed_mm=(-x, y, z))
    with pytest.raises(Refused, match="No enhancing lesion was found at the seed") as told:
        score(archive, answer.study_uid, PipelineSettings(), lambda stage, fraction: None, nowhere, result_stands=True)
    assert told.value.code == "no-lesion-there"
    assert not list((folder / "out-in-vain").glob("*.dcm")), "no note of a refusal beside the report that stands"


def test_the_objects_name_their_breast_and_lie_on_its_slices_alone(answer: StudyResult, folder: Path) -> None:
    assert {o.laterality for o in answer.objects if o.kind != "SR"} == {"L"}
    (left,) = answer.dynamic_series
    report = pydicom.dcmread(folder / "out" / "tilscope_report_left.dcm")
    segmentation = pydicom.dcmread(folder / "out" / "tilscope_lesions_left.dcm")
    x = [
        float(f.PlanePositionSequence[0].ImagePositionPatient[0]) for f in segmentation.PerFrameFunctionalGroupsSequence
    ]
    assert min(x) > 0, "the patient's left is +x"
    for path in (folder / "out").glob("*.dcm"):
        assert dicom_readers.conformance_errors(path) == []
    assert report.SeriesNumber == 9203
    assert left.input_hash != answer.input_hash, "the study's answer also depends on the other breast"


def test_the_report_and_the_page_are_of_the_exam_and_say_what_became_of_the_other_breast(
    answer: StudyResult, folder: Path, tmp_path: Path
) -> None:
    (right,) = answer.refused_series
    report = folder / "out" / "tilscope_report_left.dcm"
    page = pydicom.dcmread(folder / "out" / "tilscope_summary_left.dcm")
    said = " ".join("\n".join(dicom_readers.report_lines(report)).split())
    printed = " ".join(dicom_readers.page_text(page, tmp_path).split())
    for words in (said, printed):
        assert f"This is about the left breast. The right breast was imaged too and not scored: {right.reason}" in words
    assert "MR Breast - bilateral" in said


def test_the_refused_breast_has_a_note_of_its_own(answer: StudyResult, folder: Path) -> None:
    report, note = (o for o in answer.objects if o.kind == "SR")
    assert (report.laterality, note.laterality) == ("L", "R")
    written = pydicom.dcmread(folder / "out" / "tilscope_not_scored_right.dcm")
    assert (written.SOPInstanceUID, written.SeriesNumber) == (note.sop_instance_uid, 9110)
    told = "\n".join(dicom_readers.report_lines(folder / "out" / "tilscope_not_scored_right.dcm"))
    assert "No score for the right breast. No enhancing lesion was found in the breast: its gland takes up" in told
    assert "MR Breast - bilateral" in told, "the exam was of both"
    other = read_header(folder / "out" / "tilscope_report_left.dcm")
    assert not evidence_of(written) & evidence_of(other)


def test_progress_never_goes_back_and_names_the_breast(answer: StudyResult, told: list[tuple[str, float]]) -> None:
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    stages = {stage for stage, _ in told}
    assert {"segmenting, right breast", "segmenting, left breast"} <= stages
    assert "segmenting, left breast" in answer.timings_s
    assert answer.timings_s.keys() == answer.cpu_s.keys()


def test_two_breasts_without_a_lesion_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        scored(tmp_path, replace(PhantomSpec.small(), lesion=None))
    assert refusal.value.code == "no-lesion"


def test_a_lesion_in_the_right_breast_is_scored_there(tmp_path: Path) -> None:
    spec = replace(PhantomSpec.small(), lesion=LesionSpec(side=Laterality.RIGHT))
    answer = scored(tmp_path, spec)
    assert [one.laterality for one in answer.dynamic_series] == ["R"]
