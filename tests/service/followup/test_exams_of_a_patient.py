"""Which exams are compared: those of surely one person, by what the headers say; and what a result then holds of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from kept_results import claimed, keep_refused, keep_scored, result_of
from pydicom import Dataset
from scored_description import described

from tilscope.dicom_io.identity import Author, Kind, tracking_uid_of
from tilscope.dicom_io.same_patient import PatientOfStudy, why_not_the_same
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import SeriesResult, StudyResult
from tilscope.models.result_schema import read_result
from tilscope.service.answered_study import AnsweredStudy
from tilscope.service.followup.exams import exams_of_patient
from tilscope.service.followup.following_in_archive import Following
from tilscope.service.ledger import Ledger

FIRST, SECOND, THIRD = "1.2.1", "1.2.2", "1.2.3"
DAYS = {FIRST: "20240115", SECOND: "20240226", THIRD: "20240520"}


def header(study_uid: str, **said: str) -> Dataset:
    found = Dataset()
    found.StudyInstanceUID, found.StudyDate = study_uid, DAYS[study_uid]
    found.PatientID, found.PatientSex, found.PatientBirthDate = "P-1", "F", "19700101"
    for keyword, value in said.items():
        setattr(found, keyword, value)
    return found


def answered(study_uid: str, size: float = 1.0) -> AnsweredStudy:
    """One lesion of known place, `size` times as large as usual."""
    study = read_result(result_of(study_uid))
    (series,) = study.dynamic_series
    block = described(Laterality.LEFT)
    placed = replace(block.lesions[0], offset_mm=(10.0, 40.0, 5.0))
    lesion = series.lesions[0]
    sizes = tuple(
        replace(m, value=m.value * size) if m.value and m.id in ("volume", "longest_diameter", "ftv") else m
        for m in lesion.measurements
    )
    series = replace(
        series,
        input_hash=f"input {study_uid}",
        measurement_hash=f"measured {study_uid}",
        lesions=(replace(lesion, measurements=sizes),),
        description=replace(block, lesions=(placed,)),
        quality=(),
    )
    return AnsweredStudy(study_uid, replace(study, dynamic_series=(series,)))


def series_of(study: AnsweredStudy) -> SeriesResult:
    assert study.result is not None
    return study.result.dynamic_series[0]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"PatientID": "P-2"}, "the patient identifiers differ"),
        ({"PatientSex": "M"}, "the sexes differ"),
        ({"PatientBirthDate": "19700102"}, "the birth dates differ"),
        ({"IssuerOfPatientID": "ELSEWHERE"}, "the issuers of the patient identifier differ"),
        ({"PatientSex": "", "PatientBirthDate": ""}, ""),
    ],
)
def test_two_studies_are_of_one_person_where_nothing_that_both_name_differs(said: dict[str, str], why: str) -> None:
    one, other = header(FIRST, IssuerOfPatientID="HERE"), header(SECOND, **{"IssuerOfPatientID": "HERE", **said})
    assert why_not_the_same(PatientOfStudy.of(one), PatientOfStudy.of(other)) == why


@pytest.mark.parametrize("filler", ["", "0000", "ANONYMOUS", "unknown"])
def test_a_filler_in_the_place_of_an_identifier_joins_nobody(filler: str) -> None:
    found = exams_of_patient(answered(SECOND), [answered(FIRST)], lambda uid: header(uid, PatientID=filler))
    assert not found.exams
    assert found.left_out[0].startswith("Earlier exams are not looked for: ")


def test_what_is_left_out_is_told_and_the_rest_is_in_the_order_of_time() -> None:
    headers = {THIRD: header(THIRD), FIRST: header(FIRST), SECOND: header(SECOND, PatientSex="M")}
    found = exams_of_patient(answered(THIRD), [answered(SECOND), answered(FIRST)], headers.get)
    assert [exam.study_uid for exam in found.exams] == [FIRST, THIRD]
    assert found.left_out == (f"Study {SECOND} is not compared: the sexes differ.",)


def test_two_exams_of_one_day_are_no_course() -> None:
    found = exams_of_patient(answered(SECOND), [answered(FIRST)], lambda uid: header(uid, StudyDate="20240115"))
    assert not found.exams
    assert found.left_out == (f"Study {FIRST} is not compared: it is of the same day.",)


def test_a_lesion_that_an_earlier_exam_has_keeps_its_tracking_uid_and_the_change_is_told() -> None:
    first, now = answered(FIRST), series_of(answered(SECOND, size=0.5))
    (followed,) = Following([first], header)([now])
    known_as = tracking_uid_of(series_of(first), "Lesion 1")
    assert followed.lesions[0].tracking_uid == known_as == Author.of(followed).tracking_uid("Lesion 1")
    assert followed.over_time is not None
    (lesion,) = followed.over_time.lesions
    assert lesion.numbers == (1, 1)
    assert {one.id: one.percent for one in lesion.changes}["longest_diameter"] == pytest.approx(-50)
    report = followed.over_time.exams[0].report
    assert report is not None, "the earlier exam's report is named"
    assert report.kind == "SR"


def test_objects_with_another_tracking_uid_have_other_uids() -> None:
    """The same UID stands for the same bytes."""
    alone = series_of(answered(SECOND))
    (followed,) = Following([answered(FIRST)], header)([alone])
    for kind in Kind:
        assert Author.of(followed).instance_uid(kind) != Author.of(alone).instance_uid(kind)


def test_an_exam_is_compared_with_earlier_ones_only_when_it_is_scored() -> None:
    (unchanged,) = Following([answered(THIRD)], header)([series_of(answered(SECOND))])
    assert unchanged.over_time is None
    assert unchanged.lesions[0].tracking_uid == ""


def test_an_exam_in_which_nothing_was_found_is_one_of_the_course() -> None:
    empty = AnsweredStudy(SECOND, None, "no-lesion", "No lesion was found.")
    (followed,) = Following([answered(FIRST), empty], header)([series_of(answered(THIRD, size=0.4))])
    assert followed.over_time is not None
    assert [exam.study_uid for exam in followed.over_time.exams] == [FIRST, SECOND, THIRD]
    assert {lesion.fates[1] for lesion in followed.over_time.lesions if lesion.numbers[0]} == {"not found any more"}


def test_a_refusal_that_shows_no_breast_is_no_exam() -> None:
    knee = AnsweredStudy(FIRST, None, "not-a-breast", "It shows no breast.")
    assert not exams_of_patient(answered(SECOND), [knee], header).exams


def test_what_a_result_holds_of_earlier_exams_can_be_read_again() -> None:
    (followed,) = Following([answered(FIRST)], header)([series_of(answered(SECOND))])
    whole = StudyResult(SECOND, "input", "settings", "version", (followed,))
    plain: dict[str, Any] = json.loads(json.dumps(whole.as_json()))
    assert read_result(plain).dynamic_series[0].over_time == followed.over_time


def test_the_ledger_finds_a_patients_other_studies_with_their_answers(ledger: Ledger) -> None:
    keep_scored(ledger, FIRST)
    keep_refused(ledger, SECOND, "Nothing was found.")
    claimed(ledger, THIRD)
    keep_scored(ledger, "1.2.9")
    for uid, patient in ((FIRST, "P-1"), (SECOND, "P-1"), (THIRD, "P-1"), ("1.2.9", "P-2")):
        ledger.annotations.link_patient(uid, patient)
    beside = {one.study_uid: one for one in ledger.same_patient.studies_beside(THIRD)}
    assert beside.keys() == {FIRST, SECOND}
    assert beside[FIRST].result is not None
    assert (beside[SECOND].result, beside[SECOND].reason) == (None, "Nothing was found.")
