"""The objects that are written on request, together with the others: conformant, of the measurement, named by the report."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import dicom_readers
import pytest
from pydicom import Dataset
from scored_study import ScoredStudy, scored_study

from tilscope.dicom_io.identity import Kind
from tilscope.dicom_io.objects.further_objects import kinds_of_measurement, named_by_report
from tilscope.dicom_io.objects.results import ResultObjects, build_results, edition_of, recalculate_results
from tilscope.models.imaging.series import Laterality
from tilscope.models.settings import FURTHER_OBJECTS, USUAL_OBJECTS, ObjectSettings, PipelineSettings

ALL = USUAL_OBJECTS.and_also(FURTHER_OBJECTS)


def built(study: ScoredStudy | None = None, objects: ObjectSettings = ALL) -> ResultObjects:
    return build_results(*(study or scored_study()).parts, objects=objects)


def uids(objects: ResultObjects) -> list[str]:
    return [str(obj.SOPInstanceUID) for obj in objects]


@pytest.mark.parametrize(
    ("word", "classes"),
    [
        ("parametric-maps", ["30", "30"]),
        ("secondary-capture", ["7.4"]),
        ("key-images", ["88.59"]),
        ("contour-report", ["88.33"]),
        ("presentation-state", ["11.1"]),
        ("rt-structure-set", ["481.3"]),
        ("turning-mip", ["7.2"]),
    ],
)
def test_each_word_writes_its_objects(word: str, classes: list[str]) -> None:
    further = built(objects=USUAL_OBJECTS.and_also([word])).further
    assert [str(o.SOPClassUID).removeprefix("1.2.840.10008.5.1.4.1.1.") for o in further] == classes


def test_every_word_has_its_case_above() -> None:
    assert set(FURTHER_OBJECTS) == {
        "parametric-maps", "secondary-capture", "key-images", "contour-report", "presentation-state", "rt-structure-set",
        "turning-mip",
    }  # fmt: skip
    assert built(objects=USUAL_OBJECTS).further == ()


@pytest.mark.parametrize(
    "choices",
    [
        *({"grid": grid} for grid in ("axial", "axial mirrored", "sagittal from left to right", "oblique")),
        {"laterality": Laterality.BOTH},
        {"tags": {"TimezoneOffsetFromUTC": "-0330", "PatientIdentityRemoved": "YES", "DeidentificationMethod": "by hand"}},
        {"tags": {"PatientBirthDate": "unknown", "PatientSex": "X", "StudyTime": "", "StudyID": None, "Manufacturer": None, "SliceThickness": None}},
    ],
    ids=str,
)  # fmt: skip
def test_every_object_conforms(choices: dict[str, object], tmp_path: Path) -> None:
    for obj in built(scored_study(**choices)).further:  # type: ignore[arg-type]
        assert dicom_readers.conformance_errors(dicom_readers.saved(obj, tmp_path)) == [], obj.SeriesDescription


def test_what_the_images_say_of_the_patient_is_kept_on_every_object() -> None:
    tags = {
        "TimezoneOffsetFromUTC": "+0900", "PatientIdentityRemoved": "YES", "DeidentificationMethod": "profile 1",
        "InstitutionName": "Clinic of tests", "IssuerOfPatientID": "CLINIC", "StudyDescription": "MR of a breast",
    }  # fmt: skip
    for obj in built(scored_study(tags=tags)):
        for keyword, value in tags.items():
            assert obj.get(keyword) == value, (obj.SeriesDescription, keyword)


def test_series_numbers_never_collide() -> None:
    numbers = [kind.series_number(side) for kind, side in product(Kind, Laterality)]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) == 9001
    assert len({kind.value for kind in Kind}) == len(Kind)
    # Room for kinds to come: a new one must not take the number of the other breast's first.
    assert max(numbers) - min(numbers) >= 200 + len(Kind) - 1
    assert len(Kind) <= 100


def test_the_same_input_gives_the_same_objects_and_another_measurement_others() -> None:
    first, again = built(), built()
    assert uids(first) == uids(again)
    assert len(set(uids(first))) == len(uids(first))
    for one, two in zip(first.further, again.further, strict=True):
        moments = {"DA", "TM", "DT", "SQ"}
        for a, b in zip(one.iterall(), two.iterall(), strict=True):
            assert a.VR in moments or a.value == b.value, a.keyword
    assert not set(uids(first)) & set(uids(built(scored_study(input_hash="0" * 16, measurement_hash="0" * 16))))


def test_what_is_concluded_changes_none_of_them() -> None:
    one, other = built(), built(scored_study(input_hash="0" * 16))
    assert [o.SOPInstanceUID for o in one.further] == [o.SOPInstanceUID for o in other.further]
    assert one.report.SOPInstanceUID != other.report.SOPInstanceUID


# ------------------------------------------------------------------------------------------------- what a report names


@pytest.mark.parametrize(
    "objects", [USUAL_OBJECTS, ALL, replace(ALL, labelmap=True)], ids=["usual", "all", "label maps"]
)
def test_a_report_names_everything_that_it_was_written_with(objects: ObjectSettings) -> None:
    study = scored_study()
    made = built(study, objects)
    named = named_by_report(made.report, study.result)
    assert named.keys() == {*kinds_of_measurement(objects), Kind.TISSUE_SEGMENTATION}
    # In storing order, as the result lists them.
    for said, obj in zip(named.values(), (*made.segmentations, *made.further), strict=True):
        for keyword in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "Modality"):
            assert said[keyword].value == obj[keyword].value, obj.SeriesDescription


def test_a_renewed_report_names_them_too_and_makes_none_anew() -> None:
    study = scored_study()
    made = built(study)
    later = replace(study.result, input_hash="0" * 16)
    renewed = recalculate_results(later, study.source, made.report)
    assert [str(o.Modality) for o in renewed] == ["DOC", "SR"]
    before, after = (named_by_report(r, study.result) for r in (made.report, renewed.report))
    assert [o.SOPInstanceUID for o in before.values()] == [o.SOPInstanceUID for o in after.values()]


def test_a_report_that_does_not_name_what_is_written_now_is_followed_by_one_that_does() -> None:
    """An archive keeps the first of two objects of one UID: a report that named more would never come into it."""
    study = scored_study()
    first = built(study, USUAL_OBJECTS).report
    assert edition_of([first], study.result, USUAL_OBJECTS) == 0
    edition = edition_of([first], study.result, ALL)
    assert edition == 1
    second = built(replace(study, result=replace(study.result, edition=edition))).report
    assert second.SOPInstanceUID != first.SOPInstanceUID
    for wanted in (ALL, USUAL_OBJECTS, None):
        expected = {ALL: 1}.get(wanted, 0) if wanted else 0
        assert edition_of([first, second], study.result, wanted) == expected


# ------------------------------------------------------------------------------------------------------- the settings


def test_nothing_that_is_computed_depends_on_what_is_written() -> None:
    usual, other = PipelineSettings(), PipelineSettings(objects=replace(ALL, labelmap=True))
    assert usual.digest() == other.digest()


@pytest.mark.parametrize(("side", "letter"), [(Laterality.RIGHT, "R"), (Laterality.BOTH, "B")])
def test_every_picture_and_map_tells_its_side(side: Laterality, letter: str) -> None:
    images: list[Dataset] = [obj for obj in built(scored_study(laterality=side)) if "Rows" in obj]
    assert len(images) == 7, "three segmentations, two maps, the captures, the film"
    for obj in images:
        told = (
            obj.get("ImageLaterality") or obj.SharedFunctionalGroupsSequence[0].FrameAnatomySequence[0].FrameLaterality
        )
        assert told == letter, obj.SeriesDescription
