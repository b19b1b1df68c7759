"""What health says, and when: sentences that a person can act on, and no word about what passes by itself."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api_in_process import api_over
from kept_results import Clock, claimed, keep_refused, keep_scored

from tilscope.service.lease.heartbeat import LastWrite
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.monitoring.health import Health, HealthReport, Parts, check_health
from tilscope.service.monitoring.readings import Readings, is_low
from tilscope.service.monitoring.status import EngineStatus, WatcherStatus
from tilscope.service.settings import ServiceSettings
from tilscope.service.site.unreadable_files import UnreadableFile, unreadable_files

SETTINGS = ServiceSettings.read({"data_directory": "/data", "token": "t" * 16})
NOTHING_IS_WRONG = Parts(
    WatcherStatus(reachable=True, problem=""), True, EngineStatus("running", workers=2), 2,
    LastWrite(time.monotonic() + 3600), Readings(disk_free=2**34),
)  # fmt: skip


def health(**changes: Any) -> HealthReport:
    return check_health(replace(NOTHING_IS_WRONG, **changes), SETTINGS)


def readings(**changes: Any) -> HealthReport:
    return health(readings=replace(NOTHING_IS_WRONG.readings, **changes))


def test_all_is_well() -> None:
    assert (health().status, health().sentences) == (Health.OK, ("All is well.",))


@pytest.mark.parametrize("missing_s", [0.0, 5.0, 59.0])
def test_a_worker_that_makes_room_for_the_next_is_well(missing_s: float) -> None:
    assert health(runs=EngineStatus("running", workers=1, missing_s=missing_s)).status is Health.OK


def test_a_worker_that_is_not_replaced_is_not() -> None:
    found = health(runs=EngineStatus("running", workers=1, missing_s=75.0))
    assert found.sentences == ("1 of 2 workers are there; the others have not been replaced for 75 s.",)
    assert (found.status, found.workers, found.workers_wanted, found.workers_missing_s) == (Health.IMPAIRED, 1, 2, 75.0)


def test_a_ledger_that_cannot_be_written_or_read_is_no_health() -> None:
    now = time.monotonic()
    full = health(last_write=LastWrite(now, "OperationalError", now))
    assert full.sentences == ("The ledger cannot be written (OperationalError): is its disk full?",)
    busy = health(last_write=LastWrite(now - 100))
    assert busy.sentences == ("The ledger has not been written for 100 s: something keeps it busy.",)
    gone = readings(ledger_problem="OperationalError")
    assert gone.sentences == ("The ledger cannot be read (OperationalError).",)
    assert {found.ledger_ok for found in (full, busy, gone)} == {False}
    assert {found.status for found in (full, busy, gone)} == {Health.IMPAIRED}


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"disk_free": 2**29, "disk_low": True},
            "The disk of the data directory has 0.50 GiB free, and should have 1GiB: make room.",
        ),
        (
            {"oldest_waiting_s": 9000.0},
            "A study has waited 150 minutes for a worker: more arrives than is scored, or nothing is.",
        ),
        ({"failing_studies": 3}, "The latest attempts have all failed, at 3 studies; their pages say why."),
        (
            {"unreadable": (UnreadableFile("wu2018.json", "permission denied"),)},
            "wu2018.json cannot be read (permission denied): what needs it is not computed. "
            "Give it to the user whom the service runs as.",
        ),
    ],
)
def test_each_reading_has_its_sentence(facts: dict[str, object], sentence: str) -> None:
    assert (readings(**facts).status, readings(**facts).sentences) == (Health.IMPAIRED, (sentence,))


def test_what_is_below_the_limits_is_not_worth_a_word() -> None:
    assert readings(oldest_waiting_s=7200.0, failing_studies=2).status is Health.OK


def test_a_disk_at_its_limit_does_not_come_and_go() -> None:
    limit, low, told = 1000, False, []
    for free in (1200, 999, 1001, 1050, 1099, 1100, 1001, 999):
        low = is_low(free, limit, low)
        told.append(low)
    assert told == [False, True, True, True, True, False, False, True]


def test_failures_are_counted_by_studies_until_one_gets_an_answer(ledger: Ledger, reader: Reader, clock: Clock) -> None:
    assert reader.failing_in_a_row() == 0
    keep_scored(ledger, "1.1")
    for study in ("1.2", "1.3"):
        ledger.attempts.faulted(claimed(ledger, study), "worker-died", "It died.", None)
    poisoned = claimed(ledger, "1.4")
    for _ in range(3):
        ledger.attempts.faulted(poisoned, "worker-died", "It died.", 1.0)
        clock.pass_by(1)
        assert reader.failing_in_a_row() == 3, "one study that fails thrice is one"
        again = ledger.attempts.claim()
        assert again is not None
        poisoned = again
    ledger.attempts.faulted(poisoned, "worker-died", "It died.", None)
    keep_refused(ledger, "1.5")
    assert reader.failing_in_a_row() == 0, "a refusal is an answer"


def test_files_that_cannot_be_read_are_told_by_name(tmp_path: Path) -> None:
    settings = ServiceSettings.read({"data_directory": str(tmp_path), "token": "t" * 16}).installed_pipeline
    assert unreadable_files(settings) == ()
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / "su2022.json").write_text("{}")
    (tmp_path / "references" / "wu2018.json").symlink_to(tmp_path / "gone.json")
    (tmp_path / "models" / "wu2018" / "tilscope-model.json").mkdir(parents=True)
    found = {one.name: one.why for one in unreadable_files(settings)}
    assert found == {
        "wu2018.json": "no such file or directory",
        "tilscope-model.json of wu2018": "is a directory",
        "forest.skops of wu2018": "no such file or directory",
    }
    assert str(tmp_path) not in str(found)


def test_health_and_metrics_tell_the_same_of_a_running_service(tmp_path: Path) -> None:
    (tmp_path / "references" / "wu2018.json").mkdir(parents=True)
    with api_over(tmp_path, least_free_disk="1PiB") as api:
        answer = api.http.get("/health")
        assert answer.status_code == 503
        told = answer.json()
        metrics = api.http.get("/metrics").text
    assert "wu2018.json cannot be read (is a directory)" in " ".join(told["sentences"])
    assert "GiB free, and should have 1PiB: make room." in " ".join(told["sentences"])
    assert told["unreadable_files"] == ["wu2018.json"]
    assert 'tilscope_unreadable_file{file="wu2018.json"} 1.0' in metrics
    assert "tilscope_disk_low 1.0" in metrics
    assert "tilscope_healthy 0.0" in metrics
    assert "tilscope_ledger_ok 1.0" in metrics
