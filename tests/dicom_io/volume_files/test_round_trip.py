"""From DICOM to NIfTI and back: the same voxels in the same places, whichever way the volume lies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from volume_study import OBLIQUE, TIMES_S, BothWays, small_volume, tell

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.dicom_io.volume_files.archive import VolumeArchive, opened_folder
from tilscope.dicom_io.volume_files.derived_images import was_left_handed
from tilscope.dicom_io.volume_files.reading import right_handed
from tilscope.models.imaging.series import DceSeries
from tilscope.models.refusals import BadInput, Refused

AXIAL = (1, 0, 0, 0, 1, 0, 0, 0, 1)
GRIDS = {
    "axial": AXIAL,
    "axial, radiological": (1, 0, 0, 0, -1, 0, 0, 0, 1),
    "axial, slices from head to foot": (1, 0, 0, 0, -1, 0, 0, 0, -1),
    "sagittal": (0, 0, 1, 1, 0, 0, 0, -1, 0),
    "coronal": (1, 0, 0, 0, 0, 1, 0, -1, 0),
    "oblique": OBLIQUE,
    "oblique, radiological": tuple(v * (-1 if i % 3 == 2 else 1) for i, v in enumerate(OBLIQUE)),
}


def read(folder: Path) -> tuple[DceSource, DceSeries]:
    with opened_folder(folder) as archive:
        (study,) = archive.studies()
        (source,) = inspect(archive.headers(study)).require_sources()
        return source, read_series(source, archive.fetch(study, source.files_needed, folder, lambda done, total: None))


def farthest_mm(one: sitk.Image, other: sitk.Image) -> float:
    """Between the corners of two grids."""
    corners = [[i * (n - 1) for i, n in zip(bits, one.GetSize(), strict=True)] for bits in np.ndindex(2, 2, 2)]
    return max(np.abs(np.subtract(*(g.TransformIndexToPhysicalPoint(c) for g in (one, other)))).max() for c in corners)


def volumes(
    folder: Path, direction: tuple[float, ...] = AXIAL, suffix: str = ".nii.gz", **kind: Any
) -> list[sitk.Image]:
    written = [small_volume(direction, seed=number, **kind) for number in range(4)]
    for number, image in enumerate(written):
        sitk.WriteImage(image, str(folder / f"case_{number:04d}{suffix}"))
    tell(folder, times_s=TIMES_S)
    return written


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("grid", GRIDS)
def test_voxels_and_places_are_the_same(tmp_path: Path, grid: str, suffix: str) -> None:
    written = volumes(tmp_path, GRIDS[grid], suffix)
    _, series = read(tmp_path)
    # NIfTI holds an affine in 32 bits: of a turned one the seventh digit of a coordinate is lost when it is written.
    tolerance = 2e-5 if "oblique" in grid and suffix.startswith(".nii") else 1e-6
    for image, phase in zip(written, series.phases, strict=True):
        here = right_handed(image)
        assert farthest_mm(here, phase.stored) < tolerance
        np.testing.assert_array_equal(sitk.GetArrayFromImage(here), sitk.GetArrayFromImage(phase.stored))


def test_a_phantom_comes_back_as_it_was(both_ways: BothWays, tmp_path: Path) -> None:
    shutil.copytree(both_ways.volumes, tmp_path / "volumes")
    tell(tmp_path / "volumes", times_s=TIMES_S)
    _, series = read(tmp_path / "volumes")
    assert series.roles == both_ways.series.roles
    for before, after in zip(both_ways.series.phases, series.phases, strict=True):
        assert after.time_s == before.time_s
        assert farthest_mm(before.stored, after.stored) == 0
        np.testing.assert_array_equal(sitk.GetArrayFromImage(before.stored), sitk.GetArrayFromImage(after.stored))


def test_fractions_are_kept_to_half_a_step_of_one_slope(tmp_path: Path) -> None:
    written = volumes(tmp_path, dtype=np.float32, scale=0.0137)
    _, series = read(tmp_path)
    step = 999 * 0.0137 / 65535
    for image, phase in zip(written, series.phases, strict=True):
        off = np.abs(sitk.GetArrayFromImage(image) - sitk.GetArrayFromImage(phase.stored))
        assert 0 < off.max() <= 0.51 * step


def test_whole_numbers_of_floats_are_exact_and_negative_ones_too(tmp_path: Path) -> None:
    written = volumes(tmp_path, dtype=np.float64, scale=-2.0)
    _, series = read(tmp_path)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(written[2]), sitk.GetArrayFromImage(series.phases[2].stored))


def test_one_file_with_a_fourth_axis_holds_all_phases(tmp_path: Path) -> None:
    written = volumes(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    sitk.WriteImage(sitk.JoinSeries(written), str(tmp_path / "dynamic.nii.gz"))
    tell(tmp_path, phases=["dynamic.nii.gz"], times_s=TIMES_S)
    _, series = read(tmp_path)
    assert [phase.time_s for phase in series.phases] == list(TIMES_S)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(written[3]), sitk.GetArrayFromImage(series.phases[3].stored))
    assert farthest_mm(written[0], series.grid) < 1e-6


def test_the_order_of_slices_in_the_file_is_remembered(tmp_path: Path) -> None:
    volumes(tmp_path, GRIDS["axial, radiological"])
    assert was_left_handed(read(tmp_path)[0].early.headers)
    volumes(tmp_path, GRIDS["axial"])
    assert not was_left_handed(read(tmp_path)[0].early.headers)


def test_headers_hold_what_was_told_and_nothing_else(tmp_path: Path) -> None:
    volumes(tmp_path)
    header = read(tmp_path)[0].early.headers[0]
    for keyword in (
        "ScanOptions",
        "MagneticFieldStrength",
        "RepetitionTime",
        "EchoTime",
        "FlipAngle",
        "SequenceVariant",
    ):
        assert keyword not in header
    for keyword in ("Manufacturer", "PatientPosition", "StudyDate", "PatientSex", "PatientBirthDate"):
        assert header[keyword].is_empty
    assert header.PatientID == "case"
    tell(
        tmp_path, times_s=TIMES_S, patient="P-7", fat_suppressed=True, field_strength_t=3, manufacturer="SIEMENS", model="Skyra",
        patient_position="FFP", repetition_ms=4.1, echo_ms=1.4, flip_degrees=10,
    )  # fmt: skip
    told = read(tmp_path)[0].early.headers[0]
    assert (told.PatientID, told.ScanOptions, told.MagneticFieldStrength, told.PatientPosition) == (
        "P-7",
        "FS",
        3,
        "FFP",
    )
    assert (told.Manufacturer, told.ManufacturerModelName) == ("SIEMENS", "Skyra")
    assert told.StudyInstanceUID == header.StudyInstanceUID
    # What is told takes part in the result: the images are others.
    assert told.SOPInstanceUID != header.SOPInstanceUID


def test_starts_by_any_clock_leave_the_injection_to_be_assumed_or_tell_it(tmp_path: Path) -> None:
    volumes(tmp_path)
    tell(tmp_path, starts_s=[1000, 1210, 1390, 1570])
    source, _ = read(tmp_path)
    assert source.time_zero_assumed
    assert [phase.time_s for phase in source.phases] == [-120, 90, 270, 450]
    tell(tmp_path, starts_s=[1000, 1210, 1390, 1570], injection_s=1190)
    source, _ = read(tmp_path)
    assert not source.time_zero_assumed
    assert [phase.time_s for phase in source.phases] == [-100, 110, 290, 470]


def test_the_same_files_are_the_same_study_and_other_ones_are_another(tmp_path: Path) -> None:
    volumes(tmp_path)
    first = read(tmp_path)[0]
    assert read(tmp_path)[0].instance_uids == first.instance_uids
    sitk.WriteImage(small_volume(seed=77), str(tmp_path / "case_0003.nii.gz"))
    other = read(tmp_path)[0]
    assert other.study_uid != first.study_uid


def test_a_mask_is_a_manual_roi_of_the_study(tmp_path: Path) -> None:
    image = volumes(tmp_path)[0]
    drawn = sitk.Image(image) * 0
    drawn[10:16, 8:14, 3:7] = 1
    sitk.WriteImage(sitk.Cast(drawn, sitk.sitkUInt8), str(tmp_path / "tumour.nrrd"))
    tell(tmp_path, times_s=TIMES_S, mask="tumour.nrrd")
    with opened_folder(tmp_path) as archive:
        (study,) = archive.studies()
        (candidate,) = archive.manual_roi_candidates(study)
        assert candidate.SegmentSequence[0].SegmentAlgorithmType == "MANUAL"
        assert isinstance(archive, VolumeArchive)
        assert len(archive.images_of(study)) == 41


def test_images_are_files_that_pydicom_reads_whole(tmp_path: Path) -> None:
    volumes(tmp_path)
    with opened_folder(tmp_path) as archive:
        assert isinstance(archive, VolumeArchive)
        images = [pydicom.dcmread(path) for path in archive.images_of(archive.studies()[0])]
        assert len({image.SOPInstanceUID for image in images}) == 40
        assert {image.pixel_array.shape for image in images} == {(24, 30)}


# ------------------------------------------------------------------------------------------------- what is asked for


def reason(folder: Path) -> str:
    with pytest.raises((BadInput, Refused)) as answer:
        read(folder)
    return f"{answer.value.code}: {answer.value}"


def test_times_are_asked_for_with_an_example(tmp_path: Path) -> None:
    volumes(tmp_path)
    (tmp_path / "tilscope-study.json").unlink()
    told = reason(tmp_path)
    assert told.startswith("times-untold")
    assert '{"times_s": [-60, 90, 270, 450]}' in told
    assert "its 4 phases" in told


def test_as_many_times_as_phases_are_needed(tmp_path: Path) -> None:
    volumes(tmp_path)
    tell(tmp_path, times_s=[-60, 90, 450])
    assert reason(tmp_path) == "times-differ: case has 4 phases, and 3 times are given for them."


def test_a_nifti_without_a_place_is_refused(tmp_path: Path) -> None:
    volumes(tmp_path, suffix=".nii")
    path = tmp_path / "case_0002.nii"
    raw = bytearray(path.read_bytes())
    raw[252:256] = bytes(4)  # qform_code and sform_code
    path.write_bytes(raw)
    assert "left and right are unknown" in reason(tmp_path)


def test_sheared_axes_are_refused(tmp_path: Path) -> None:
    volumes(tmp_path, suffix=".nii")
    path = tmp_path / "case_0001.nii"
    raw = bytearray(path.read_bytes())
    raw[252:256] = np.array([0, 1], "<i2").tobytes()
    raw[280:328] = np.array([[1, 0.2, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], "<f4").tobytes()
    path.write_bytes(raw)
    assert "not at right angles" in reason(tmp_path)


def test_phases_on_two_grids_are_refused_by_file(tmp_path: Path) -> None:
    volumes(tmp_path)
    moved = small_volume(seed=2)
    moved.SetOrigin((-151.25, -77.5, 34.0))
    sitk.WriteImage(moved, str(tmp_path / "case_0002.nii.gz"))
    assert "case_0002.nii.gz cannot be used: it has other voxels than the first phase" in reason(tmp_path)


def test_a_voxel_that_is_no_number_is_refused(tmp_path: Path) -> None:
    """Of NIfTI, ITK reads 0 there."""
    volumes(tmp_path, suffix=".nrrd", dtype=np.float32)
    image = sitk.GetArrayFromImage(small_volume(dtype=np.float32))
    image[1, 2, 3] = np.nan
    broken = sitk.GetImageFromArray(image)
    broken.CopyInformation(small_volume())
    sitk.WriteImage(broken, str(tmp_path / "case_0001.nrrd"))
    assert "case_0001.nrrd cannot be used: it holds voxels that are no number" in reason(tmp_path)


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    volumes(tmp_path, suffix=".nii")
    path = tmp_path / "case_0001.nii"
    path.write_bytes(path.read_bytes()[:200])
    assert "it is cut off, or in another format" in reason(tmp_path)
