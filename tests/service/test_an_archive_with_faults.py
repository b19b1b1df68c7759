"""Faults of the archive are the archive's: no study fails for them, none is computed twice, and health says what is wrong."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from fault_proxy import Breaks, Fails, FaultProxy, Hangs
from orthanc_server import OrthancServer, eventually
from sent_studies import ONE_SET, results_in, send
from service_process import ServiceProcess

pytestmark = pytest.mark.slow
STORING = ("POST", "/instances")
ENDED = ("scored", "failed", "refused")


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    with OrthancServer(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(orthanc: OrthancServer) -> Iterator[FaultProxy]:
    with FaultProxy(orthanc.url) as running:
        yield running


@pytest.fixture(scope="module")
def service(
    orthanc: OrthancServer, proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("service")
    settings = {"orthanc_url": proxy.url, "orthanc_timeout_seconds": 3, "attempts": 1}
    with ServiceProcess(orthanc, folder, **settings) as process:
        eventually(lambda: process.http.get("/health").status_code == 200)
        yield process


def starts_of(service: ServiceProcess, uid: str) -> int:
    return [entry["event"] for entry in service.study(uid)["timeline"]].count("started")


def unstored(service: ServiceProcess) -> Path:
    return Path(str(service.settings["data_directory"])) / "unstored"


def computed(service: ServiceProcess, uid: str) -> dict[str, Any]:
    """The result that waits."""
    manifest: dict[str, Any] = json.loads((unstored(service) / uid / "result.json").read_text())
    return dict(manifest["result"])


def scored_once(orthanc: OrthancServer, service: ServiceProcess, uid: str) -> None:
    study = service.until(uid, *ENDED)
    assert (study["state"], study["attempts"]) == ("scored", 1), study
    assert results_in(orthanc, uid) == ONE_SET
    assert not (unstored(service) / uid).exists()


def test_while_storing_fails_studies_wait_and_then_each_is_scored_once(
    orthanc: OrthancServer, proxy: FaultProxy, service: ServiceProcess, tmp_path: Path
) -> None:
    proxy.fault = Fails(*STORING, status=500)
    studies = [send(orthanc, tmp_path / str(seed), seed=seed) for seed in (11, 12)]
    eventually(lambda: (unstored(service) / studies[0]).is_dir(), "the first result waits")
    waiting = service.until(studies[0], "waiting")
    assert (waiting["code"], waiting["attempts"]) == ("archive-faulty", 0)
    assert waiting["reason"] == (
        "Orthanc answered HTTP 500 while storing the results: a fault of its own, not of the study. "
        "The finished results wait and are stored as soon as it is well; nothing is computed again."
    )
    eventually(lambda: service.study(studies[1])["state"] == "ready", "the second has arrived")
    health = service.http.get("/health")
    assert health.status_code == 503
    assert health.json()["sentences"][0].startswith("Orthanc answers HTTP 500 on storing since ")
    eventually(lambda: "; 2 studies wait." in service.http.get("/health").json()["sentences"][0], "both are counted")
    refused = proxy.met
    eventually(lambda: proxy.met > refused, "it is asked whether it is well again")
    assert starts_of(service, studies[1]) == 0, "nothing is begun meanwhile"
    files = list((unstored(service) / studies[0]).iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert [pydicom.dcmread(file).Modality for file in sorted(files) if file.suffix == ".dcm"] == [
        "SEG",
        "SEG",
        "SEG",
        "DOC",
        "SR",
    ], "the report last"
    waiting = computed(service, studies[0])
    proxy.fault = None
    for uid in studies:
        scored_once(orthanc, service, uid)
    assert service.study(studies[0])["timings_s"] == waiting["timings_s"], "it was not computed again"
    eventually(lambda: service.http.get("/health").json()["sentences"] == ["All is well."], "all is well")


def test_killed_while_half_of_a_result_waits_the_service_stores_the_rest(
    orthanc: OrthancServer, proxy: FaultProxy, service: ServiceProcess, tmp_path: Path
) -> None:
    proxy.spared, proxy.fault = 2, Hangs(*STORING)
    uid = send(orthanc, tmp_path, seed=21)
    assert service.until(uid, "waiting", *ENDED)["code"] == "archive-unreachable"
    told = service.http.get("/health").json()["sentences"][0]
    assert told.startswith("Orthanc cannot be reached for storing: it did not answer in time since")
    assert results_in(orthanc, uid) == {"SEG": 2}
    waiting = computed(service, uid)
    service.kill()
    proxy.fault = None
    service.start()
    scored_once(orthanc, service, uid)
    assert service.study(uid)["timings_s"] == waiting["timings_s"], "it was not computed again"


def test_results_of_a_study_that_is_deleted_meanwhile_do_not_come_back(
    orthanc: OrthancServer, proxy: FaultProxy, service: ServiceProcess, tmp_path: Path
) -> None:
    proxy.fault = Fails(*STORING, status=507)
    uid = send(orthanc, tmp_path, seed=22)
    assert service.until(uid, "waiting", *ENDED)["code"] == "archive-full"
    assert service.http.get("/health").json()["sentences"][0].startswith("Orthanc has no room left (HTTP 507) since")
    (study,) = orthanc.http.post("/tools/lookup", content=uid).json()
    orthanc.http.delete(f"/studies/{study['ID']}").raise_for_status()
    proxy.fault = None
    eventually(lambda: not (unstored(service) / uid).exists(), "nothing waits any more")
    assert orthanc.http.post("/tools/lookup", content=uid).json() == []
    eventually(
        lambda: service.http.get("/health").json()["sentences"] == ["All is well."], "nobody waits, nothing is wrong"
    )


def test_images_that_the_archive_does_not_give_are_its_fault_until_others_are_scored(
    orthanc: OrthancServer, proxy: FaultProxy, service: ServiceProcess, tmp_path: Path
) -> None:
    """One study whose images cannot be read must neither stop the others nor be tried for ever."""
    bad = send(orthanc, tmp_path / "bad", seed=31)
    (study,) = orthanc.http.post("/tools/lookup", content=bad).json()
    first = orthanc.http.get(f"/studies/{study['ID']}/instances").json()[0]["ID"]
    proxy.fault = Breaks("GET", f"/instances/{first}/file")
    assert service.until(bad, "waiting", *ENDED)["code"] == "archive-unreachable"
    good = send(orthanc, tmp_path / "good", seed=32)
    scored_once(orthanc, service, good)
    given_up = service.until(bad, "failed", "scored")
    assert (given_up["state"], given_up["attempts"]) == ("failed", 1)
    assert given_up["reason"] == "Orthanc could not be reached while fetching images: the connection broke."
    proxy.fault = None
