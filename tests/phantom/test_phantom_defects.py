"""Damaged studies are damaged in exactly the way that their name says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pydicom
import pytest

from tilscope.phantom import PhantomStudy, write_study
from tilscope.phantom.defects import truncated_file, two_phases_only, without_slice, write_ct_study


def dynamic_files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("dicom/*/*.dcm"))
    return [f for f in found if 4 <= pydicom.dcmread(f, stop_before_pixels=True).SeriesNumber < 40]


@pytest.mark.parametrize("layout", ["one-series", "series-per-phase", "content-time-only"])
def test_one_slice_is_missing_in_the_middle_of_the_last_phase(layout: str, axial: PhantomStudy, tmp_path: Path) -> None:
    write_study(axial, tmp_path, layout, companions=False)
    before = {f: pydicom.dcmread(f) for f in dynamic_files(tmp_path)}
    gone = before[without_slice(tmp_path)]
    after = dynamic_files(tmp_path)
    assert len(after) == len(before) - 1
    assert gone.ContentTime == max(i.ContentTime for i in before.values()), "of the last phase"
    same_place = [f for f in after if before[f].ImagePositionPatient == gone.ImagePositionPatient]
    assert len(same_place) == 3, "the other phases still have it"
    heights = {float(i.ImagePositionPatient[2]) for i in before.values()}
    assert min(heights) < float(gone.ImagePositionPatient[2]) < max(heights)


@pytest.mark.parametrize("layout", ["one-series", "series-per-phase", "content-time-only"])
def test_only_the_pre_and_first_post_phase_are_left(layout: str, axial: PhantomStudy, tmp_path: Path) -> None:
    write_study(axial, tmp_path, layout)
    two_phases_only(tmp_path)
    left = [pydicom.dcmread(f) for f in dynamic_files(tmp_path)]
    assert len(left) == 48
    assert len({i.ContentTime for i in left}) == 2
    assert all(any(folder.iterdir()) for folder in (tmp_path / "dicom").iterdir()), "no empty folder stays behind"


def test_a_sagittal_pair_loses_the_later_phases_of_both_breasts(axial: PhantomStudy, tmp_path: Path) -> None:
    write_study(axial, tmp_path, "sagittal-pair", companions=False)
    assert len(two_phases_only(tmp_path)) == 2 * (22 + 24)
    assert len(dynamic_files(tmp_path)) == 2 * (22 + 24)


def test_no_slice_of_a_multiframe_instance_can_be_removed_alone(axial: PhantomStudy, tmp_path: Path) -> None:
    write_study(axial, tmp_path, "philips-enhanced", companions=False)
    with pytest.raises(ValueError, match="multi-frame"):
        without_slice(tmp_path)
    with pytest.raises(ValueError, match="multi-frame"):
        two_phases_only(tmp_path)


def test_the_truncated_file_has_its_header_and_half_its_pixels(axial: PhantomStudy, tmp_path: Path) -> None:
    write_study(axial, tmp_path, companions=False)
    image = pydicom.dcmread(truncated_file(tmp_path))
    assert image.Modality == "MR"
    assert len(image.PixelData) == 128 * 128
    with pytest.raises(ValueError, match="pixel data"):
        _ = image.pixel_array


def test_the_ct_is_a_valid_ct_of_a_body_in_air(tmp_path: Path) -> None:
    files = write_ct_study(tmp_path)
    image = pydicom.dcmread(files[6])
    assert image.Modality == "CT"
    hounsfield = image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept)
    assert -1024 <= hounsfield[:8].mean() < -980, "air"
    assert -120 < hounsfield[38:46, 85:93].mean() < 60, "the middle of the left breast, on the image's right"
    said = subprocess.run(["dciodvfy", str(files[6])], capture_output=True, text=True, check=False).stderr
    assert "CTImage" in said
    assert "Error" not in said
