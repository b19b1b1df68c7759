"""A cohort is read out of a real archive: the same from Orthanc's REST API and by DICOMweb, whatever else lies there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from api_in_process import TOKEN, Api, api_over
from kept_results import keep_scored
from orthanc_server import OrthancServer
from report_cohort import HASH, known_values, report
from typer.testing import CliRunner

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.dicomweb import DicomWebArchive
from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.dicom_io.archives.study_query import ArchiveQuery, FoundStudy
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.cli import app
from tilscope.service.first_night.first_night import FirstNight
from tilscope.service.settings import ServiceSettings
from tilscope.service.site.cohort import gather
from tilscope.service.site.roles import ROLES_HEADER

pytestmark = pytest.mark.slow
VALUES = known_values(30)


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    """Thirty reports, one of other settings, one of another program, and a study without any."""
    with OrthancServer(tmp_path_factory.mktemp("orthanc")) as running:
        theirs = report(31, VALUES[0])
        theirs.Manufacturer = "Another maker"
        ours = [report(n, one) for n, one in enumerate(VALUES)]
        with OrthancArchive(OrthancAddress(running.url, running.user, running.password)) as archive:
            archive.store([*ours, report(30, VALUES[0], made_under="0123456789abcdef"), theirs])
        (first, *_) = write_study(make_study(PhantomSpec.small()), tmp_path_factory.mktemp("images"))
        running.store(first.read_bytes())
        yield running


@pytest.fixture(params=["Orthanc", "DICOMweb"])
def archive(request: pytest.FixtureRequest, orthanc: OrthancServer) -> Archive:
    if request.param == "Orthanc":
        return OrthancArchive(OrthancAddress(orthanc.url, orthanc.user, orthanc.password))
    return DicomWebArchive(f"{orthanc.url}/dicom-web", orthanc.user, orthanc.password)


def test_the_cohort_holds_the_numbers_that_were_stored(archive: Archive) -> None:
    told: list[tuple[int, int]] = []
    cohort = gather(archive, WU_2018, HASH, lambda done, total: told.append((done, total)))
    found = {one.patient_id: one.numbers for one in cohort.observations}
    assert len(found) == 30
    for number, values in enumerate(VALUES):
        assert {id: found[f"P-{number}"][id] for id in values} == values
    assert cohort.left_out == {"other settings (0123456789abcdef)": 1}
    assert cohort.scanners == {"Test scanner maker Scanner": 30}
    assert told[-1][0] == told[-1][1] == len(told)


def test_the_command_reads_an_archive_by_its_address(orthanc: OrthancServer, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(orthanc.password)
    enter = ["--user", orthanc.user, "--password-file", str(password)]
    means = []
    for number, place in enumerate((f"orthanc+{orthanc.url}", f"{orthanc.url}/dicom-web")):
        path = tmp_path / f"{number}.json"
        words = ["calibrate", "wu2018", "--cohort", "ours", "--from", place, "--out", str(path), *enter]
        answer = CliRunner().invoke(app, words, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        assert "1 for other settings (0123456789abcdef)" in " ".join(answer.stdout.split())
        means.append(json.loads(path.read_text())["mean"])
    assert means[0] == means[1]


# ---------------------------------------------------------------------------------------------------- the first night


@pytest.fixture
def night(orthanc: OrthancServer, tmp_path: Path) -> Iterator[Api]:
    """The service's API and ledger beside that archive; its studies are scored already, as their reports say."""
    where = {"orthanc_url": orthanc.url, "orthanc_user": orthanc.user, "orthanc_password": orthanc.password}
    with api_over(tmp_path, **where) as api:
        for number in range(30):
            keep_scored(api.ledger, uid_of(number))
        api.clock.pass_by(1000)
        yield api


def uid_of(number: int) -> str:
    return str(report(number, VALUES[0]).StudyInstanceUID)


