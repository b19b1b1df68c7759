"""Readers confirm or reject single lesions: what is kept, who may, and what becomes of the study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, api_over
from kept_results import keep_scored, keep_undecided, til
from orthanc_server import free_ports
from scored_study import scored_study

from tilscope.models.result import LesionSource
from tilscope.service.ledger.states import State

STUDY = "1.2.3"
FIRST, SECOND = [10.5, -20.0, 5.0], [21.0, -20.0, 5.0]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A scored study with two lesions; no Orthanc answers here."""
    with api_over(tmp_path, orthanc_url=f"http://127.0.0.1:{free_ports(1)[0]}") as api:
        keep_scored(api.ledger, STUDY, til(25.0), lesions=lesions())
        yield api


def lesions() -> tuple[Any, ...]:
    (first, *_) = scored_study().result.lesions
    return tuple(replace(first, number=n, point_mm=tuple(at)) for n, at in ((1, FIRST), (2, SECOND)))


def say(api: Api, point: list[float], verdict: str | None, **headers: str) -> dict[str, Any]:
    body = {"point_mm": point, "verdict": verdict}
    who = {"X-Tilscope-User": "m%C3%BCller", **headers}
    answer = api.http.post(f"/studies/{STUDY}/readings", json=body, headers=who)
    said: dict[str, Any] = {"status": answer.status_code, **answer.json()}
    return said


def story(api: Api) -> dict[str, Any]:
    return api.get(f"/studies/{STUDY}")


def test_a_confirmed_lesion_is_in_the_json_on_the_page_and_on_the_timeline_and_changes_no_score(api: Api) -> None:
    assert say(api, SECOND, "confirmed")["status"] == 202
    told = story(api)
    (reading,) = told["readings"]
    assert (reading["name"], reading["verdict"], reading["who"]) == ("Lesion 2", "confirmed", "müller")
    assert (told["state"], told["timeline"][-1]["event"], told["timeline"][-1]["who"]) == ("scored", "read", "müller")
    assert told["timeline"][-1]["detail"] == "Lesion 2 confirmed"
    html = api.http.get(f"/studies/{STUDY}/page").text
    assert html.count("Confirmed by müller") == 1
    assert 'aria-label="Lesion 2: confirm"' not in html
    assert 'aria-label="Lesion 1: confirm"' in html
    assert api.ledger.readings.steering_of(STUDY) is None

    assert say(api, SECOND, None)["status"] == 202
    assert story(api)["readings"] == []
    assert story(api)["timeline"][-1]["detail"] == "Lesion 2 is no longer confirmed"


def test_a_rejected_lesion_is_kept_for_every_later_run_until_it_is_taken_back(api: Api) -> None:
    said = say(api, SECOND, "rejected")
    assert (said["status"], said["state"]) == (202, "receiving")
    assert story(api)["timeline"][-1]["detail"] == "Lesion 2 rejected"
    assert api.ledger.readings.steering_of(STUDY) == {"rejected_mm": [SECOND]}
    html = api.http.get(f"/studies/{STUDY}/page").text
    assert 'aria-label="Lesion 2 rejected: take back"' in html

    (candidate,) = api.ledger.receiving.to_examine(0.0, 0.0)
    api.ledger.receiving.settle(candidate, "without the second")
    assert say(api, FIRST, "rejected")["status"] == 409, "it waits to be scored"
    claim = api.ledger.attempts.claim()
    assert claim is not None
    assert not claim.result_stands, "the rejected lesion does not come back where nothing is left without it"
    api.ledger.attempts.refused(claim, "every-lesion-rejected", "A reader has rejected all that was found here.")
    assert story(api)["state"] == State.REFUSED
    assert say(api, SECOND, None)["state"] == "receiving"
    assert api.ledger.readings.steering_of(STUDY) is None


def test_where_a_person_points_comes_before_what_was_rejected(api: Api) -> None:
    say(api, SECOND, "rejected")
    there = {"seed_mm": [1.0, 2.0, 3.0], "box_mm": None}
    api.ledger.requests.rescore(STUDY, "orthanc", "alice", "", there)
    assert api.ledger.readings.steering_of(STUDY) == there
    assert "a person has pointed at the lesion, which comes first" in api.http.get(f"/studies/{STUDY}/page").text


def test_only_who_may_have_studies_scored_again_may_read_lesions(api: Api) -> None:
    assert say(api, FIRST, "confirmed", **{"X-Tilscope-Roles": "read"})["status"] == 403
    assert say(api, FIRST, "confirmed", **{"X-Tilscope-Roles": "rescore"})["status"] == 202
    answer = api.http.get(f"/studies/{STUDY}/page", headers={"X-Tilscope-Roles": "read"})
    assert "Confirmed by müller" in answer.text
    assert "Take back" not in answer.text


@pytest.mark.parametrize(
    ("point", "verdict", "status"),
    [([0.0, 0.0, 0.0], "rejected", 422), (FIRST, None, 422), (FIRST, "perhaps", 400), ([1.0, 2.0], "rejected", 400)],
)
def test_what_is_no_lesion_is_refused_in_a_sentence(
    api: Api, point: list[float], verdict: str | None, status: int
) -> None:
    said = say(api, point, verdict)
    assert (said["status"], said["detail"] != "") == (status, True)
    assert story(api)["readings"] == []


def test_a_drawn_lesion_is_taken_back_where_it_was_drawn(api: Api) -> None:
    keep_scored(api.ledger, "1.2.4", til(25.0), lesions=lesions(), segmentation=LesionSource("drawn"))
    answer = api.http.post("/studies/1.2.4/readings", json={"point_mm": FIRST, "verdict": "rejected"})
    assert (answer.status_code, answer.json()["code"]) == (409, "given-by-a-person")
    assert "Reject: no lesion" not in api.http.get("/studies/1.2.4/page").text


def test_a_candidate_can_be_rejected_and_is_confirmed_by_choosing_it(api: Api) -> None:
    keep_undecided(api.ledger, "1.2.5")
    html = api.http.get("/studies/1.2.5/page").text
    assert 'aria-label="Candidate 1: Reject: no lesion, and score again without it"' in html
    assert "Candidate 1: confirm" not in html
    point = [10.5, -20.0, 5.0]
    answer = api.http.post("/studies/1.2.5/readings", json={"point_mm": point, "verdict": "confirmed"})
    assert (answer.status_code, answer.json()["code"]) == (409, "still-a-candidate")
    assert api.http.post("/studies/1.2.5/readings", json={"point_mm": point, "verdict": "rejected"}).status_code == 202
