"""A phantom study as DICOM, read back by readers that know nothing of it."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.dataset import Dataset

from tilscope.models.refusals import BadInput
from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study

#: Those that everything is tested on; every other layout has its own tests.
PLAIN_LAYOUTS = ("one-series", "series-per-phase", "content-time-only")


def headers(files: list[Path]) -> list[Dataset]:
    return [pydicom.dcmread(file, stop_before_pixels=True) for file in files]


def dynamic(files: list[Path]) -> list[Dataset]:
    """Only the dynamic images, by the series number that the phantom gives them."""
    return [h for h in headers(files) if 4 <= h.SeriesNumber < 40]


def truth_of(folder: Path) -> dict:
    return json.loads((folder / "truth" / "truth.json").read_text())


def phase_image(folder: Path, phase: int) -> sitk.Image:
    """One phase as GDCM reads it: SimpleITK's series reader stacks the files in the order given."""
    names = [str(folder / name) for name in truth_of(folder)["phases"][phase]["files"]]
    return sitk.ReadImage(names, sitk.sitkFloat32)


@pytest.mark.parametrize("reversed_slices", [False, True])
@pytest.mark.parametrize("name", ["axial", "sagittal_right"])
@pytest.mark.parametrize("layout", PLAIN_LAYOUTS)
def test_what_is_read_back_is_what_was_made(
    layout: str, name: str, reversed_slices: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    study: PhantomStudy = request.getfixturevalue(name)
    write_study(study, tmp_path, layout, reversed_slices=reversed_slices, companions=False)
    for phase, made in enumerate(study.phases):
        read = phase_image(tmp_path, phase)
        assert read.GetSize() == made.GetSize()
        assert read.GetSpacing() == pytest.approx(made.GetSpacing(), abs=1e-4)
        assert read.GetOrigin() == pytest.approx(made.GetOrigin(), abs=1e-3)
        assert read.GetDirection() == pytest.approx(made.GetDirection(), abs=1e-6)
        error = np.abs(sitk.GetArrayFromImage(read) - sitk.GetArrayFromImage(made))
        assert error.max() <= 0.5001, "stored values are the signal to the nearest whole number"


def test_reversed_slices_are_numbered_against_the_normal(axial: PhantomStudy, tmp_path: Path) -> None:
    def heights(folder: Path, reverse: bool) -> list[float]:
        images = dynamic(write_study(axial, folder, reversed_slices=reverse, companions=False))
        first = sorted((i for i in images if i.AcquisitionNumber == 1), key=lambda i: i.InstanceNumber)
        return [float(i.ImagePositionPatient[2]) for i in first]

    forward, backward = heights(tmp_path / "a", False), heights(tmp_path / "b", True)
    assert forward == sorted(forward)
    assert backward == forward[::-1]


def test_written_lesion_enhances_as_the_truth_beside_it_says(axial: PhantomStudy, tmp_path: Path) -> None:
    write_study(axial, tmp_path, companions=False)
    truth = truth_of(tmp_path)
    lesion = sitk.ReadImage(str(tmp_path / "truth" / "lesion.nii.gz"))
    roles = {phase["role"]: number for number, phase in enumerate(truth["phases"])}
    where = sitk.GetArrayFromImage(lesion) > 0
    mean = {}
    for role in ("pre", "early", "late"):
        image = phase_image(tmp_path, roles[role])
        assert lesion.GetSize() == image.GetSize()
        assert lesion.GetOrigin() == pytest.approx(image.GetOrigin(), abs=1e-2)
        assert lesion.GetDirection() == pytest.approx(image.GetDirection(), abs=1e-6)
        mean[role] = float(sitk.GetArrayFromImage(image)[where].mean())
    assert (mean["early"] - mean["pre"]) / mean["pre"] == pytest.approx(truth["lesion"]["pe"], rel=0.02)
    ser = (mean["early"] - mean["pre"]) / (mean["late"] - mean["pre"])
    assert ser == pytest.approx(truth["lesion"]["ser"], rel=0.02)
    assert where.sum() * 2.8 * 2.8 * 5.0 / 1000 == pytest.approx(truth["lesion"]["volume_cc"], abs=0.001)


def test_the_same_phantom_is_the_same_study_and_a_salt_makes_another(axial: PhantomStudy, tmp_path: Path) -> None:
    one = write_study(axial, tmp_path / "one")
    two = write_study(make_study(PhantomSpec.small()), tmp_path / "two")
    assert [f.read_bytes() for f in one] == [f.read_bytes() for f in two]
    salted = headers(write_study(axial, tmp_path / "three", salt="second demonstration", companions=False))
    original = headers(one)
    uids = {h.SOPInstanceUID for h in original}
    assert len(uids) == len(one)
    assert uids.isdisjoint(h.SOPInstanceUID for h in salted)
    assert salted[0].StudyInstanceUID != original[0].StudyInstanceUID
    other = write_study(axial, tmp_path / "four", layout="series-per-phase", companions=False)
    assert uids.isdisjoint(h.SOPInstanceUID for h in headers(other))


def test_one_series_tells_phases_apart_by_every_tag_it_claims(axial: PhantomStudy, tmp_path: Path) -> None:
    images = dynamic(write_study(axial, tmp_path, "one-series", companions=False))
    assert len({i.SeriesInstanceUID for i in images}) == 1
    for tag in ("TemporalPositionIdentifier", "AcquisitionNumber", "AcquisitionTime", "ContentTime"):
        counts = defaultdict(int)
        for image in images:
            counts[image[tag].value] += 1
        assert list(counts.values()) == [24] * 4, tag
    assert sorted(i.InstanceNumber for i in images) == list(range(1, 97))
    assert sorted({i.AcquisitionTime for i in images}) == ["101630", "102000", "102300", "102600"]


def test_series_per_phase_tells_phases_apart_by_label_and_times_only(axial: PhantomStudy, tmp_path: Path) -> None:
    images = dynamic(write_study(axial, tmp_path, "series-per-phase", companions=False))
    by_series: dict[str, list[Dataset]] = defaultdict(list)
    for image in images:
        by_series[image.SeriesInstanceUID].append(image)
    assert [len(s) for s in by_series.values()] == [24] * 4
    labels = [s[0].SeriesDescription for s in by_series.values()]
    assert labels == ["ax dyn pre", "ax dyn 1st pass", "ax dyn 2nd pass", "ax dyn 3rd pass"]
    assert not any("TemporalPositionIdentifier" in i for i in images)
    assert {i.AcquisitionNumber for i in images} == {1}
    assert ["ContrastBolusAgent" in s[0] for s in by_series.values()] == [False, True, True, True]
    for series in by_series.values():
        assert len({i.AcquisitionTime for i in series}) == 1


def test_content_time_only_hides_the_posts_from_every_other_tag(axial: PhantomStudy, tmp_path: Path) -> None:
    images = dynamic(write_study(axial, tmp_path, "content-time-only", companions=False))
    assert len({i.SeriesInstanceUID for i in images}) == 1
    for absent in ("AcquisitionTime", "AcquisitionDate", "TemporalPositionIdentifier", "TriggerTime"):
        assert not any(absent in i for i in images), absent
    by_time: dict[str, set[int]] = defaultdict(set)
    for image in images:
        by_time[image.ContentTime].add(int(image.AcquisitionNumber))
    assert [by_time[t] for t in sorted(by_time)] == [{1}, {2}, {2}, {2}]
    assert {i.ContrastBolusAgent for i in images} == {"NONE"}


def test_a_recorded_injection_and_a_scan_across_midnight(tmp_path: Path) -> None:
    spec = replace(
        PhantomSpec.small(),
        phase_starts_s=(-210.0, 20.0, 200.0, 380.0),
        injection_recorded=True,
        injected_at=datetime(2024, 2, 28, 23, 58, 0),
    )
    images = dynamic(write_study(make_study(spec), tmp_path, companions=False))
    assert {i.ContrastBolusStartTime for i in images} == {"235800"}
    starts = sorted({(i.AcquisitionDate, i.AcquisitionTime) for i in images})
    assert starts == [("20240228", "235430"), ("20240228", "235820"), ("20240229", "000120"), ("20240229", "000420")]


def test_other_series_lie_beside_the_dynamic_one(axial: PhantomStudy, tmp_path: Path) -> None:
    images = headers(write_study(axial, tmp_path))
    assert len({i.StudyInstanceUID for i in images}) == 1
    assert len({i.FrameOfReferenceUID for i in images}) == 1
    localizer = [i for i in images if i.SeriesDescription == "3 plane localizer"]
    assert len({tuple(i.ImageOrientationPatient) for i in localizer}) == 3
    t2 = next(i for i in images if i.SeriesDescription == "ax T2 TSE")
    assert t2.EchoTime > 60
    subtraction = [i for i in images if i.ImageType[0] == "DERIVED"]
    assert len(subtraction) == 24
    assert not any("PatientIdentityRemoved" in i for i in images)
    assert {str(i.PatientName) for i in images} == {"PHANTOM^0001"}
    assert {i.ManufacturerModelName for i in images} == {"TILscope phantom"}


@pytest.mark.parametrize("layout", PLAIN_LAYOUTS)
@pytest.mark.parametrize("name", ["axial", "sagittal_right"])
def test_dciodvfy_finds_no_error(layout: str, name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    files = write_study(request.getfixturevalue(name), tmp_path, layout)
    one_of_each_series = {file.parent: file for file in files}
    # Also the first image of every phase: layouts may write each phase's tags differently.
    firsts = [tmp_path / phase["files"][0] for phase in truth_of(tmp_path)["phases"]]
    for file in {*one_of_each_series.values(), *firsts}:
        said = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False).stderr
        assert "MRImage" in said, "dciodvfy recognised the object"
        assert [line for line in said.splitlines() if line.startswith("Error")] == []


def test_an_unknown_layout_is_told_which_there_are(axial: PhantomStudy, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one-series, series-per-phase, content-time-only"):
        write_study(axial, tmp_path, "one-serie")


def test_a_study_is_not_mixed_with_what_the_folder_holds(axial: PhantomStudy, tmp_path: Path) -> None:
    first = write_study(axial, tmp_path, companions=False)
    with pytest.raises(BadInput, match="already holds files"):
        write_study(axial, tmp_path, "series-per-phase")
    assert sorted(tmp_path.glob("dicom/*/*.dcm")) == sorted(first)
