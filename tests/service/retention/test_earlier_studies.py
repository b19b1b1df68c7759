"""Studies of a ledger from before it knew patients are linked to them, as far as the archive still has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from kept_results import keep_scored
from mr_headers import as_file, one_series
from orthanc_server import OrthancServer

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.service.ledger import Ledger
from tilscope.service.retention import earlier_studies
from tilscope.service.retention.earlier_studies import EarlierStudies


def test_they_are_found_by_their_patient_afterwards(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier_studies, "_PORTION", 1)
    header = one_series((0,), 1, PatientID="PID-1")[0]
    uid = str(header.StudyInstanceUID)
    for study in ("1.1", uid, "9.9"):
        keep_scored(ledger, study)
    with OrthancServer(tmp_path / "orthanc") as orthanc:
        orthanc.store(as_file(header))
        earlier = EarlierStudies(ledger, OrthancAddress(orthanc.url, orthanc.user, orthanc.password))
        assert ledger.purging.studies_of("PID-1") == []
        assert [earlier.link_some() for _ in range(4)] == [True, True, True, False]
        assert ledger.purging.studies_of("PID-1") == [uid]
        assert ledger.annotations.without_patient("", 10) == ["1.1", "9.9"], "these the archive does not have"
        later = EarlierStudies(ledger, OrthancAddress(orthanc.url, orthanc.user, orthanc.password))
    assert not later.link_some(), "the archive is away: later"