def test_the_references_of_a_night_are_those_of_the_reports_and_a_person_installs_them(
    night: Api, orthanc: OrthancServer, tmp_path: Path
) -> None:
    where = {"orthanc_url": orthanc.url, "orthanc_user": orthanc.user, "orthanc_password": orthanc.password}
    settings = ServiceSettings.read({"data_directory": str(tmp_path), "token": TOKEN, **where})
    chosen = [FoundStudy(uid_of(n), f"202403{n + 1:02d}", f"orthanc-{uid_of(n)}") for n in range(30)]
    assert night.get("/calibrations")["detail"] == "No past studies were asked for."
    assert night.ledger.past.begin("our first year", "all", chosen, "administrator")
    told: list[str] = []
    part = FirstNight(night.ledger, settings, lambda: told.append("asked"))
    part.go_on()
    assert told == ["asked"]
    assert night.http.post("/calibrations/install", json={}).json()["code"] == "not-made-yet"
    night.clock.pass_by(10)
    for one in night.ledger.receiving.to_examine(3.0, 60.0):
        night.ledger.receiving.settle(one, f"input of {one.study_uid}")
    part.go_on()

    standing = night.get("/calibrations")
    assert (standing["made"], standing["to_go"], standing["states"]) == (True, 0, {"scored": 30})
    (reference,) = standing["references"]
    assert (reference["signature"], reference["studies"]) == ("wu2018", 30)
    assert "our first year, 30 studies" in reference["card"]
    assert standing["not_made"].keys() == {"su2022", "qian2024", "fan2023", "han2024"}
    assert "a reference alone gives no score" in standing["not_made"]["fan2023"]
    page = night.http.get("/calibration").text
    assert "References that lie ready: 1." in page
    assert 'data-to="calibrations/install"' in page
    readers = night.http.get("/calibration", headers={ROLES_HEADER: "read"}).text
    assert 'data-to="calibrations/install"' not in readers
    refused = night.http.post("/calibrations/install", json={}, headers={ROLES_HEADER: "read"})
    assert (refused.status_code, refused.json()["code"]) == (403, "role-needed")

    installed = night.http.post("/calibrations/install", json={}, headers={"X-Tilscope-User": "physicist"}).json()
    assert installed["detail"] == "Installed: wu2018. 30 studies are concluded anew from their reports."
    content = json.loads((tmp_path / "references" / "wu2018.json").read_text())
    for id in WU_2018.model_features:
        assert content["mean"][id] == pytest.approx(sum(one[id] for one in VALUES) / 30, rel=1e-12)
    assert "by physicist" in night.http.get("/calibration").text
    assert night.get("/renewals")["under_way"] == 30


def test_what_is_chosen_is_asked_of_the_archive(night: Api) -> None:
    def asked(**choice: object) -> tuple[int, str]:
        answer = night.http.post("/calibrations", json={"cohort": "ours", **choice})
        return answer.status_code, answer.json()["detail"]

    assert asked(dry_run=True) == (202, "Studies that would be scored: 1. Nothing was asked for.")
    assert asked(since="2030-01-01")[1].endswith("holds none of these: MR studies that name a breast: from 2030-01-01.")
    assert asked(sender="NOBODY")[0] == 409
    assert asked(since="2024-02-01", until="2024-01-01")[0] == 400
    assert asked(newest=1) == (202, "0 of 1 studies have ended, 1 to go.")
    assert asked() == (409, "Past studies are being scored already; wait until they have ended.")


def test_a_query_finds_the_same_studies_in_both_kinds_of_archive(archive: Archive) -> None:
    (only,) = archive.studies_matching(ArchiveQuery())
    assert only.names_breast
    day = date(int(only.day[:4]), int(only.day[4:6]), int(only.day[6:]))
    assert archive.studies_matching(ArchiveQuery(since=day, until=day, newest=5)) == [only]
    assert archive.studies_matching(ArchiveQuery(since=day + timedelta(days=1))) == []
    assert archive.studies_matching(ArchiveQuery(until=day - timedelta(days=1))) == []
