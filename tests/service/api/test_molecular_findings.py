"""Molecular findings are listed, corrected and removed; of whom nobody has heard none are taken, and of a table all or none."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_in_process import Api, api_over
from kept_results import keep_scored
from mr_headers import as_file, one_series
from orthanc_server import OrthancServer
from typer.testing import CliRunner

from tilscope.service.cli import app, molecular_command


@dataclass(frozen=True)
class Hospital:
    orthanc: OrthancServer
    study: str
    """Of patient PID-1."""


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    header = one_series((0,), 1, PatientID="PID-1")[0]
    with OrthancServer(tmp_path_factory.mktemp("orthanc")) as orthanc:
        orthanc.store(as_file(header))
        yield Hospital(orthanc, str(header.StudyInstanceUID))


@pytest.fixture
def api(hospital: Hospital, tmp_path: Path) -> Iterator[Api]:
    orthanc = hospital.orthanc
    reached = {"orthanc_url": orthanc.url, "orthanc_user": orthanc.user, "orthanc_password": orthanc.password}
    with api_over(tmp_path, **reached) as api:
        yield api


def tell(api: Api, patient: str, expected: bool = False, **findings: Any) -> httpx.Response:
    body = {"patient_id": patient, "findings": findings, "expected": expected}
    return api.http.post("/patients/molecular", json=body, headers={"X-Tilscope-User": "dr-who"})


def listed(api: Api) -> dict[str, Any]:
    return {one["patient_id"] or one["study_uid"]: one for one in api.get("/molecular")["findings"]}


def test_they_are_listed_corrected_and_removed(api: Api, hospital: Hospital) -> None:
    assert tell(api, "PID-1", gzma=4.25).json()["studies"] == [hospital.study]
    (known,) = listed(api).values()
    assert (known["patient_id"], known["molecular"], known["who"], known["studies"]) == (
        "PID-1",
        {"gzma": 4.25},
        "dr-who",
        1,
    )
    assert tell(api, "PID-1", gzma=2.5).json()["molecular"] == {"gzma": 2.5}
    api.http.post(f"/studies/{hospital.study}/molecular", json={"prf1": 9.0}).raise_for_status()
    assert {name: one["molecular"] for name, one in listed(api).items()} == {
        "PID-1": {"gzma": 2.5}, hospital.study: {"prf1": 9.0}
    }  # fmt: skip
    assert tell(api, "PID-1", gzma=None).json()["molecular"] == {}
    assert list(listed(api)) == [hospital.study]


def test_of_an_unknown_patient_none_are_taken_unless_the_patient_is_expected(api: Api) -> None:
    refused = tell(api, "PID-2", gzma=4.25)
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown-patient")
    assert "PID-2 is neither in the archive nor known here" in refused.json()["detail"]
    assert listed(api) == {}
    assert tell(api, "PID-*", gzma=1.0).status_code == 404, "no pattern"
    assert tell(api, "PID-2", expected=True, gzma=4.25).status_code == 202
    assert listed(api)["PID-2"]["studies"] == 0
    assert tell(api, "PID-2", gzma=None).status_code == 202, "who is listed can be removed"
    assert listed(api) == {}


def test_a_patient_whom_the_ledger_alone_knows_is_taken(api: Api) -> None:
    keep_scored(api.ledger, "1.1")
    api.ledger.annotations.link_patient("1.1", "PID-3")
    assert tell(api, "PID-3", gzma=1.0).status_code == 202
    assert api.ledger.annotations.molecular_of("1.1") == {"gzma": 1.0}


@pytest.mark.parametrize("path", ["/patients/molecular", "/studies/1.2.3/molecular", "/molecular"])
@pytest.mark.parametrize("value", [1e308, 1_000_001, -0.5])
def test_an_implausible_value_is_refused_with_the_limit(api: Api, path: str, value: float) -> None:
    said = {"gzma": value}
    body = {
        "/patients/molecular": {"patient_id": "PID-1", "findings": said},
        "/molecular": {"rows": [{"patient_id": "PID-1", "findings": said}]},
    }.get(path, said)
    refused = api.http.post(path, json=body)
    assert refused.status_code == 400
    assert "equal to 1000000" in refused.json()["detail"] or "equal to 0" in refused.json()["detail"]
    assert listed(api) == {}


def test_the_page_says_which_were_given_of_the_patient(api: Api) -> None:
    """An emptied field takes back what was said of the study, and cannot take back these."""
    keep_scored(api.ledger, "1.1")
    api.ledger.annotations.link_patient("1.1", "PID-1")
    said = "Given of the patient, and for all the patient's studies"

    def page() -> str:
        return html.unescape(api.http.get("/studies/1.1/page").text)

    assert said not in page()
    tell(api, "PID-1", gzma=4.25, triple_negative=True)
    assert f"{said}: GZMA, the receptor status." in page()
    api.ledger.requests.record_findings("1.1", "o1", {"gzma": 5.0}, "dr-who")
    assert f"{said}: the receptor status." in page()
    assert "PID-1" not in page(), "pages know no patient"


# ------------------------------------------------------------------------------------------------------------- tables


@pytest.fixture
def types(api: Api, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line, which reaches the API without the plugin between."""

    class Client:
        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: object) -> None: ...

        def get(self, path: str, **query: Any) -> Any:
            return api.http.get(path.removeprefix("/tilscope"), params=query).raise_for_status().json()

        def post(self, path: str, json: Any) -> Any:
            return api.http.post(path.removeprefix("/tilscope"), json=json).raise_for_status().json()

    monkeypatch.setattr(molecular_command, "client_of", lambda *_: Client())
    return lambda *words: CliRunner().invoke(app, ["molecular", *map(str, words), "--json"])


def test_a_table_with_an_unknown_patient_is_not_recorded_in_part(
    api: Api, types: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where it is sent in portions and the first of them is well."""
    monkeypatch.setattr(molecular_command, "_PORTION", 1)
    table = tmp_path / "genes.csv"
    table.write_text("patient,gzma\nPID-1,4\nPID-2,5\n")
    done = types("--csv", table)
    assert isinstance(done.exception, httpx.HTTPStatusError)
    said = done.exception.response.json()
    assert said["code"] == "unknown-patients"
    assert "Nothing was recorded: line 3: patient PID-2 is neither" in said["detail"]
    assert listed(api) == {}
    done = types("--csv", table, "--expected")
    assert json.loads(done.stdout) == {"rows": 2, "changed": 2, "studies": 1}
    assert {name: one["molecular"] for name, one in listed(api).items()} == {"PID-1": {"gzma": 4}, "PID-2": {"gzma": 5}}
    assert json.loads(types("--csv", table).stdout)["changed"] == 0, "the same again is nothing new"


def test_the_command_lists_corrects_and_removes(api: Api, types: Any) -> None:
    assert types("--patient", "PID-1", "--gzma", 4).exit_code == 0
    (known,) = json.loads(types("--list").stdout)
    assert (known["patient_id"], known["molecular"]) == ("PID-1", {"gzma": 4})
    assert types("--patient", "PID-1", "--gzma", 1e308).exit_code == 2
    assert types("--patient", "PID-1", "--take-back").exit_code == 0
    assert json.loads(types("--list").stdout) == []
    assert types("--patient", "PID-1").exit_code == 2
    assert types("1.2.3", "--patient", "PID-1", "--gzma", 1).exit_code == 2
