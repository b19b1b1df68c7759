"""A hospital in a box: Orthanc with TILscope's plugin and service, and the questions that people ask of it."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
from orthanc_server import PATIENCE_S, OrthancServer, eventually

from tilscope.dicom_io.dimse import Peer, send

#: Longer than any test waits: nothing here may need Orthanc to call a study stable.
STABLE_AGE_S = round(2 * PATIENCE_S)

RESULTS = ["DOC", "SEG", "SEG", "SEG", "SR"]
SETTLED = {"scored", "needs-reader", "refused", "failed"}


def result_modalities(http: httpx.Client, study_uid: str) -> list[str]:
    """Of the result objects that the archive holds of a study, by QIDO-RS, sorted."""
    answer = http.get(f"/dicom-web/studies/{study_uid}/series")
    every = answer.json() if answer.status_code == 200 else []
    return sorted(m for one in every if (m := one["00080060"]["Value"][0]) in set(RESULTS))


class Hospital(OrthancServer):
    """The real thing on loopback, started with `with`."""

    def __init__(self, folder: Path, stable_age_s: int = STABLE_AGE_S, **tilscope: Any) -> None:
        keys = {"Python": sys.executable, "DataDirectory": str(folder / "tilscope"), "QuietSeconds": 2, **tilscope}
        super().__init__(folder, tilscope=keys, orthanc={"StableAge": stable_age_s})

    @property
    def peer(self) -> Peer:
        return Peer("127.0.0.1", self.dicom_port)

    def receive(self, paths: list[Path]) -> float:
        """By C-STORE; the moment when the last instance was stored."""
        send(paths, self.peer)
        return time.monotonic()

    # -------------------------------------------------------------------------------------------- what people ask

    def service_answers(self) -> bool:
        return self.http.get("/tilscope/health").status_code == 200

    def study(self, study_uid: str) -> dict[str, Any]:
        """What happened to this study; empty while nothing is known of it."""
        answer = self.http.get(f"/tilscope/studies/{study_uid}")
        return answer.json() if answer.status_code == 200 else {}

    def until(self, study_uid: str, *states: str) -> dict[str, Any]:
        """The study, once it is in one of these states."""

        def there() -> dict[str, Any] | None:
            study = self.study(study_uid)
            return study if study.get("state") in states else None

        found = eventually(there, f"{study_uid} {' or '.join(states)}, but is {self.study(study_uid)}")
        assert found is not None
        return found

    def settled(self, study_uid: str) -> dict[str, Any]:
        return self.until(study_uid, *SETTLED)

    def result(self, study_uid: str) -> dict[str, Any]:
        return self.http.get(f"/tilscope/studies/{study_uid}/result").raise_for_status().json()

    # ----------------------------------------------------------------------------------------- what programs ask

    def series(self, study_uid: str) -> list[dict[str, Any]]:
        """Every series of the study by QIDO-RS."""
        answer = self.http.get(f"/dicom-web/studies/{study_uid}/series")
        return answer.json() if answer.status_code == 200 else []

    def result_series(self, study_uid: str) -> list[str]:
        """The modalities of the result objects in the study, sorted."""
        return result_modalities(self.http, study_uid)

    def download(self, study_uid: str, modality: str, folder: Path) -> list[Path]:
        """The study's objects of one modality as files."""
        query = {"Level": "Instance", "Query": {"StudyInstanceUID": study_uid, "Modality": modality}}
        paths = []
        for instance in self.http.post("/tools/find", json=query).json():
            paths.append(folder / f"{modality}-{instance}.dcm")
            paths[-1].write_bytes(self.http.get(f"/instances/{instance}/file").content)
        return paths

    # -------------------------------------------------------------------------------------------------- accidents

    def service_process(self) -> psutil.Process:
        """The service that this Orthanc started."""
        return next(p for p in psutil.Process(self.pid).children() if "tilscope.service.run" in p.cmdline())

    def kill_service(self) -> None:
        os.kill(self.service_process().pid, signal.SIGKILL)
