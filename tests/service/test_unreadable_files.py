"""A service that may not read what somebody else has installed: studies are scored, and health and pages say what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from orthanc_server import OrthancServer, eventually
from sent_studies import send
from service_process import ServiceProcess

from tilscope.service.site.roles import ROLES_HEADER, Role

pytestmark = pytest.mark.slow
#: Root may read everything, unless it has given up that power for good.
WITHOUT_POWERS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
NOBODY = 65534
PAGES = ("/", "/signatures", "/status", "/guide")


def shut(path: Path) -> None:
    """As `sudo tilscope models install` leaves it under umask 077."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
        path.chmod(0o700)
    else:
        path.chmod(0)


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    with OrthancServer(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture(scope="module")
def service(orthanc: OrthancServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("service")
    reference, models = folder / "data" / "references" / "wu2018.json", folder / "data" / "models"
    for path in (reference, models / "han2024" / "tilscope-model.json"):
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    shut(reference)
    shut(models)
    with ServiceProcess(orthanc, folder, WITHOUT_POWERS) as process:
        eventually(lambda: process.http.get("/health").json()["workers"] == 1)
        yield process
    for path in (reference, models):
        path.chmod(0o700)


def test_a_study_is_scored_without_them_and_nobody_is_shown_a_path(
    orthanc: OrthancServer, service: ServiceProcess, tmp_path: Path
) -> None:
    uid = send(orthanc, tmp_path, seed=41)
    study = service.until(uid, "scored", "refused", "failed")
    assert study["state"] == "scored", study
    (series,) = service.http.get(f"/studies/{uid}/result").json()["dynamic_series"]
    reasons = {one["id"]: one["reason"] for one in series["signatures"]}
    assert reasons["wu2018"].startswith("The folder of models and wu2018.json cannot be read: ")
    assert reasons["su2022"].startswith("The folder of models cannot be read: "), "a model for it may be in there"
    for path in (*PAGES, f"/studies/{uid}/page", "/metrics", "/renewals"):
        answer = service.http.get(path, headers={ROLES_HEADER: Role.READ})
        assert answer.status_code == 200, path
        assert str(service.folder) not in answer.text, path


def test_health_says_what_cannot_be_read(service: ServiceProcess) -> None:
    health = service.http.get("/health")
    assert health.status_code == 503
    for name in ("wu2018.json", "The folder of models"):
        assert any(
            sentence.startswith(f"{name} cannot be read (permission denied)") for sentence in health.json()["sentences"]
        )
