"""A site's rules in the archive: who sent a study decides, and a person may still ask."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from integration.hospital import Hospital
from orthanc_server import eventually

from tilscope.dicom_io.dimse import Peer, send

pytestmark = pytest.mark.slow

RULES = """
[[rule]]
name = "the training archive"
calling_aet = ["TEACH*"]
score = false
"""


def test_a_study_of_a_sender_that_is_not_to_be_scored_waits_until_a_person_asks(new_study, tmp_path: Path) -> None:
    rules = tmp_path / "hospital" / "tilscope" / "site-rules.toml"
    rules.parent.mkdir(parents=True)
    rules.write_text(RULES, encoding="utf-8")
    with Hospital(tmp_path / "hospital") as hospital:
        eventually(hospital.service_answers, "the service answers")
        taught, taught_paths = new_study("taught")
        send(taught_paths, Peer("127.0.0.1", hospital.dicom_port, calling_aet="TEACHING"))
        usual, usual_paths = new_study("usual")
        hospital.receive(usual_paths)
        assert hospital.settled(usual)["state"] == "scored"
        time.sleep(4)
        assert hospital.study(taught) == {}

        hospital.http.post(f"/tilscope/studies/{taught}/rescore").raise_for_status()
        assert hospital.settled(taught)["state"] == "scored"
