"""The API as it describes itself, as it answers, and as it records who asked for what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, api_over
from json_schema import faults
from kept_results import keep_refused, keep_scored, til
from orthanc_server import free_ports
from sqlalchemy import text

from tilscope.service.api.documentation import openapi

PAGE = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """No Orthanc answers here."""
    with api_over(tmp_path, orthanc_url=f"http://127.0.0.1:{free_ports(1)[0]}") as api:
        keep_scored(api.ledger, "1.2.3", til(25.0, "intermediate"))
        keep_refused(api.ledger, "1.2.4")
        yield api


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_description_in_the_documentation_is_up_to_date() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == openapi(), "run: python -m tilscope.service.api.documentation > docs/openapi.json"


def test_the_running_service_gives_the_same_description(api: Api) -> None:
    assert api.get("/openapi.json") == json.loads(openapi())


def test_every_route_has_a_summary_and_says_what_it_answers() -> None:
    document = json.loads(openapi())
    for path, method, operation in operations(document):
        assert operation["summary"].endswith((".", "?")), f"{method} {path}"
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert good, f"{method} {path}"
        for status, answer in operation["responses"].items():
            own = "HTTPValidationError" not in json.dumps(answer)
            assert own, f"{method} {path}: wrong requests are answered by 400, in sentences"
            assert answer["content"], f"{method} {path} {status}"


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/studies", "/studies", 200),
        ("/studies", "/studies?state=refused", 200),
        ("/studies", "/studies?signatur=wu2018", 400),
        ("/studies/{study_uid}", "/studies/1.2.3", 200),
        ("/studies/{study_uid}", "/studies/1.2.4", 200),
        ("/studies/{study_uid}", "/studies/9.9", 404),
        ("/studies/{study_uid}/result", "/studies/1.2.3/result", 200),
        ("/studies/{study_uid}/result", "/studies/1.2.4/result", 409),
        ("/actions", "/actions", 200),
        ("/health", "/health", 503),
    ],
)
def test_real_answers_are_as_described(api: Api, path: str, asked: str, status: int) -> None:
    api.http.post("/studies/1.2.3/rescore")
    document = api.get("/openapi.json")
    answer = api.http.get(asked)
    assert answer.status_code == status
    schema = document["paths"][path]["get"]["responses"][str(status)]["content"]["application/json"]["schema"]
    assert list(faults(answer.json(), schema, document)) == []


def test_the_examples_are_as_described() -> None:
    document = json.loads(openapi())
    examples = {n: s["example"] for n, s in document["components"]["schemas"].items() if "example" in s}
    assert {"ListedStudy", "ScoreAnswer", "Findings", "Where"} <= set(examples)
    for name, example in examples.items():
        assert list(faults(example, {"$ref": f"#/components/schemas/{name}"}, document)) == []


# ---------------------------------------------------------------------------------------------------- the audit log


def test_every_request_is_recorded_with_who_and_when_and_what_came_of_it(api: Api) -> None:
    radiologist = {"X-Tilscope-User": "m%C3%BCller"}
    api.http.post("/studies/1.2.3/rescore", headers=radiologist)
    api.http.post("/studies/1.2.3/molecular", json={"gzma": -1}, headers=radiologist)
    api.http.post("/studies/1.2.3/no-such-action", headers=radiologist)
    api.http.post("/studies/1.2.4/rescore")
    log = api.get("/actions")
    assert [(a["who"], a["action"], a["study_uid"], a["status"]) for a in log["actions"]] == [
        ("a user without a name", "POST /studies/1.2.4/rescore", "1.2.4", 503),
        ("müller", "POST /studies/1.2.3/no-such-action", "1.2.3", 404),
        ("müller", "POST /studies/1.2.3/molecular", "1.2.3", 400),
        ("müller", "POST /studies/1.2.3/rescore", "1.2.3", 503),
    ]
    assert all(a["at"] for a in log["actions"])
    assert api.get("/actions", study_uid="1.2.4")["total"] == 1


def test_a_request_that_met_a_fault_is_recorded_as_one(api: Api) -> None:
    """Not as one during which the service ended."""
    with api.ledger.engine.begin() as db:
        db.execute(text("ALTER TABLE work RENAME TO lost"))
    # The server ends a connection on which it met a fault.
    assert api.http.post("/renewals", json={}, headers={"Connection": "close"}).status_code == 500
    assert [(a["action"], a["status"]) for a in api.get("/actions")["actions"]] == [("POST /renewals", 500)]


def test_looking_is_no_action_and_neither_is_the_plugins_poke(api: Api) -> None:
    api.get("/studies")
    api.http.post("/poke")
    assert api.get("/actions")["total"] == 0


def test_whoever_has_no_token_leaves_no_trace_and_changes_nothing(api: Api) -> None:
    assert api.http.post("/studies/1.2.3/rescore", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert api.get("/actions")["total"] == 0
