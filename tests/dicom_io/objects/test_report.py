"""The structured report, read by dcmqi and dcmtk: the very numbers of result.json, and what a reader must know first."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import dicom_readers
import pytest
from pydicom import Dataset
from pydicom.sr.codedict import codes
from scored_study import WU_FEATURES, ScoredStudy, scored_study, wu_signature

from tilscope.dicom_io.identity import code_item
from tilscope.dicom_io.objects.results import ResultObjects, build_results, previous_report
from tilscope.dicom_io.objects.sr.report_chain import PreviousReport
from tilscope.models import PIPELINE_VERSION
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import CalibrationState, Measurement


@pytest.fixture(scope="module")
def study() -> ScoredStudy:
    return scored_study()


@pytest.fixture(scope="module")
def objects(study: ScoredStudy) -> ResultObjects:
    return build_results(*study.parts)


@pytest.fixture(scope="module")
def report_file(objects: ResultObjects, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dicom_readers.saved(objects.report, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def read(report_file: Path) -> dict[str, Any]:
    return dicom_readers.read_report(report_file, report_file.parent / "read")


def write_and_read(study: ScoredStudy, folder: Path) -> dict[str, Any]:
    path = dicom_readers.saved(build_results(*study.parts).report, folder)
    return dicom_readers.read_report(path, folder / "read")


def group(read: dict[str, Any], tracking_id: str) -> dict[str, Any]:
    (found,) = (g for g in read["Measurements"] if g["TrackingIdentifier"] == tracking_id)
    return found


def answers(group: dict[str, Any]) -> dict[str, str]:
    """Question -> answer, by their meanings; sentences have no code."""
    found = {}
    for evaluation in group.get("qualitativeEvaluations", []):
        value = evaluation["conceptValue"]
        found[evaluation["conceptCode"]["CodeMeaning"]] = value["CodeMeaning"] if isinstance(value, dict) else value
    return found


def test_dcmqi_reads_the_numbers_of_result_json(study: ScoredStudy, read: dict[str, Any]) -> None:
    expected = dicom_readers.numbers_of_result(asdict(study.result))
    assert dicom_readers.numbers_of_report(read) == expected
    assert sum(len(values) for values in expected.values()) == 20 + 24 + 5 + 3 + 18


def test_dcmtk_reads_the_numbers_of_result_json(study: ScoredStudy, report_file: Path) -> None:
    expected = dicom_readers.numbers_of_result(asdict(study.result))
    assert dicom_readers.dumped_numbers(report_file) == [v for group in expected.values() for v in group]


def test_units_and_codes_stand_beside_the_numbers(read: dict[str, Any]) -> None:
    items = group(read, "Lesion 1")["measurementItems"]
    said = [
        (i["quantity"]["CodingSchemeDesignator"], i["quantity"]["CodeValue"], i["units"]["CodeValue"]) for i in items
    ]
    assert said == [
        ("SCT", "118565006", "cm3"),
        ("IBSI", "L0JK", "mm"),
        ("IBSI", "QCFX", "1"),
        ("IBSI", "2PR5", "/mm"),
        ("99TILSCOPE", "FTV", "cm3"),
        ("99TILSCOPE", "FTV_SER", "cm3"),
        ("99TILSCOPE", "PE", "%"),
        ("99TILSCOPE", "PE_PEAK", "%"),
        ("99TILSCOPE", "SER", "{ratio}"),
        ("SCT", "103339001", "mm"),
        ("SCT", "131189007", "mm"),
        ("SCT", "103340004", "mm"),
        ("DCM", "121242", "mm"),
        ("DCM", "121243", "mm"),
        ("DCM", "121244", ""),  # without a value
        ("99TILSCOPE", "INIT_SLOW", "%"),
        ("99TILSCOPE", "INIT_MEDIUM", "%"),
        ("99TILSCOPE", "INIT_FAST", "%"),
        ("99TILSCOPE", "DELAY_PERSIST", "%"),
        ("99TILSCOPE", "DELAY_PLATEAU", "%"),
        ("99TILSCOPE", "DELAY_WASHOUT", "%"),
        ("DCM", "111012", "1"),
    ]
    for item in items:
        assert item["measurementAlgorithmIdentification"] == {
            "AlgorithmName": "TILscope",
            "AlgorithmVersion": PIPELINE_VERSION,
        }


def test_a_lesion_points_at_its_segment(study: ScoredStudy, objects: ResultObjects, read: dict[str, Any]) -> None:
    seg = objects.segmentation
    for number in (1, 2):
        lesion = group(read, f"Lesion {number}")
        assert lesion["ReferencedSegment"] == number
        assert lesion["segmentationSOPInstanceUID"] == seg.SOPInstanceUID
        assert lesion["SourceSeriesForImageSegmentation"] == study.source.early.headers[0].SeriesInstanceUID
        assert lesion["TrackingUniqueIdentifier"] == seg.SegmentSequence[number - 1].TrackingUID
        assert lesion["Finding"]["CodeMeaning"] == "Lesion"
        assert lesion["FindingSite"]["CodeMeaning"] == "Breast"
        assert lesion["Laterality"]["CodeMeaning"] == "Left"
    assert answers(group(read, "Lesion 1"))["Kinetic curve type"] == "Washout delayed phase: Type 3 curve"
    assert answers(group(read, "Lesion 2"))["Kinetic curve type"] == "Persistent delayed phase: Type 1 curve"


def test_a_missing_value_is_empty_with_its_reason_right_beside_it(report_file: Path) -> None:
    lines = [line.strip() for line in dicom_readers.report_lines(report_file)]
    at = next(i for i, line in enumerate(lines) if "Joint Entropy of GLCM" in line)
    assert lines[at].endswith('=empty (114008,DCM,"Calculation failure")>')
    beside = next(line for line in lines[at + 1 :] if line.startswith("<contains"))
    assert '"GLCM joint entropy of SER: calculation failure (SER is the same everywhere)"' in beside


def test_a_fragile_feature_is_called_so_right_beside_its_value(tmp_path: Path) -> None:
    fragile = replace(WU_FEATURES[0], fragile="changes by 31 % with an outline one voxel wider")
    signature = wu_signature(features=(fragile, *WU_FEATURES[1:]))
    lines = _lines_of(scored_study(signatures=(signature,)), tmp_path)
    features = next(i for i, line in enumerate(lines) if "wu2018 features of Lesion 1" in line)
    at = next(
        i for i, line in enumerate(lines[features:], features) if "=3.45679" in line.replace('"', "") and "NUM" in line
    )
    beside = next(line for line in lines[at + 1 :] if line.startswith("<contains"))
    assert '"Volume: fragile, changes by 31 % with an outline one voxel wider"' in beside
    assert sum("fragile" in line for line in lines) == 1


def test_how_far_a_score_goes_stands_with_the_conclusion_and_in_the_summary(tmp_path: Path) -> None:
    score = Measurement.of("til_percent", "Estimated TIL", 17.25, "%")
    signature = wu_signature(score=score, category="low", spread=(14.2, 21.9), state=CalibrationState.CALIBRATED)
    lines = _lines_of(scored_study(signatures=(signature,)), tmp_path)
    assert any('"17 % (14 % to 22 %), low (calibrated)"' in line for line in lines)
    assert any(
        '"The score goes from 14 % to 22 % with the outline a voxel wider, narrower or elsewhere."' in line
        for line in lines
    )


def _lines_of(study: ScoredStudy, folder: Path) -> list[str]:
    path = dicom_readers.saved(build_results(*study.parts).report, folder)
    return [line.strip() for line in dicom_readers.report_lines(path)]


def test_an_uncalibrated_signature_shows_features_and_why_there_is_no_value(read: dict[str, Any]) -> None:
    wu = group(read, "wu2018 of Lesion 1")
    assert wu["Finding"]["CodeMeaning"] == "Wu 2018: stromal TIL percentage estimated from MRI"
    assert answers(wu)["Calibration state of the signature"] == "Not calibrated: features only, no class"
    assert "Estimated TIL class (imaging)" not in answers(wu)
    assert dicom_readers.numbers_of_group(wu) == [None]
    assert any("No reference cohort is installed" in str(e["conceptValue"]) for e in wu["qualitativeEvaluations"])
    features = group(read, "wu2018 features of Lesion 1")
    assert features["Finding"] == wu["Finding"]
    (said,) = features["measurementAlgorithmIdentification"]["AlgorithmParameters"]
    assert said.startswith("signature wu2018 1; ")
    assert "SER in 32 bins on [0, 3]" in said
    assert "settings a1b2c3d4e5f60718; input 9f2c4e6a8b0d1f35; segmenter classical 1" in said


def test_a_calibrated_signature_shows_its_value_and_class_with_the_cut_off(tmp_path: Path) -> None:
    score = Measurement.of("til_percent", "Estimated TIL", 23.456789, "%")
    signature = wu_signature(state=CalibrationState.CALIBRATED, score=score, category="intermediate", reason="n = 120.")
    wu = group(write_and_read(scored_study(signatures=(signature,)), tmp_path), "wu2018 of Lesion 1")
    assert dicom_readers.numbers_of_group(wu)[0] == 23.4568
    assert answers(wu)["Calibration state of the signature"] == "Calibrated: the value and class are given"
    assert answers(wu)["Estimated TIL class (imaging)"] == "Estimated TIL intermediate"


def test_a_signature_without_a_score_at_all_still_has_its_state(tmp_path: Path) -> None:
    signature = wu_signature(state=CalibrationState.NO_MODEL, score=None, features=(), reason="No model.")
    wu = group(write_and_read(scored_study(signatures=(signature,)), tmp_path), "wu2018 of Lesion 1")
    assert answers(wu)["Calibration state of the signature"] == "No model installed: features only"


def test_before_any_number_stands_what_a_reader_must_know(report_file: Path) -> None:
    text = "\n".join(dicom_readers.report_lines(report_file))
    first_number = text.index("Imaging Measurements")
    for statement in (
        "RESEARCH USE ONLY",
        "start of the first post-contrast phase",
        "The pre-contrast phase is noisy",
        "Phase 2: early",
    ):
        assert -1 < text.find(statement) < first_number, statement
    assert "Completion Flag     : COMPLETE" in text
    assert "Preliminary Flag    : PRELIMINARY" in text
    assert "Verification Flag   : UNVERIFIED" in text
    assert "(126002,DCM," in text


def test_the_library_has_one_image_per_phase_and_the_evidence_all(
    study: ScoredStudy, objects: ResultObjects, report_file: Path
) -> None:
    lines = dicom_readers.report_lines(report_file)
    assert sum('"Role of the dynamic phase"' in line for line in lines) == len(study.source.phases)
    listed = {
        item.ReferencedSOPInstanceUID
        for evidence in objects.report.CurrentRequestedProcedureEvidenceSequence
        for series in evidence.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    segmentations = {one.SOPInstanceUID for one in objects.segmentations}
    assert listed == set(study.source.instance_uids) | segmentations


def test_the_predecessor_is_the_latest_report_on_the_same_images(study: ScoredStudy, objects: ResultObjects) -> None:
    def stored(uid: str, date: str, evidence: Sequence[Dataset] = ()) -> Dataset:
        header = Dataset()
        header.Modality, header.Manufacturer = "SR", "TILscope"
        header.ConceptNameCodeSequence = objects.report.ConceptNameCodeSequence
        header.SOPClassUID, header.SOPInstanceUID = objects.report.SOPClassUID, uid
        header.SeriesInstanceUID, header.StudyInstanceUID = f"{uid}.1", study.source.study_uid
        header.ContentDate, header.ContentTime = date, "120000"
        header.CurrentRequestedProcedureEvidenceSequence = evidence or same
        return header

    same = objects.report.CurrentRequestedProcedureEvidenceSequence
    other_breast = deepcopy(same)
    for instance in (i for s in other_breast for one in s.ReferencedSeriesSequence for i in one.ReferencedSOPSequence):
        instance.ReferencedSOPInstanceUID += ".1"

    def previous(*reports: Dataset) -> PreviousReport | None:
        return previous_report(reports, study.result, study.source)

    itself = stored(objects.report.SOPInstanceUID, "20260303")
    picture = stored("1.2.9", "20260303")
    picture.ConceptNameCodeSequence = [code_item(codes.DCM.ImagingMeasurementReport)]
    assert previous(picture) is None, "a report for viewers that draw is no answer"
    assert previous() is None
    assert previous(itself) is None
    assert previous(stored("1.2.3", "20260303", other_breast)) is None
    found = previous(stored("1.2.1", "20260101"), stored("1.2.2", "20260202"), itself)
    assert found is not None
    assert (found.sop_instance_uid, found.series_instance_uid) == ("1.2.2", "1.2.2.1")


@pytest.mark.parametrize(
    ("laterality", "code"), [(Laterality.LEFT, "36278-0"), (Laterality.RIGHT, "36279-8"), (Laterality.BOTH, "36277-2")]
)
def test_the_procedure_reported_is_the_imaging(laterality: Laterality, code: str, tmp_path: Path) -> None:
    assert write_and_read(scored_study(laterality=laterality), tmp_path)["procedureReported"]["CodeValue"] == code


def test_device_observer_algorithm_and_contributing_equipment_are_one_and_the_same(
    objects: ResultObjects, read: dict[str, Any]
) -> None:
    equipment = objects.report.ContributingEquipmentSequence
    (ours,) = (i for i in equipment if i.PurposeOfReferenceCodeSequence[0].CodeValue == "109102")
    observer = read["observerContext"]
    algorithm = group(read, "Breast")["measurementItems"][0]["measurementAlgorithmIdentification"]
    assert ours.DeviceUID == observer["DeviceObserverUID"]
    assert ours.Manufacturer == observer["DeviceObserverManufacturer"]
    assert ours.ManufacturerModelName == algorithm["AlgorithmName"]
    assert ours.SoftwareVersions == algorithm["AlgorithmVersion"]


def test_a_superseded_report_is_named_as_predecessor(study: ScoredStudy, tmp_path: Path) -> None:
    previous = PreviousReport("1.2.840.10008.5.1.4.1.1.88.34", "1.2.3.4", "1.2.3", study.source.study_uid)
    obj = build_results(*study.parts, previous=previous).report
    path = dicom_readers.saved(obj, tmp_path)
    assert dicom_readers.conformance_errors(path) == []
    (document,) = obj.PredecessorDocumentsSequence
    (series,) = document.ReferencedSeriesSequence
    (instance,) = series.ReferencedSOPSequence
    assert document.StudyInstanceUID == study.source.study_uid
    assert (series.SeriesInstanceUID, instance.ReferencedSOPInstanceUID) == ("1.2.3", "1.2.3.4")
    assert instance.PurposeOfReferenceCodeSequence[0].CodeValue == "121360"


def test_the_private_scheme_is_declared(objects: ResultObjects) -> None:
    (item,) = objects.report.CodingSchemeIdentificationSequence
    assert item.CodingSchemeDesignator == "99TILSCOPE"
    assert item.CodingSchemeUID.startswith("2.25.")


def test_lesions_that_the_regions_do_not_have_are_an_error(study: ScoredStudy) -> None:
    one = scored_study(lesions=study.result.lesions[:1])
    with pytest.raises(ValueError, match=r"the result describes lesions \[1\], the regions \[1, 2\]"):
        build_results(*one.parts)
