"""Other people's programs read every object of every case back: the same numbers with their units, the same voxels."""

from __future__ import annotations

import copy
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import highdicom as hd
import pytest
from conformance.cases import CASES
from conformance.readers import READERS, Reader, by_dsrdump
from conformance.spoilt import spoilt_file
from conformance.written import Cabinet, WrittenCase, WrittenObject
from pydicom import Dataset

from tilscope.dicom_io.identity import Kind


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.program)
def test_a_reader_finds_what_was_written(case: WrittenCase, reader: Reader, tmp_path: Path) -> None:
    for number, one in enumerate(one for one in case.objects if reader.reads(one.dataset)):
        folder = tmp_path / str(number)
        folder.mkdir()
        reader.check(one, folder)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.program)
def test_every_reader_has_something_to_read(cabinet: Cabinet, reader: Reader) -> None:
    assert any(reader.reads(one.dataset) for name in CASES for one in cabinet.case(name).objects)


def test_every_object_has_a_reader_that_knows_its_kind(cabinet: Cabinet) -> None:
    """Beside those that read any DICOM file."""
    for name in CASES:
        for one in cabinet.case(name).objects:
            readers = [reader.program for reader in READERS if reader.reads(one.dataset)]
            assert set(readers) - {"dcmtk dcmdump", "dcmtk dcm2json"}, one.name


def test_highdicom_cannot_read_an_empty_number(cabinet: Cabinet) -> None:
    """PS3.3 C.18.1 allows it, and a missing value must not be 0. Should this fail, `by_srread` can read the file as it is."""
    with pytest.raises(IndexError):
        hd.sr.srread(report_of(cabinet.case("axial")).path)


def test_dcmtk_reads_a_report_about_label_maps_from_3_6_9_on(cabinet: Cabinet, tmp_path: Path) -> None:
    """Once no dcmtk before that is used, dsrdump can read all reports."""
    about_label_maps = report_of(cabinet.case("label maps"))
    if version_of_dcmtk() >= (3, 6, 9):
        by_dsrdump(about_label_maps, tmp_path)
    else:
        with pytest.raises(AssertionError, match="dsrdump failed"):
            by_dsrdump(about_label_maps, tmp_path)


def version_of_dcmtk() -> tuple[int, ...]:
    told = subprocess.run(["dsrdump", "--version"], capture_output=True, text=True, check=False).stdout
    (version,) = re.findall(r"dsrdump v(\d+\.\d+\.\d+)", told.splitlines()[0])
    return tuple(map(int, version.split(".")))


def report_of(case: WrittenCase) -> WrittenObject:
    return next(one for one in case.objects if one.kind is Kind.REPORT)


def test_a_report_without_a_missing_value_is_read_as_it_is(cabinet: Cabinet, tmp_path: Path) -> None:
    report = copy.deepcopy(report_of(cabinet.case("calibrated")).dataset)
    for group in (item for item in report.ContentSequence[-1].ContentSequence if "ContentSequence" in item):
        group.ContentSequence = [
            item for item in group.ContentSequence if item.ValueType != "NUM" or item.MeasuredValueSequence
        ]
    report.save_as(tmp_path / "report.dcm", enforce_file_format=True)
    groups = hd.sr.srread(tmp_path / "report.dcm").content.get_volumetric_roi_measurement_groups()
    names = [group.tracking_identifier for group in groups]
    assert names[:4] == ["Lesion 1", "Lesion 2", "Breast", "FGT"]
    of_lesion_1 = {group.tracking_uid for group in groups if group.tracking_identifier.endswith("Lesion 1")}
    assert len(of_lesion_1) == 1
    assert names[4:] == [
        "Right breast, described", "Left breast, described", "wu2018 of Lesion 1", "wu2018 features of Lesion 1",
    ]  # fmt: skip


def first_number(item: Dataset) -> Dataset:
    """The first measurement of a tree."""
    for child in item.get("ContentSequence", ()):
        if child.ValueType == "NUM" and child.RelationshipType == "CONTAINS":
            return child
        if child.ValueType == "CONTAINER" and (found := first_number(child)) is not None:
            return found
    return None  # type: ignore[return-value]


def other_value(report: Dataset) -> None:
    first_number(report).MeasuredValueSequence[0].NumericValue = "4711"


def other_unit(report: Dataset) -> None:
    first_number(report).MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue = "mm3"


def exchanged_slices(segmentation: Dataset) -> None:
    """The first and the last slice of the first lesion, which differ in shape."""
    first, last = (segmentation.PerFrameFunctionalGroupsSequence[at] for at in (0, 4))
    first.PlanePositionSequence, last.PlanePositionSequence = last.PlanePositionSequence, first.PlanePositionSequence


def turned_voxels(segmentation: Dataset) -> None:
    segmentation.PixelData = segmentation.PixelData[::-1]


@pytest.mark.parametrize(
    ("kind", "damage", "program"),
    [
        (Kind.REPORT, other_value, "dcmqi tid1500reader"),
        (Kind.REPORT, other_unit, "dcmqi tid1500reader"),
        (Kind.SEGMENTATION, turned_voxels, "dcmqi segimage2itkimage"),
        (Kind.SEGMENTATION, exchanged_slices, "dcmqi segimage2itkimage"),
    ],
    ids=lambda value: getattr(value, "__name__", getattr(value, "name", value)),
)
def test_a_reader_notices_what_was_changed(cabinet: Cabinet, tmp_path: Path, kind: Kind, damage, program: str) -> None:  # type: ignore[no-untyped-def]
    case = cabinet.case("axial")
    one = next(one for one in case.objects if one.kind is kind)
    path = spoilt_file(case, kind, damage, tmp_path)
    reader = next(reader for reader in READERS if reader.program == program)
    with pytest.raises(AssertionError):
        reader.check(replace(one, path=path), tmp_path)
