"""A study as NIfTI from Python and from the command line: the same answer as of its DICOM files, and the same files beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
import SimpleITK as sitk
from study_on_disk import StudyOnDisk
from volume_study import STARTS_S, TIMES_S, series_in, tell, write_case

import tilscope

TILSCOPE = Path(sys.executable).with_name("tilscope")


@pytest.fixture(scope="module")
def volumes(small_study: StudyOnDisk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cases; the times of the second are told by nobody. Not to be written to."""
    folder = tmp_path_factory.mktemp("volumes")
    series = series_in(small_study.folder)
    write_case(series, folder / "told", "told")
    write_case(series, folder / "untold", "untold")
    tell(folder / "told", times_s=TIMES_S, patient="P-1", mask="tumour.nrrd")
    sitk.WriteImage(small_study.patient.truth.lesion, str(folder / "told" / "tumour.nrrd"))
    return folder


def command(*words: object, ends: int = 0) -> dict[str, Any]:
    wide = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run([TILSCOPE, *map(str, words), "--json"], capture_output=True, text=True, check=False, env=wide)
    assert done.returncode == ends, done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def numbers(result: tilscope.Result) -> Iterator[tuple[object, ...]]:
    for row in result.rows():
        yield row["part"], row["id"], row["value"], row["reason"]


def test_volumes_are_inspected_as_their_dicom_files(small_study: StudyOnDisk, volumes: Path) -> None:
    here, there = tilscope.inspect(volumes, "told"), tilscope.inspect(small_study.folder)
    assert here.phases == there.phases
    # The side file tells what the phantom's headers leave to be assumed.
    assert (here.dynamic_series[0].time_zero_assumed, there.dynamic_series[0].time_zero_assumed) == (False, True)
    with tilscope.open_archive(volumes) as archive:
        assert len(archive.studies_with_images()) == 2


def test_a_score_of_volumes_is_that_of_the_dicom_files(
    small_study: StudyOnDisk, result: tilscope.Result, tmp_path: Path
) -> None:
    write_case(series_in(small_study.folder), tmp_path)
    about = tmp_path / "elsewhere.json"
    about.write_text(json.dumps({"starts_s": STARTS_S}), encoding="utf-8")
    scored = tilscope.score(tmp_path, about=about)
    # Each sentence and every digit.
    assert list(numbers(scored)) == list(numbers(result))
    assert scored.study_uid != result.study_uid
    saved = scored.save(tmp_path / "out", nifti=True)
    assert {"result.json", "montage.png", "nifti"} < {path.name for path in saved.iterdir()}
    again = tilscope.inspect(saved / "nifti")
    assert [phase.time_s for phase in again.phases] == list(TIMES_S)
    assert again.dynamic_series[0].time_zero_assumed


def test_the_command_line_writes_what_a_researcher_opens(volumes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer = command("score", volumes, "--study", "told", "--out", out, "--objects", "rt-structure-set")
    (series,) = answer["dynamic_series"]
    # The mask lies beside the phases: it is the lesion.
    assert series["segmentation"]["source"] == "drawn"
    images = {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID for path in (out / "images").iterdir()}
    seg = pydicom.dcmread(out / "tilscope_lesions.dcm")
    named = {item.ReferencedSOPInstanceUID for item in seg.ReferencedSeriesSequence[0].ReferencedInstanceSequence}
    assert named
    assert named <= images
    contours = pydicom.dcmread(out / "tilscope_structure_set.dcm")
    assert [roi.ROIName for roi in contours.StructureSetROISequence] == ["Lesion 1 (left)", "Breast"]
    mask = sitk.ReadImage(str(out / "nifti" / "mask_lesion_1.nii.gz"))
    phase = sitk.ReadImage(str(volumes / "told" / "told_0000.nii.gz"))
    assert mask.GetSize() == phase.GetSize()
    assert mask.GetOrigin() == phase.GetOrigin()


def test_a_folder_of_many_cases_asks_which(volumes: Path) -> None:
    answer = command("inspect", volumes, ends=4)
    assert answer["code"] == "several-studies"
    assert "told, untold" in str(answer["error"])


def test_a_case_without_times_is_bad_input_with_what_to_do(volumes: Path) -> None:
    answer = command("inspect", volumes, "--study", "untold", ends=4)
    assert answer["code"] == "times-untold"
    assert "tilscope-study.json" in str(answer["error"])


def test_what_nobody_told_is_listed_for_people(volumes: Path) -> None:
    done = subprocess.run(
        [TILSCOPE, "inspect", volumes, "--study", "told"], capture_output=True, text=True, check=False
    )
    said = " ".join(done.stderr.split())
    assert "Not told of these volumes: whether fat is suppressed (fat_suppressed), the field strength" in said
    assert "moment of injection" not in said


def test_features_of_volumes_are_rows_like_any_other(volumes: Path) -> None:
    pytest.importorskip("pyarrow")
    rows = tilscope.features(volumes, "wu2018").to_pylist()
    told, untold = sorted(rows, key=lambda row: row["state"])
    assert (told["state"], told["patient_id"], told["lesion_source"]) == ("measured", "P-1", "drawn")
    assert (untold["state"], untold["code"]) == ("refused", "times-untold")
