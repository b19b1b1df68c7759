"""Input of a person comes before the automatic lesions: a manual ROI in the study, a seed, a box. The result names it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from dicom_readers import conformance_errors, read_segments, report_lines
from foreign_outlines import Painted, Traced, contours_of, segmentation, structure_set
from typer.testing import CliRunner

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.kinetics.ftv import BoxMm
from tilscope.models.lesions.steering import Steering
from tilscope.models.refusals import Refused
from tilscope.models.result import StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study
from tilscope.service.cli import app
from tilscope.service.intake.readiness import Ready, examine
from tilscope.service.scoring.score import score

pytestmark = pytest.mark.slow

SETTINGS = PipelineSettings()


@pytest.fixture(scope="module")
def patient() -> PhantomStudy:
    return make_study(PhantomSpec.small())


@pytest.fixture(scope="module")
def written(patient: PhantomStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    write_study(patient, folder)
    return folder / "dicom"


@pytest.fixture
def exam(written: Path, tmp_path: Path) -> Path:
    """The folder of the study; what is put there is in the study."""
    return shutil.copytree(written, tmp_path / "dicom")


@pytest.fixture
def drawn(patient: PhantomStudy) -> sitk.Image:
    """The lesion's slab of three slices: smaller than what the segmenter finds, and nothing that it would find."""
    assert patient.truth.lesion is not None
    voxels = mask_of(patient.truth.lesion).copy()
    middle = int(np.argwhere(voxels)[:, 0].mean())
    voxels[: middle - 1] = voxels[middle + 2 :] = False
    return image_of(voxels, patient.truth.lesion)


def put(exam: Path, obj: pydicom.Dataset, name: str = "drawn.dcm") -> str:
    obj.save_as(exam / name, enforce_file_format=True)
    return str(obj.SOPInstanceUID)


def images(exam: Path) -> list[pydicom.Dataset]:
    archive = FolderArchive(exam)
    (source,) = assemble(archive.headers(archive.only_study()))
    return list(source.early.headers)


def scored(exam: Path, steering: Steering | None = None) -> StudyResult:
    """Results are put into the study, as an archive does."""
    archive = FolderArchive(exam, exam / "results")
    return score(archive, archive.only_study(), SETTINGS, lambda stage, fraction: None, steering)


def input_of(exam: Path) -> str:
    archive = FolderArchive(exam)
    looked = examine(archive, archive.only_study(), SETTINGS)
    assert isinstance(looked, Ready)
    return looked.input_hash


def volume_of(result: StudyResult) -> float:
    (series,) = result.dynamic_series
    return next(m.value for m in series.lesions[0].measurements if m.id == "volume")


def stored(exam: Path, result: StudyResult, modality: str) -> list[Path]:
    uids = [o.sop_instance_uid for o in result.objects if o.kind == modality]
    files = {str(pydicom.dcmread(p).SOPInstanceUID): p for p in (exam / "results").iterdir()}
    return [files[uid] for uid in uids]


def test_a_manual_roi_in_the_study_replaces_the_automatic_lesions_and_the_report_names_it(
    exam: Path, drawn: sitk.Image, tmp_path: Path
) -> None:
    before = scored(exam)
    (first_report,) = stored(exam, before, "SR")
    old = pydicom.dcmread(first_report)
    first_report.rename(exam / "results" / "older report.dcm")
    assert input_of(exam) == before.input_hash, "our own objects must not make the study new"

    uid = put(exam, segmentation([Painted(drawn)], images(exam)))
    assert input_of(exam) != before.input_hash
    after = scored(exam)

    assert after.input_hash == input_of(exam)
    (series,) = after.dynamic_series
    assert series.segmentation.source == "drawn"
    assert (series.segmentation.by, series.segmentation.sop_instance_uid) == ("Reader Rita", uid)
    assert len(series.lesions) == 1
    assert volume_of(after) == pytest.approx(mask_of(drawn).sum() * np.prod(drawn.GetSpacing()) / 1000, rel=0.25)
    assert volume_of(after) < volume_of(before)

    (seg,) = (path for path in stored(exam, after, "SEG") if "lesions" in pydicom.dcmread(path).SeriesDescription)
    found = read_segments(seg, tmp_path / "read")
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found[1].on(drawn)), sitk.GetArrayFromImage(drawn))
    assert pydicom.dcmread(seg).SegmentSequence[0].SegmentAlgorithmType == "SEMIAUTOMATIC"

    (path,) = stored(exam, after, "SR")
    report = pydicom.dcmread(path)
    (study,) = report.PredecessorDocumentsSequence
    assert study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == old.SOPInstanceUID
    assert uid in str(report.ContentSequence)
    evidence = [*report.get("CurrentRequestedProcedureEvidenceSequence", []), *report.get("PertinentOtherEvidenceSequence", [])]  # fmt: skip
    listed = {i.ReferencedSOPInstanceUID for s in evidence for r in s.ReferencedSeriesSequence for i in r.ReferencedSOPSequence}  # fmt: skip
    assert uid in listed
    assert "drawn by Reader Rita (Workstations & Co Viewer)" in " ".join(report_lines(path))
    assert conformance_errors(path) == []
    assert conformance_errors(seg) == []


