"""Folders laid out as MAMA-MIA, nnU-Net and Duke-Breast-Cancer-MRI publish theirs, with exactly their names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mr_headers import AXIAL, mr_header
from pydicom import Dataset
from workbook import Row, write_workbook

from tilscope.dicom_io.annotation_boxes import AnnotationBox, box_in_patient, read_annotation_boxes
from tilscope.dicom_io.volume_files.find_cases import volume_cases
from tilscope.models.refusals import BadInput

TABLE: list[Row] = [
    ["patient_id", "dataset", "fat_suppressed", "field_strength", "manufacturer", "scanner_model", "echo_time", "repetition_time", "acquisition_times"],
    ["DUKE_001", "DUKE", 1, 1.5, "SIEMENS", "Avanto", 1.36, 4.12, "[0, 584, 714]"],
    ["ISPY1_1001", "ISPY1", 0, None, "GE", None, None, 8.4, None],
]  # fmt: skip


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(str(path).encode())
    return path


def mama_mia(root: Path, small_letters: bool = False) -> Path:
    for patient in ("DUKE_001", "ISPY1_1001"):
        name = patient.lower() if small_letters else patient
        for phase in range(3):
            touch(root / "images" / patient / f"{name}_{phase:04d}.nii.gz")
        touch(root / "segmentations" / "expert" / f"{name}.nii.gz")
        touch(root / "segmentations" / "automatic" / f"{name}.nii.gz")
        touch(root / "patient_info_files" / f"{name}.json")
    touch(root / "train_test_splits.csv")
    write_workbook(root / "clinical_and_imaging_info.xlsx", TABLE, "dataset_info", first="about")
    return root


@pytest.mark.parametrize("small_letters", [False, True])
def test_mama_mia(tmp_path: Path, small_letters: bool) -> None:
    root = mama_mia(tmp_path, small_letters)
    duke, ispy = volume_cases(root)
    assert (duke.name, ispy.name) == ("DUKE_001", "ISPY1_1001")
    assert [path.parent.name for path in duke.phases] == ["DUKE_001"] * 3
    stem = "duke_001" if small_letters else "DUKE_001"
    assert duke.mask == root / "segmentations" / "expert" / f"{stem}.nii.gz"
    assert duke.facts.model_dump(exclude_unset=True) == {
        "starts_s": (0, 584, 714), "fat_suppressed": True, "field_strength_t": 1.5, "manufacturer": "SIEMENS", "model": "Avanto",
        "echo_ms": 1.36, "repetition_ms": 4.12,
    }  # fmt: skip
    assert ispy.facts.model_dump(exclude_unset=True) == {
        "fat_suppressed": False,
        "manufacturer": "GE",
        "repetition_ms": 8.4,
    }


def test_one_patient_of_mama_mia_is_the_same_by_itself(tmp_path: Path) -> None:
    root = mama_mia(tmp_path)
    (alone,) = volume_cases(root / "images" / "DUKE_001")
    assert alone == volume_cases(root)[0]


def test_a_list_of_times_that_is_none_is_told(tmp_path: Path) -> None:
    root = mama_mia(tmp_path)
    write_workbook(
        root / "clinical_and_imaging_info.xlsx", [["patient_id", "acquisition_times"], ["DUKE_001", "[0, nan]"]]
    )
    with pytest.raises(BadInput, match=r"clinical_and_imaging_info.xlsx cannot be used: acquisition_times of DUKE_001"):
        volume_cases(root)


@pytest.mark.parametrize(("images", "labels"), [("imagesTr", "labelsTr"), ("imagesTs", "labelsTs")])
def test_nnunet(tmp_path: Path, images: str, labels: str) -> None:
    root = tmp_path / "nnUNet_raw" / "Dataset101_Breast"
    for phase in range(4):
        touch(root / images / f"breast_007_{phase:04d}.nii.gz")
    touch(root / labels / "breast_007.nii.gz")
    (root / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "tumor": 1}}), encoding="utf-8")
    cases = volume_cases(root)
    assert [case.name for case in cases] == ["breast_007"]
    assert cases[0].mask == root / labels / "breast_007.nii.gz"
    assert len(cases[0].phases) == 4


# -------------------------------------------------------------------------------------------------------------- Duke

COLUMNS: Row = ["Patient ID", "Start Row", "End Row", "Start Column", "End Column", "Start Slice", "End Slice"]
BOX = AnnotationBox((10, 19), (20, 24), (3, 6))


def phase(reversed_numbers: bool = False) -> list[Dataset]:
    """Twelve axial slices, 4 mm apart from z = 100 on; pixels of 1 x 2 mm from (-50, -80) on."""
    return [
        mr_header(
            "dynamic", 0, k, ImageOrientationPatient=list(AXIAL), ImagePositionPatient=[-50.0, -80.0, 100.0 + 4 * k],
            PixelSpacing=[2.0, 1.0], Rows=64, Columns=80, InstanceNumber=12 - k if reversed_numbers else k + 1,
        )
        for k in range(12)
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_dukes_boxes_are_read_by_patient(tmp_path: Path, suffix: str) -> None:
    rows = [COLUMNS, ["Breast_MRI_001", 10, 19, 20, 24, 3, 6], ["Breast_MRI_002", 1, 2, 3, 4, 5, 6]]
    path = tmp_path / f"Annotation_Boxes{suffix}"
    if suffix == ".csv":
        path.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    else:
        write_workbook(path, rows)
    found = read_annotation_boxes(path)
    assert found["Breast_MRI_001"] == BOX
    assert list(found) == ["Breast_MRI_001", "Breast_MRI_002"]


@pytest.mark.parametrize(("reversed_numbers", "z"), [(False, (106, 122)), (True, (122, 138))])
def test_a_box_in_the_patient_reaches_to_the_faces_of_its_voxels(
    reversed_numbers: bool, z: tuple[float, float]
) -> None:
    box = box_in_patient(BOX, phase(reversed_numbers))
    np.testing.assert_allclose([box.corner, box.opposite], [(-30.5, -61.0, z[0]), (-25.5, -41.0, z[1])])


def test_a_box_of_another_series_is_refused() -> None:
    with pytest.raises(BadInput, match="does not fit into the images, 64 rows x 80 columns x 12 slices"):
        box_in_patient(AnnotationBox((10, 90), (20, 24), (3, 6)), phase())
    with pytest.raises(BadInput):
        box_in_patient(AnnotationBox((10, 19), (20, 24), (0, 6)), phase())


def test_a_row_without_a_number_is_told(tmp_path: Path) -> None:
    path = tmp_path / "boxes.csv"
    path.write_text("Patient ID,Start Row\nBreast_MRI_001,one\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"boxes\.csv cannot be used"):
        read_annotation_boxes(path)


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    path = touch(tmp_path / "Annotation_Boxes.xlsx")
    with pytest.raises(BadInput, match=r"Annotation_Boxes.xlsx cannot be used"):
        read_annotation_boxes(path)
