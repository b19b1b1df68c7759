"""The real service, started by the real plugin in a real Orthanc: the whole chain, and Orthanc's sudden death."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import psutil
import pytest
from mr_headers import as_file, one_series
from orthanc_server import OrthancServer, eventually

from tilscope.phantom import PhantomSpec, make_study, write_study


def ask(orthanc: OrthancServer, path: str) -> dict[str, object]:
    try:
        answer = orthanc.http.get(f"/tilscope{path}")
    except httpx.TransportError:
        return {}
    return answer.json() if answer.status_code == 200 else {}


MAY_NOT = "You may not record molecular findings: that needs the role molecular. Ask whoever administers this archive."


class OrthancOfMüller(OrthancServer):
    """Whose only user has a name that no HTTP header can carry as it is."""

    user = "müller"


def test_the_button_gets_its_words_and_the_ledger_the_name_of_who_pressed_it(tmp_path: Path) -> None:
    header = one_series((0,), 1, PatientID="P1")[0]
    roles = {"müller": ["rescore"], "@mri": ["molecular"], "*": ["read"]}
    said = {"Python": sys.executable, "LookbackHours": 0, "Roles": roles, "TrustedProxies": ["127.0.0.1"]}
    with OrthancOfMüller(tmp_path, tilscope=said) as orthanc:
        eventually(lambda: ask(orthanc, "/health"))
        orthanc.store(as_file(header))

        def press(uid: str) -> tuple[int, str]:
            answer = orthanc.http.post(f"/tilscope/studies/{uid}/rescore")
            return answer.status_code, answer.json()["detail"]

        assert press("1.2.3.4") == (404, "Study 1.2.3.4 is not in the archive.")
        assert press(header.StudyInstanceUID) == (202, "The study will be inspected and scored now.")
        story = ask(orthanc, f"/studies/{header.StudyInstanceUID}")["timeline"]
        assert isinstance(story, list)
        assert ("müller", "rescore asked for") in [(e["who"], e["event"]) for e in story]
        assert orthanc.http.get("/tilscope/studies/1.2.3.4").json()["detail"].startswith("TILscope knows no study")

        # What a role does not allow is refused in words and not offered, whatever a client says of itself.
        pretended = {"X-Tilscope-Roles": "administer", "X-Tilscope-User": "root"}
        answer = orthanc.http.post(f"/tilscope/studies/{header.StudyInstanceUID}/molecular", json={}, headers=pretended)
        assert (answer.status_code, answer.json()["detail"]) == (403, MAY_NOT)
        page = orthanc.http.get(f"/tilscope/studies/{header.StudyInstanceUID}/page", headers=pretended).text
        assert 'data-command="rescore"' in page
        assert 'data-command="molecular"' not in page

        # Whom a trusted proxy names has roles and a name, in the audit log too.
        named = {"X-Forwarded-User": "Dr. Żak".encode(), "X-Forwarded-Groups": b"mri"}
        who = orthanc.http.get("/tilscope/me", headers=named).json()
        assert who == {"name": "Dr. Żak", "roles": ["read", "molecular"]}
        found = orthanc.http.post(
            f"/tilscope/studies/{header.StudyInstanceUID}/molecular", json={"gzma": 2.0}, headers=named
        )
        assert found.status_code == 202
        assert ask(orthanc, "/actions") == {}, "the audit log is not for everybody"
        with sqlite3.connect(orthanc.storage / "tilscope" / "ledger.sqlite") as ledger:
            assert ("Dr. Żak", 202) in ledger.execute("SELECT who, status FROM actions").fetchall()
        assert orthanc.http.post("/tilscope/poke").json()["detail"] == "Orthanc's changes will be read now."


@pytest.mark.slow
def test_orthanc_killed_in_the_middle_of_a_run_leaves_one_set_of_results(tmp_path: Path) -> None:
    files = write_study(make_study(PhantomSpec.small()), tmp_path / "study", companions=False, salt=str(tmp_path))
    with OrthancServer(tmp_path, tilscope={"Python": sys.executable, "QuietSeconds": 1}) as orthanc:
        eventually(lambda: ask(orthanc, "/health").get("status") == "ok")
        for file in files:
            answer = orthanc.store(file.read_bytes())
        study = orthanc.http.get(f"/studies/{answer['ParentStudy']}").json()
        uid = study["MainDicomTags"]["StudyInstanceUID"]

        eventually(lambda: ask(orthanc, f"/studies/{uid}").get("stage") == "writing results")
        ours = psutil.Process(orthanc.pid).children(recursive=True)
        assert len(ours) >= 2, "the service and its worker"
        orthanc.kill()
        eventually(lambda: not [p for p in ours if p.is_running() and p.status() != psutil.STATUS_ZOMBIE])

        orthanc.start()
        eventually(lambda: ask(orthanc, f"/studies/{uid}").get("state") == "scored")
        time.sleep(5)  # the study becomes stable again, for what was stored
        found: Counter[str] = Counter()
        for series in orthanc.http.get(f"/studies/{answer['ParentStudy']}/series").json():
            if series["MainDicomTags"]["Modality"] != "MR":
                found[series["MainDicomTags"]["Modality"]] += len(series["Instances"])
        assert found == {"SEG": 3, "SR": 1, "DOC": 1}
        assert ask(orthanc, f"/studies/{uid}")["state"] == "scored"
        listed = orthanc.http.get("/tilscope/studies").json()
        assert listed["total"] == 1
        asked = orthanc.http.post(f"/tilscope/studies/{uid}/rescore").raise_for_status().json()
        assert asked["state"] == "receiving"
        assert asked["detail"] == "The study will be inspected and scored now."
        timeline = ask(orthanc, f"/studies/{uid}")["timeline"]
        assert isinstance(timeline, list)
        assert orthanc.user in {e["who"] for e in timeline}