def test_scoring_what_we_wrote_ourselves_changes_nothing(exam: Path, drawn: sitk.Image) -> None:
    put(exam, segmentation([Painted(drawn)], images(exam)))
    once = scored(exam)
    again = scored(exam)
    assert again.input_hash == once.input_hash == input_of(exam)
    assert [o.sop_instance_uid for o in again.objects] == [o.sop_instance_uid for o in once.objects]


def test_contours_win_as_well(exam: Path, drawn: sitk.Image) -> None:
    uid = put(exam, structure_set([Traced(contours_of(drawn))], images(exam)[0]))
    result = scored(exam)
    (series,) = result.dynamic_series
    assert series.segmentation.sop_instance_uid == uid
    (report,) = stored(exam, result, "SR")
    assert conformance_errors(report) == []


def test_a_manual_roi_that_cannot_be_placed_is_refused_not_passed_over(exam: Path, drawn: sitk.Image) -> None:
    put(exam, segmentation([Painted(drawn)], images(exam), FrameOfReferenceUID="1.2.3"))
    with pytest.raises(Refused, match="another frame of reference"):
        scored(exam)


def test_another_programs_segmentation_changes_nothing(exam: Path, drawn: sitk.Image) -> None:
    before = input_of(exam)
    put(exam, segmentation([Painted(drawn, algorithm="AUTOMATIC")], images(exam)))
    assert input_of(exam) == before


# ------------------------------------------------------------------------------------------------------- seed and box


def centre_of(patient: PhantomStudy) -> tuple[float, float, float]:
    x, y, z = patient.truth.lesion_centre_mm or (0.0, 0.0, 0.0)
    return x, y, z


def test_a_seed_in_the_lesion_means_that_lesion(exam: Path, patient: PhantomStudy) -> None:
    plain = scored(exam)
    steered = scored(exam, Steering(seed_mm=centre_of(patient)))
    (series,) = steered.dynamic_series
    assert series.segmentation.source == "steered"
    assert len(series.lesions) == 1
    assert volume_of(steered) == volume_of(plain)
    assert steered.input_hash != plain.input_hash


def test_a_seed_where_nothing_enhances_is_refused_with_its_place(exam: Path, patient: PhantomStudy) -> None:
    x, y, z = centre_of(patient)
    with pytest.raises(Refused, match=r"No enhancing lesion was found at the seed \(-"):
        scored(exam, Steering(seed_mm=(-x, y, z)))


def test_a_box_cuts_the_lesion(exam: Path, patient: PhantomStudy) -> None:
    x, y, z = centre_of(patient)
    half = scored(exam, Steering(box_mm=BoxMm((x, y - 40, z - 40), (x + 60, y + 40, z + 40))))
    whole = scored(exam, Steering(box_mm=BoxMm((x - 60, y - 40, z - 40), (x + 60, y + 40, z + 40))))
    assert 0.3 < volume_of(half) / volume_of(whole) < 0.7


def test_the_command_line_takes_a_seed(exam: Path, patient: PhantomStudy, tmp_path: Path) -> None:
    x, y, z = centre_of(patient)
    out = tmp_path / "out"
    words = ["score", str(exam), "--out", str(out), f"--seed-mm={x},{y},{z}", "--json"]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0, answer.output
    (series,) = json.loads((out / "result.json").read_text())["dynamic_series"]
    assert series["segmentation"]["source"] == "steered"


@pytest.mark.parametrize("typed", ["1,2", "1,2,x", "1,2,nan"])
def test_a_seed_that_is_no_place_is_wrong_usage(typed: str, exam: Path, tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["score", str(exam), "--out", str(tmp_path / "out"), f"--seed-mm={typed}"])
    assert answer.exit_code == 2
    assert "three numbers are needed" in " ".join(answer.output.split())
