"""The service asks the doctor before it starts; what was found stands where people look."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import pytest
from orthanc_server import PATIENCE_S, OrthancServer, eventually
from service_process import ServiceProcess

from tilscope.service.doctor.at_start import NotInOrder, StartExamination
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.status_page import status_page
from tilscope.service.settings import ServiceSettings


def settings(folder: Path, **further: Any) -> ServiceSettings:
    return ServiceSettings.read({"data_directory": str(folder), "token": "x" * 16, **further})


def broken_reference(folder: Path) -> None:
    (folder / "references").mkdir(parents=True)
    (folder / "references" / "wu2018.json").write_text("{}")


def test_what_is_found_is_told_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken_reference(tmp_path)
    with caplog.at_level(logging.WARNING):
        found = StartExamination(settings(tmp_path)).sentences
    assert any("The reference wu2018.json cannot be used" in one for one in found)
    assert any("The reference wu2018.json cannot be used" in record.message for record in caplog.records)


def test_it_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Nor does an Orthanc that does not answer: it is asked by a thread of its own."""
    examination = StartExamination(settings(tmp_path, orthanc_url="http://192.0.2.1"))
    begun = time.monotonic()
    examination.ask_orthanc()
    assert time.monotonic() - begun < 1.0


def test_an_orthanc_of_today_is_in_order(tmp_path: Path) -> None:
    with OrthancServer(tmp_path) as orthanc:
        address = {"orthanc_url": orthanc.url, "orthanc_user": orthanc.user, "orthanc_password": orthanc.password}
        examination = StartExamination(settings(tmp_path / "data", **address))
        before = examination.sentences
        examination.ask_orthanc()
        eventually(lambda: "/tools/now" in orthanc.log(), "its clock was asked")
        time.sleep(0.2)
        assert examination.sentences == before


def test_without_a_place_for_its_ledger_the_service_says_so_and_ends(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotInOrder, match=r"cannot make the data directory .*/file/data\. mkdir -p"):
        StartExamination(settings(tmp_path / "file" / "data"))
    orthanc = OrthancServer(tmp_path / "orthanc")
    (tmp_path / "service").mkdir()
    service = ServiceProcess(orthanc, tmp_path / "service", data_directory=str(tmp_path / "file" / "data"))
    assert service.launch().wait(PATIENCE_S) == 1
    assert "cannot make the data directory" in service.log()
    assert "Traceback" not in service.log()


def test_it_stands_in_the_answer_on_health(tmp_path: Path) -> None:
    broken_reference(tmp_path / "data")
    with ServiceProcess(OrthancServer(tmp_path / "orthanc"), tmp_path) as service:
        health = service.http.get("/health").json()
        assert any("The reference wu2018.json cannot be used" in one for one in health["installation"])


def test_it_stands_on_the_page() -> None:
    health = HealthReport(Health.OK, ("All is well.",), True, True, 0, 1, ())
    page = status_page(PageFrame(), health, {}, ("The disk is <full>. Make room.",))
    assert "<li>The disk is &lt;full&gt;. Make room.</li>" in page
    assert "Installation" not in status_page(PageFrame(), health, {})
