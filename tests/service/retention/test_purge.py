"""`tilscope purge`, and the same by the API: tried first, then done, and recorded without saying whose studies they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, api_over
from kept_results import claimed, keep_scored, til
from orthanc_server import free_ports
from typer.testing import CliRunner

from tilscope.service.cli import app
from tilscope.service.ledger.audit_log import AuditLog
from tilscope.service.terminal.exit_codes import CannotGoOn

NOBODY = f"http://127.0.0.1:{free_ports(1)[0]}"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """No Orthanc answers here. The clock of its ledger stands long ago."""
    with api_over(tmp_path, orthanc_url=NOBODY) as api:
        for uid in ("1.1", "1.2", "1.3"):
            keep_scored(api.ledger, uid, til(25.0))
        api.ledger.annotations.link_patient("1.1", "PID-1")
        api.ledger.annotations.link_patient("1.2", "PID-1")
        yield api


def purge(folder: Path, *words: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["purge", *words, "--data", str(folder), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_trial_counts_and_removes_nothing(api: Api, tmp_path: Path) -> None:
    tried = purge(tmp_path, "1.1")
    assert (tried["dry_run"], tried["purged"]["studies"], tried["purged"]["scores"]) == (True, 1, 1)
    body = {"study_uid": "1.1"}
    answered = api.http.post("/purges", json=body).raise_for_status().json()
    assert (answered["studies"], answered["detail"]) == (1, "Nothing was removed: this was a trial.")
    assert len(api.found()) == 3


def test_a_study_is_purged_while_the_service_runs_on_the_same_ledger(api: Api, tmp_path: Path) -> None:
    for name in ("1.1", ".1.1.4711", "1.11"):
        (tmp_path / "unstored" / name).mkdir(parents=True)
    done = purge(tmp_path, "1.1", "--yes")
    assert [path.name for path in (tmp_path / "unstored").iterdir()] == ["1.11"]
    assert (done["purged"]["studies"], done["erased"]) == (1, True)
    assert sorted(api.found()) == ["1.2", "1.3"]
    assert api.http.get("/studies/1.1").status_code == 404
    assert purge(tmp_path, "1.1", "--yes")["purged"]["studies"] == 0
    lines, _ = AuditLog(api.ledger.engine).actions()
    assert [(line.action, line.study_uid, line.status) for line in lines] == [
        ("0 studies were purged", "", 200), ("1 study was purged", "", 200)
    ]  # fmt: skip
    assert all(line.who.endswith("at the command line") for line in lines)


def test_a_patients_studies_are_found_when_no_archive_knows_them(api: Api, tmp_path: Path) -> None:
    assert purge(tmp_path, "--patient", "PID-1", "--yes")["purged"]["studies"] == 2
    assert api.found() == ["1.3"]


def test_old_studies_are_purged_by_the_api_and_the_user_is_named(api: Api) -> None:
    keep_scored(api.ledger, "1.4")
    api.clock.t = 4e9  # the year 2096: the next one is new for long
    keep_scored(api.ledger, "1.5")
    body = {"older_than_days": 30, "dry_run": False}
    answered = api.http.post("/purges", json=body, headers={"X-Tilscope-User": "root"}).raise_for_status().json()
    assert (answered["studies"], answered["detail"]) == (4, "4 studies were purged.")
    assert api.found() == ["1.5"]
    assert {(a["who"], a["action"]) for a in api.get("/actions")["actions"]} == {
        ("root", "POST /purges"), ("root", "4 studies were purged")
    }  # fmt: skip


def test_a_study_that_is_being_scored_is_refused_in_words(api: Api, tmp_path: Path) -> None:
    claimed(api.ledger, "1.9")
    for dry_run in (True, False):
        refused = api.http.post("/purges", json={"study_uid": "1.9", "dry_run": dry_run})
        assert (refused.status_code, refused.json()["code"]) == (409, "being-scored")
        assert "purge them when that has ended" in refused.json()["detail"]
    with pytest.raises(CannotGoOn, match="being scored now"):
        purge(tmp_path, "1.9", "--yes")
    assert "1.9" in api.found()


@pytest.mark.parametrize(
    "body",
    [{}, {"study_uid": "1.1", "patient_id": "P"}, {"patient_id": "  "}, {"older_than_days": -1}, {"study": "1.1"}],
)
def test_what_is_no_choice_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert api.http.post("/purges", json=body).status_code == 400
    assert len(api.found()) == 3


def test_nothing_is_purged_where_the_archive_must_be_asked_and_does_not_answer(api: Api) -> None:
    refused = api.http.post("/purges", json={"study_uid": "1.1", "results": True, "dry_run": False})
    assert (refused.status_code, refused.json()["code"]) == (503, "orthanc-unreachable")
    assert len(api.found()) == 3


def test_without_a_ledger_of_this_version_there_is_nothing_to_purge(tmp_path: Path) -> None:
    with pytest.raises(CannotGoOn, match="Start the service once"):
        purge(tmp_path, "1.1")
    assert list(tmp_path.iterdir()) == []
