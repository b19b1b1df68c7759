"""The real service, started by the real plugin in a real Orthanc: the whole chain, and Orthanc's sudden death."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import psutil
import pytest
from orthanc_server import OrthancServer, eventually

from phantom import PhantomSpec, make_study, write_study


def ask(orthanc: OrthancServer, path: str) -> dict[str, object]:
    try:
        answer = orthanc.http.get(f"/tilscope{path}")
    except httpx.TransportError:
        return {}
    return answer.json() if answer.status_code == 200 else {}


@pytest.mark.slow
def test_orthanc_killed_in_the_middle_of_a_run_leaves_one_set_of_results(tmp_path: Path) -> None:
    files = write_study(make_study(PhantomSpec.small()), tmp_path / "study", companions=False, salt=str(tmp_path))
    with OrthancServer(tmp_path, tilscope={"Python": sys.executable, "QuietSeconds": 1}) as orthanc:
        eventually(lambda: ask(orthanc, "/health").get("status") == "ok", 40)
        for file in files:
            answer = orthanc.store(file.read_bytes())
        study = orthanc.http.get(f"/studies/{answer['ParentStudy']}").json()
        uid = study["MainDicomTags"]["StudyInstanceUID"]

        eventually(lambda: ask(orthanc, f"/studies/{uid}").get("stage") == "writing results", 60)
        ours = psutil.Process(orthanc.pid).children(recursive=True)
        assert len(ours) >= 2, "the service and its worker"
        orthanc.kill()
        eventually(lambda: not [p for p in ours if p.is_running() and p.status() != psutil.STATUS_ZOMBIE], 10)

        orthanc.start()
        eventually(lambda: ask(orthanc, f"/studies/{uid}").get("state") == "scored", 90)
        time.sleep(5)  # the study becomes stable again, for what was stored
        found: Counter[str] = Counter()
        for series in orthanc.http.get(f"/studies/{answer['ParentStudy']}/series").json():
            if series["MainDicomTags"]["Modality"] != "MR":
                found[series["MainDicomTags"]["Modality"]] += len(series["Instances"])
        assert found == {"SEG": 2, "SR": 1, "DOC": 1}
        assert ask(orthanc, f"/studies/{uid}")["state"] == "scored"
        listed = orthanc.http.get("/tilscope/studies").json()
        assert listed["total"] == 1
        asked = orthanc.http.post(f"/tilscope/studies/{uid}/rescore").raise_for_status().json()
        assert asked["state"] == "receiving"
        timeline = ask(orthanc, f"/studies/{uid}")["timeline"]
        assert isinstance(timeline, list)
        assert orthanc.user in {e["who"] for e in timeline}
