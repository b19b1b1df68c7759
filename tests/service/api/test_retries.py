"""Studies that have failed, tried again together: by the API, by the button of the page, by the command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_in_process import Api, api_over
from kept_results import claimed, keep_refused
from orthanc_server import free_ports

from tilscope.service.ledger.states import State


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """No Orthanc answers here."""
    with api_over(tmp_path, orthanc_url=f"http://127.0.0.1:{free_ports(1)[0]}") as api:
        for uid, code in (("1.1", "worker-died"), ("1.2", "timed-out"), ("1.3", "worker-died")):
            api.ledger.attempts.faulted(claimed(api.ledger, uid), code, "It failed.", None)
        keep_refused(api.ledger, "1.4")
        yield api


def inspected(api: Api) -> dict[str, State | None]:
    """What becomes of those that were asked for, when their input is still the same."""
    api.clock.pass_by(10)
    found = api.ledger.receiving.to_examine(3, 60)
    return {one.study_uid: api.ledger.receiving.settle(one, f"input of {one.study_uid}") for one in found}


def test_what_failed_for_one_reason_is_tried_again_and_nothing_else(api: Api) -> None:
    assert api.get("/retries")["failed"] == {"worker-died": 2, "timed-out": 1}
    answer = api.http.post("/retries", json={"code": "worker-died"}, headers={"X-Tilscope-User": "radiologist"})
    assert (answer.status_code, answer.json()) == (
        202,
        {"failed": {"timed-out": 1}, "asked": 2, "detail": "2 studies are tried again, behind all that arrives."},
    )
    assert inspected(api) == {"1.1": State.READY, "1.3": State.READY}
    study = api.get("/studies/1.1")
    assert (study["state"], study["attempts"]) == ("ready", 0)
    assert ("radiologist", "all that failed so: worker-died") in [(e["who"], e["detail"]) for e in study["timeline"]]


def test_without_a_code_all_that_failed_is_tried_again_once(api: Api) -> None:
    assert api.http.post("/retries", json={}).json()["asked"] == 3
    again = api.http.post("/retries", json={}).json()
    assert (again["asked"], again["failed"], again["detail"]) == (0, {}, "No study has failed so.")
    assert inspected(api).keys() == {"1.1", "1.2", "1.3"}, "a refusal stays one"


def test_a_wrong_body_is_refused_in_a_sentence(api: Api) -> None:
    answer = api.http.post("/retries", json={"codes": "worker-died"})
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong-request")


def test_the_list_of_failed_studies_has_a_button_for_each_reason(api: Api) -> None:
    shown = api.http.get("/", params={"state": "failed"}).text
    assert re.findall(r'<button value="([^"]*)">([^<]*)<', shown) == [
        ("worker-died", "Try again all that failed so: worker-died (2)"),
        ("timed-out", "Try again all that failed so: timed-out (1)"),
    ]
    assert 'data-command="retries"' not in api.http.get("/").text
