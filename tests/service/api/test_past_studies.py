"""Past studies that are being scored for references: they can be stopped by whoever may install, over HTTP and on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_in_process import Api, api_over

from tilscope.dicom_io.archives.study_query import FoundStudy
from tilscope.service.cli.calibrate_past import stop_past
from tilscope.service.site.roles import ROLES_HEADER
from tilscope.service.terminal.exit_codes import CannotGoOn

READER = {ROLES_HEADER: "read"}
BUTTON = 'data-to="calibrations/stop"'


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Api]:
    with api_over(tmp_path) as api:
        chosen = [FoundStudy(f"1.2.{n}", "20240301", f"orthanc-1.2.{n}") for n in range(3)]
        assert api.ledger.past.begin("our first year", "all", chosen, "administrator")
        yield api


def test_a_person_stops_it_and_everybody_sees_that(night: Api) -> None:
    assert BUTTON in night.http.get("/calibration").text
    now = night.http.post("/calibrations/stop", json={}, headers={"X-Tilscope-User": "physicist"}).json()
    assert now["detail"].startswith("Stopped: 3 studies are not scored any more")
    standing = night.get("/calibrations")
    assert (standing["made"], standing["states"], standing["stopped"] is None) == (False, {"not scored": 3}, False)
    assert standing["detail"] == "It was stopped by physicist, and no references are made of it (3 not scored)."
    page = night.http.get("/calibration").text
    assert "<strong>Stopped</strong>" in page
    assert "by physicist" in page
    assert BUTTON not in page
    assert "Score them tonight" in page, "another choice can be made"
    assert night.http.post("/calibrations/stop", json={}).json()["code"] == "nothing-under-way"


def test_who_may_only_read_stops_nothing(night: Api) -> None:
    assert BUTTON not in night.http.get("/calibration", headers=READER).text
    refused = night.http.post("/calibrations/stop", json={}, headers=READER)
    assert (refused.status_code, refused.json()["code"]) == (403, "role-needed")
    assert night.get("/calibrations")["stopped"] is None


@dataclass(frozen=True)
class ThroughOrthanc:
    """Orthanc's plugin hands on what lies below /tilscope."""

    http: httpx.Client

    def __enter__(self) -> ThroughOrthanc:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, path: str) -> Any:
        return self.http.get(path.removeprefix("/tilscope")).json()

    def post(self, path: str, json: Any) -> Any:
        return self.http.post(path.removeprefix("/tilscope"), json=json).json()


def test_the_command_stops_what_it_is_told_by_name(night: Api, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CannotGoOn, match="those of 'our first year'"):
        stop_past(lambda: ThroughOrthanc(night.http), "another", as_json=True)
    assert night.get("/calibrations")["stopped"] is None
    stop_past(lambda: ThroughOrthanc(night.http), "our first year", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["states"] == {"not scored": 3}
    assert told["stopped"] == night.get("/calibrations")["stopped"]
