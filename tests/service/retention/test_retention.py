"""What the service forgets by itself, and what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from kept_results import Clock, claimed, deleted_in_archive, keep_scored
from orthanc_server import eventually
from sqlalchemy import select

from tilscope.service.ledger import Ledger
from tilscope.service.ledger.audit_log import AuditLog
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.tables import work
from tilscope.service.retention import retention
from tilscope.service.retention.retention import Retention
from tilscope.service.settings import ServiceSettings

DAY = 86400.0


def retention_of(ledger: Ledger, clock: Clock, **settings: object) -> Retention:
    given = {"data_directory": "unused", "token": "a token for the tests", **settings}
    return Retention(ledger, ServiceSettings.read(given), clock)


def kept(reader: Reader) -> list[str]:
    return sorted(study.study_uid for study in reader.current()[0])


def test_everything_is_kept_for_ever_by_default(ledger: Ledger, reader: Reader, clock: Clock) -> None:
    keep_scored(ledger, "1.1")
    clock.pass_by(36500 * DAY)
    assert not retention_of(ledger, clock).forget_some()
    assert kept(reader) == ["1.1"]


def test_a_study_that_is_old_enough_goes_and_the_audit_log_says_so(
    ledger: Ledger, reader: Reader, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    keep_scored(ledger, "1.1")
    clock.pass_by(20 * DAY)
    keep_scored(ledger, "1.2")
    claimed(ledger, "1.3")
    clock.pass_by(20 * DAY)
    caplog.set_level("INFO")
    assert not retention_of(ledger, clock, retention_days=30).forget_some()
    assert kept(reader) == ["1.2", "1.3"]
    (line,), _ = AuditLog(ledger.engine).actions()
    told = "1 study was purged: older than 30 days"
    assert (line.who, line.action, line.study_uid, line.status) == ("service", told, "", 200)
    assert told in caplog.messages
    assert "1.1" not in caplog.text


def test_a_study_deleted_in_the_archive_goes_after_a_month_in_which_it_may_come_back(
    ledger: Ledger, reader: Reader, clock: Clock, tmp_path: Path
) -> None:
    for uid in ("1.1", "1.2"):
        keep_scored(ledger, uid)
    deleted_in_archive(ledger, "1.1", "1.2")
    waiting = tmp_path / "unstored" / "1.1"
    waiting.mkdir(parents=True)
    forgetting = retention_of(ledger, clock, data_directory=str(tmp_path))
    clock.pass_by(29 * DAY)
    claim = claimed(ledger, "1.2", "images that came again")
    assert not forgetting.forget_some()
    assert waiting.exists()
    clock.pass_by(2 * DAY)
    forgetting.forget_some()
    with ledger.reading.begin() as db:
        assert db.execute(select(work.c.study_uid).distinct()).scalars().all() == ["1.2"]
    assert not waiting.exists()
    ledger.attempts.refused(claim, "no-lesion", "None was found.")
    (line,), _ = AuditLog(ledger.engine).actions()
    assert line.action == "1 study was purged: deleted in the archive"


def test_many_go_portion_by_portion(
    ledger: Ledger, reader: Reader, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    for n in range(3):
        keep_scored(ledger, f"1.{n}")
    clock.pass_by(2 * DAY)
    forgetting = retention_of(ledger, clock, retention_days=1)
    assert forgetting.forget_some()
    assert len(kept(reader)) == 1
    assert not forgetting.forget_some()
    assert kept(reader) == []


def test_it_does_so_by_itself(ledger: Ledger, reader: Reader, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_REST_S", 0.05)
    keep_scored(ledger, "1.1")
    clock.pass_by(2 * DAY)
    forgetting = retention_of(ledger, clock, retention_days=1)
    forgetting.start()
    eventually(lambda: kept(reader) == [], "it has gone")
    forgetting.stop()


def test_findings_of_whom_nothing_ever_came_grow_old_too(ledger: Ledger, clock: Clock) -> None:
    keep_scored(ledger, "1.1")
    ledger.annotations.link_patient("1.1", "PID-1")
    ledger.requests.record_findings_of_patient("PID-1", [], {"gzma": 1.0}, "dr-who")
    ledger.requests.record_findings_of_patient("PID-2", [], {"gzma": 2.0}, "dr-who")
    clock.pass_by(20 * DAY)
    ledger.requests.rescore("1.1", "o1", "dr-who")
    ledger.requests.record_findings_of_patient("PID-3", [], {"gzma": 3.0}, "dr-who")
    clock.pass_by(20 * DAY)
    retention_of(ledger, clock, retention_days=30).forget_some()
    assert {one.patient_id for one in ledger.annotations.all_molecular(10, 0)[0]} == {"PID-1", "PID-3"}
    (line,), _ = AuditLog(ledger.engine).actions()
    assert line.action == "annotations without a study were purged (1): older than 30 days"
