"""Every object of every case passes dciodvfy, and with its study's images dcentvfy, but for what the one list allows."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import dicom_readers
import pytest
from conformance import pixelmed
from conformance.allowed import ALLOWED, Allowed, unexplained
from conformance.cases import CASES
from conformance.readers import is_tree, names_label_map
from conformance.spoilt import spoilt_file
from conformance.written import Cabinet, WrittenCase

from tilscope.dicom_io.identity import Kind


@cache
def said_of_objects(case: WrittenCase) -> tuple[tuple[str, str], ...]:
    """(object, what dciodvfy says of it)"""
    return tuple((one.name, line) for one in case.objects for line in dicom_readers.validator_lines(one.path))


@cache
def said_of_study(case: WrittenCase) -> tuple[str, ...]:
    """By dcentvfy, of the images alone and with the objects: what is said only with them is about them."""
    objects = [one.path for one in case.objects]
    of_images = dicom_readers.entity_lines(case.image_files, case.folder)
    of_all = dicom_readers.entity_lines([*case.image_files, *objects], case.folder)
    return tuple(line for line in of_all if line not in of_images)


#: PixelMed takes a second or more for each report: these have every kind of report and group.
JUDGED_BY_PIXELMED = ("axial", "sagittal pair", "candidates", "calibrated", "refused")


def said_by_pixelmed(cabinet: Cabinet) -> dict[str, list[str]]:
    """By case; one run for all."""
    cases = [cabinet.case(name) for name in JUDGED_BY_PIXELMED]
    asked = {one.path: case.name for case in cases for one in case.objects if one.dataset.SOPClassUID in pixelmed.KNOWN}
    said: dict[str, list[str]] = {name: [] for name in JUDGED_BY_PIXELMED}
    for path, lines in pixelmed.complaints(tuple(asked)).items():
        said[asked[path]] += lines
    return said


@cache
def said_of_trees(case: WrittenCase) -> tuple[str, ...]:
    trees = (one for one in case.objects if is_tree(one.dataset) and not names_label_map(one.dataset))
    return tuple(line for one in trees for line in dicom_readers.report_complaints(one.path))


@pytest.mark.parametrize("name", CASES)
def test_every_object_conforms_to_its_definition(case: WrittenCase) -> None:
    assert [(where, line) for where, line in said_of_objects(case) if unexplained("dciodvfy", [line], case.name)] == []


@pytest.mark.parametrize("name", CASES)
def test_the_objects_and_the_images_are_one_consistent_study(case: WrittenCase) -> None:
    assert unexplained("dcentvfy", said_of_study(case), case.name) == []


@pytest.mark.skipif(not pixelmed.is_installed(), reason="libpixelmed-java, libxalan2-java and a Java are not installed")
def test_reports_keep_to_their_templates(cabinet: Cabinet) -> None:
    said = said_by_pixelmed(cabinet)
    assert {name: unexplained("PixelMed", lines, name) for name, lines in said.items()} == {key: [] for key in said}


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_some_case_has_every_kind_of_object(cabinet: Cabinet, kind: Kind) -> None:
    assert any(one.kind is kind for name in CASES for one in cabinet.case(name).objects)


@pytest.mark.parametrize("allowed", ALLOWED, ids=lambda allowed: f"{allowed.program}: {allowed.says} {allowed.where}")
def test_every_line_of_the_list_is_needed(cabinet: Cabinet, allowed: Allowed) -> None:
    if allowed.program == "PixelMed":
        if not pixelmed.is_installed():
            pytest.skip("libpixelmed-java, libxalan2-java and a Java are not installed")
        by_case = said_by_pixelmed(cabinet)
        assert any(allowed.covers("PixelMed", line, name) for name, lines in by_case.items() for line in lines)
        return
    said = {
        "dciodvfy": lambda case: [line for _, line in said_of_objects(case)],
        "dcentvfy": said_of_study,
        "dsrdump": said_of_trees,
    }[allowed.program]
    cases = [cabinet.case(name) for name in CASES if name.startswith(allowed.where)]
    assert any(allowed.covers(allowed.program, line, case.name) for case in cases for line in said(case))


def test_every_line_of_the_list_has_its_reason() -> None:
    assert all(len(allowed.reason) > 30 for allowed in ALLOWED)


@pytest.mark.parametrize(
    ("kind", "keyword"),
    [
        (Kind.REPORT, "CompletionFlag"),
        (Kind.SEGMENTATION, "SegmentationType"),
        (Kind.BREAST_SEGMENTATION, "DimensionIndexSequence"),
        (Kind.SUMMARY, "MIMETypeOfEncapsulatedDocument"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_validator_notices_what_is_missing(cabinet: Cabinet, tmp_path: Path, kind: Kind, keyword: str) -> None:
    damaged = spoilt_file(cabinet.case("axial"), kind, lambda obj: obj.pop(keyword), tmp_path)
    assert unexplained("dciodvfy", dicom_readers.validator_lines(damaged)) != []


def test_the_validator_notices_an_object_of_another_patient(cabinet: Cabinet, tmp_path: Path) -> None:
    case = cabinet.case("axial")
    stranger = spoilt_file(case, Kind.REPORT, lambda obj: setattr(obj, "PatientName", "Another^One"), tmp_path)
    assert unexplained("dcentvfy", dicom_readers.entity_lines([*case.image_files, stranger], tmp_path), case.name) != []
