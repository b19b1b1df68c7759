"""A study in which nothing is surely a lesion: a reader sees the candidates, decides by one click, and it is scored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pydicom
import pytest
from browser.seen_patient import SeenPatient
from browser.viewer_in_chromium import ViewerPage, until
from integration.hospital import Hospital
from undecided_phantom import write_undecided

from tilscope.models.imaging.voxels import mask_of
from tilscope.models.pictures.picture_map import Box, PictureMap
from tilscope.phantom import PhantomSpec, make_study, write_study

pytestmark = pytest.mark.slow

#: Of the picture of both breasts: where in the patient it lies.
MAP = 9130


@pytest.fixture(scope="module")
def undecided(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> SeenPatient:
    folder = tmp_path_factory.mktemp("undecided")
    _, files = write_undecided(folder)
    patient = SeenPatient(folder, files)
    hospital.receive(patient.files)
    assert hospital.settled(patient.study_uid)["state"] == "needs-reader"
    return patient


@pytest.fixture(scope="module")
def healthy(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("healthy")
    files = write_study(make_study(replace(PhantomSpec.small(2), lesion=None)), folder, salt="healthy")
    study_uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
    hospital.receive(files)
    assert hospital.settled(study_uid)["code"] == "no-lesion"
    return study_uid


def test_a_study_that_needs_a_reader_waits_with_its_candidates_and_without_a_score(
    shown: ViewerPage, hospital: Hospital, undecided: SeenPatient
) -> None:
    assert hospital.result_series(undecided.study_uid) == ["DOC", "SEG", "SEG", "SEG", "SR"], (
        "the viewer shows the candidates"
    )
    (series,) = hospital.result(undecided.study_uid)["dynamic_series"]
    assert (series["finding"], series["signatures"]) == ("candidates", [])
    page = go(shown, "?state=needs-reader")
    page.locator(".studies > li").filter(has_text="A reader must decide.").wait_for()
    page = go(shown, f"studies/{undecided.study_uid}/page")
    page.get_by_text("Nothing is scored until you say which is the lesion").wait_for()
    the_picture(page)
    assert page.get_by_role("button", name="this is the lesion").count() == len(series["lesions"])
    assert page.get_by_text("Signatures of").count() == 0
    page.screenshot(path=shown.keep("page-needs-reader"), full_page=True)


def test_one_click_on_a_candidate_scores_it_and_is_in_the_audit_log(
    shown: ViewerPage, hospital: Hospital, undecided: SeenPatient
) -> None:
    page = go(shown, f"studies/{undecided.study_uid}/page")
    projection = places_of(hospital, undecided.study_uid).areas[0]
    wanted = next(one for one in projection.regions if lies_in(one.point_mm, undecided))
    click(page, wanted.box)
    page.get_by_text("The study will be inspected and scored now.").wait_for()
    assert hospital.until(undecided.study_uid, "scored")
    page.get_by_role("heading", name="Signatures of lesion 1").wait_for()
    page.get_by_text("The lesion was looked for at the seed").wait_for()
    assert lies_in(hospital.result(undecided.study_uid)["dynamic_series"][0]["lesions"][0]["point_mm"], undecided)
    page.screenshot(path=shown.keep("page-decided"), full_page=True)
    rows = go(shown, "account").locator("tbody tr").all_inner_texts()
    assert any(hospital.user in row and "Score again" in row for row in rows)


def test_a_candidate_can_be_chosen_by_keys_alone(shown: ViewerPage, hospital: Hospital, undecided: SeenPatient) -> None:
    again = hospital.http.post(f"/tilscope/studies/{undecided.study_uid}/rescore", json={"automatic": True})
    again.raise_for_status()
    hospital.until(undecided.study_uid, "needs-reader")
    page = go(shown, f"studies/{undecided.study_uid}/page")
    button = page.get_by_role("button", name="Candidate 1: this is the lesion")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("The study will be inspected and scored now.").wait_for()
    hospital.until(undecided.study_uid, "scored")


def test_a_refusal_shows_the_breast_that_it_is_about_and_takes_a_click(
    shown: ViewerPage, hospital: Hospital, healthy: str
) -> None:
    page = go(shown, f"studies/{healthy}/page")
    page.get_by_text("If you see the lesion, click on it").wait_for()
    the_picture(page)
    page.screenshot(path=shown.keep("page-refused-with-picture"), full_page=True)
    click(page, places_of(hospital, healthy).areas[0].box)
    page.get_by_text("The study will be inspected and scored now.").wait_for()
    refused = hospital.until(healthy, "refused")
    assert refused["code"] == "no-lesion-there"
    page.get_by_text(refused["reason"]).first.wait_for()
    the_picture(page)


def go(shown: ViewerPage, path: str) -> Any:
    shown.page.goto(f"{shown.orthanc.url}/tilscope/{path}")
    return shown.page


def the_picture(page: Any) -> None:
    page.locator(".picture img").first.scroll_into_view_if_needed()
    until(lambda: page.evaluate("document.querySelector('.picture img').naturalWidth") > 600, "the picture")


def click(page: Any, box: Box) -> None:
    """In the middle of a box of the sheet."""
    picture = page.locator(".picture img").first
    the_picture(page)
    place = picture.bounding_box()
    left, upper, right, lower = box
    picture.click(position={"x": place["width"] * (left + right) / 2, "y": place["height"] * (upper + lower) / 2})


def places_of(hospital: Hospital, study_uid: str) -> PictureMap:
    orthanc_id = hospital.study(study_uid)["orthanc_id"]
    answer = hospital.http.get(f"/studies/{orthanc_id}/attachments/{MAP}/data").raise_for_status()
    return PictureMap.from_json(answer.content)


def lies_in(point_mm: Any, patient: SeenPatient) -> bool:
    """Whether a point of the patient (LPS, mm) lies in the true lesion."""
    index = np.array(patient.lesion.TransformPhysicalPointToIndex([float(mm) for mm in point_mm]))
    inside = (index >= 0).all() and (index < np.array(patient.lesion.GetSize())).all()
    return bool(inside and mask_of(patient.lesion)[tuple(index[::-1])])
