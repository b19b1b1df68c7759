"""All objects of one result together: of one study, the same each time, and nothing that must not be there.

Whether they conform, whatever the study is like, is for `tests/conformance` to say.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dicom_readers
import pydicom
import pytest
from pydicom import Dataset
from pydicom.dataelem import DataElement
from scored_study import scored_study

from tilscope.dicom_io.objects.results import ResultObjects, build_results
from tilscope.models.settings import FURTHER_OBJECTS, ObjectSettings


@pytest.fixture(scope="module")
def objects() -> ResultObjects:
    return built()


def built(**choices: object) -> ResultObjects:
    return build_results(*scored_study(**choices).parts)  # type: ignore[arg-type]


def every_element(obj: Dataset) -> Iterator[DataElement]:
    yield from obj.iterall()


def all_uids(obj: Dataset) -> list[str]:
    """Every UID in the object, nested ones and the file's own included."""
    nested = [str(e.value) for e in every_element(obj) if e.VR == "UI" and e.value]
    return nested + [str(e.value) for e in obj.file_meta if e.VR == "UI"]


def test_the_same_uid_has_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stores an object a second time must not be told by another that it differs; only the clock may."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setattr("tilscope.dicom_io.objects.results.present_time", lambda header: moment)
    every = ObjectSettings().and_also(FURTHER_OBJECTS)
    first, second = (build_results(*scored_study().parts, objects=every) for _ in range(2))
    assert len(list(first)) >= 9
    for one, other in zip(first, second, strict=True):
        assert one.SOPInstanceUID == other.SOPInstanceUID
        assert _bytes(one) == _bytes(other), one.SeriesDescription


def _bytes(obj: Dataset) -> bytes:
    out = io.BytesIO()
    obj.save_as(out, enforce_file_format=True)
    return out.getvalue()


def test_the_conformance_check_can_fail(objects: ResultObjects, tmp_path: Path) -> None:
    obj = copy.deepcopy(objects.report)
    del obj.CompletionFlag
    assert any("CompletionFlag" in e for e in dicom_readers.conformance_errors(dicom_readers.saved(obj, tmp_path)))


def test_objects_come_in_storing_order_each_in_its_own_series_of_the_same_study() -> None:
    study = scored_study()
    objects = list(build_results(*study.parts))
    assert [o.Modality for o in objects] == ["SEG", "SEG", "SEG", "DOC", "SR"], "the report last: where it is, all is"
    assert [o.SOPClassUID for o in objects] == [
        *["1.2.840.10008.5.1.4.1.1.66.4"] * 3,
        "1.2.840.10008.5.1.4.1.1.104.1",
        "1.2.840.10008.5.1.4.1.1.88.34",
    ]
    assert [o.SeriesNumber for o in objects] == [9211, 9202, 9201, 9204, 9203], "tissue, breast, lesions"
    assert len({o.SeriesInstanceUID for o in objects}) == 5
    assert {o.StudyInstanceUID for o in objects} == {study.source.study_uid}
    assert {(o.PatientID, str(o.PatientName), o.AccessionNumber) for o in objects} == {("T-1", "Test^Anna", "A-1")}


def test_every_object_says_research_use_only_without_a_space_and_without_a_score(objects: ResultObjects) -> None:
    for obj in objects:
        assert " " not in obj.SeriesDescription
        assert len(obj.SeriesDescription) <= 30, "what a thumbnail has room for"
        (ours,) = (i for i in obj.ContributingEquipmentSequence if "DeviceUID" in i)
        assert ours.ContributionDescription.startswith("RESEARCH USE ONLY")


def test_the_same_input_gives_the_same_uids_everywhere(objects: ResultObjects) -> None:
    for one, again in zip(objects, built(), strict=True):
        assert all_uids(one) == all_uids(again)
        moments = {"DA", "TM", "DT"}
        for a, b in zip(every_element(one), every_element(again), strict=True):
            # A PDF holds the moment at which it was made.
            if a.VR not in moments and a.VR != "SQ" and a.keyword != "EncapsulatedDocument":
                assert a.value == b.value, a.keyword


def test_another_input_gives_other_objects_and_another_version_another_device(
    objects: ResultObjects,
) -> None:
    other = built(input_hash="0" * 16, measurement_hash="0" * 16)
    newer = built(pipeline_version="99.0", input_hash="1" * 16, measurement_hash="1" * 16)
    for one, two in zip(objects, other, strict=True):
        assert one.SOPInstanceUID != two.SOPInstanceUID
        assert one.SeriesInstanceUID != two.SeriesInstanceUID
    device = [
        i.DeviceUID for o in (objects, other, newer) for i in o.report.ContributingEquipmentSequence if "DeviceUID" in i
    ]
    assert device[0] == device[1] != device[2]


