"""A refused breast study in a real Orthanc: it holds a note that says why, which starts nothing and gives way to a score."""

from __future__ import annotations

import time
from pathlib import Path

import pydicom
import pytest
from dicom_readers import conformance_errors, report_lines
from integration.hospital import RESULTS, Hospital
from orthanc_server import eventually

from tilscope.dicom_io.objects.sr.report_reading import is_report, predecessors

pytestmark = pytest.mark.slow


def test_the_note_is_stored_once_starts_nothing_and_is_replaced_by_the_report(new_study, tmp_path: Path) -> None:
    with Hospital(tmp_path / "hospital", stable_age_s=6) as hospital:
        eventually(hospital.service_answers, "the service answers")
        uid, paths = new_study("short", layout="series-per-phase")
        # Series 4 to 7 are the phases: the first two come, and then nothing for a while.
        late = [p for p in paths if p.parent.name in ("series-0006", "series-0007")]
        hospital.receive([p for p in paths if p not in late])
        refused = hospital.settled(uid)
        assert (refused["state"], refused["code"]) == ("refused", "too-few-phases")
        (path,) = hospital.download(uid, "SR", tmp_path)
        assert conformance_errors(path) == []
        assert refused["reason"] in "\n".join(report_lines(path))

        time.sleep(9)  # it has changed the study, and Orthanc says so again when it is stable
        assert hospital.study(uid)["timeline"] == refused["timeline"]
        assert hospital.result_series(uid) == ["SR"]

        hospital.http.post(f"/tilscope/studies/{uid}/rescore").raise_for_status()
        eventually(lambda: len(hospital.study(uid)["timeline"]) > len(refused["timeline"]), "the request is known")
        assert hospital.settled(uid)["state"] == "refused"
        assert hospital.result_series(uid) == ["SR"], "an unchanged study stores nothing new"

        hospital.receive(late)
        assert hospital.until(uid, "scored")["attempts"] == 1
        assert hospital.result_series(uid) == sorted([*RESULTS, "SR"])
        note = pydicom.dcmread(path)
        (report,) = filter(is_report, map(pydicom.dcmread, hospital.download(uid, "SR", tmp_path)))
        assert predecessors(report) == {note.SOPInstanceUID}
