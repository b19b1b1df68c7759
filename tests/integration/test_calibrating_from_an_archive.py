"""A cohort is read out of a real archive: the same from Orthanc's REST API and by DICOMweb, whatever else lies there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from orthanc_server import OrthancServer
from report_cohort import HASH, known_values, report
from typer.testing import CliRunner

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.dicomweb import DicomWebArchive
from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.models.signatures.wu2018.model import WU_2018
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.cli import app
from tilscope.service.site.cohort import gather

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
