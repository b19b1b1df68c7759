"""What is deleted in Orthanc is noticed at once, because its plugin tells the service; nobody waits for the night."""

from __future__ import annotations

import pytest
from integration.hospital import RESULTS, Hospital
from orthanc_server import eventually

pytestmark = pytest.mark.slow


def delete(hospital: Hospital, uid: str) -> None:
    """A study or a series."""
    (found,) = hospital.http.post("/tools/lookup", content=uid).json()
    hospital.http.delete(found["Path"]).raise_for_status()


def test_a_deleted_report_is_made_again_and_a_deleted_study_has_ended(hospital: Hospital, new_study) -> None:
    uid, paths = new_study("deleted")
    hospital.receive(paths)
    assert hospital.settled(uid)["state"] == "scored"
    report = next(one for one in hospital.result(uid)["objects"] if one["kind"] == "SR")

    delete(hospital, report["series_uid"])
    eventually(lambda: hospital.result_series(uid) == RESULTS, "the report is made again")
    hospital.until(uid, "scored")
    lines = [entry["detail"] for entry in hospital.study(uid)["timeline"]]
    assert "not in the archive any more: 1 SR" in lines
    assert hospital.http.post("/tools/lookup", content=report["sop_instance_uid"]).json(), "the very same report"

    delete(hospital, uid)
    hospital.until(uid, "deleted")
    assert hospital.http.get(f"/tilscope/studies/{uid}/result").status_code == 409
    page = hospital.http.get(f"/tilscope/studies/{uid}", headers={"Accept": "text/html"})
    assert "Deleted in the archive" in page.text
    assert hospital.http.post("/tools/lookup", content=uid).json() == [], "no ghost of it"