def test_what_was_measured_keeps_its_segmentations_whatever_is_concluded_from_it(objects: ResultObjects) -> None:
    other = built(input_hash="0" * 16)
    for one, two in (
        (objects.segmentation, other.segmentation),
        (objects.breast_segmentation, other.breast_segmentation),
    ):
        assert one.SOPInstanceUID == two.SOPInstanceUID
        assert [s.TrackingUID for s in one.SegmentSequence] == [s.TrackingUID for s in two.SegmentSequence]
    for one, two in ((objects.report, other.report), (objects.pdf, other.pdf)):
        assert one.SOPInstanceUID != two.SOPInstanceUID


def test_no_two_objects_share_a_uid_that_is_theirs(objects: ResultObjects) -> None:
    own = [uid for o in objects for uid in (o.SeriesInstanceUID, o.SOPInstanceUID)]
    assert len(set(own)) == len(own)
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in own)


def test_what_the_images_say_about_zone_and_de_identification_is_kept_on_every_object() -> None:
    tags = {
        "TimezoneOffsetFromUTC": "+0900",
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "profile 1",
        "LongitudinalTemporalInformationModified": "MODIFIED",
        "InstitutionName": "Clinic of tests",
        "IssuerOfPatientID": "CLINIC",
    }
    for obj in built(tags=tags):
        for keyword, value in tags.items():
            assert obj.get(keyword) == value, (obj.Modality, keyword)


def test_times_are_in_the_zone_that_the_object_declares() -> None:
    east, west = (built(tags={"TimezoneOffsetFromUTC": zone}).report for zone in ("+1200", "-1200"))
    stamps = [int(str(o.ContentDate)) * 24 + int(str(o.ContentTime)[:2]) for o in (east, west)]
    assert stamps[0] != stamps[1], "the two zones are a day apart"


def test_nothing_private_and_no_comment_about_the_patient_passes_through() -> None:
    study = scored_study(tags={"PatientComments": "brought by her son", "AdditionalPatientHistory": "secret"})
    for phase in study.source.phases:
        for header in phase.headers:
            header.add_new(0x00090010, "LO", "MAKER")
            header.add_new(0x00091001, "LO", "private value")
    for obj in build_results(*study.parts):
        assert not [e.tag for e in every_element(obj) if e.tag.is_private]
        assert "PatientComments" not in obj
        assert "AdditionalPatientHistory" not in obj


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Müller^Änne"),
        (["", "ISO 2022 IR 87"], "Yamada^Hanako=山田^花子=やまだ^はなこ"),
        ("ISO_IR 192", "محمد^ليلى"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
    ],
)
def test_names_of_any_script_survive(charset: str | list[str], name: str, tmp_path: Path) -> None:
    """Headers read from files hold bytes in the file's own character set; what we write is UTF-8."""
    study = scored_study(tags={"SpecificCharacterSet": charset, "PatientName": name})
    for phase in study.source.phases:
        for index, header in enumerate(phase.headers):
            path = tmp_path / f"{index}.dcm"
            header.save_as(path, implicit_vr=False, little_endian=True)
            header.clear()
            header.update(pydicom.dcmread(path, force=True))
    for obj in build_results(*study.parts):
        read = pydicom.dcmread(dicom_readers.saved(obj, tmp_path))
        assert read.SpecificCharacterSet == "ISO_IR 192"
        assert str(read.PatientName) == name


def test_assembly_knows_our_objects_by_their_manufacturer(objects: ResultObjects) -> None:
    assert {obj.Manufacturer for obj in objects} == {"TILscope"}


def test_the_page_names_its_report_and_is_marked_as_showing_the_patient(objects: ResultObjects) -> None:
    (source,) = objects.pdf.SourceInstanceSequence
    assert source.ReferencedSOPInstanceUID == objects.report.SOPInstanceUID
    assert objects.pdf.BurnedInAnnotation == "YES"
    assert objects.pdf.EncapsulatedDocument.startswith(b"%PDF-")


def test_a_misspelt_keyword_is_an_error() -> None:
    # pydicom only warns, and writes nothing: the project's pytest settings turn that warning into this error.
    with pytest.raises(UserWarning, match="Camel case attribute 'SoftwareVersionNumber'"):
        Dataset().SoftwareVersionNumber = "1"
