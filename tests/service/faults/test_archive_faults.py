"""Every fault between a run and the archive becomes a code and a sentence of ours; what a library says reaches nobody."""

from __future__ import annotations

import errno
from typing import NoReturn

import httpx
import pytest

from tilscope.service.faults.archive_faults import ResultsNotStored
from tilscope.service.faults.fault import FAULTS, OUTAGES, Fault
from tilscope.service.workers.attempt import attempt

REQUEST = httpx.Request("POST", "http://archive.example/instances")


def answered(status: int) -> httpx.HTTPStatusError:
    with pytest.raises(httpx.HTTPStatusError) as raised:
        httpx.Response(status, request=REQUEST).raise_for_status()
    return raised.value


def outcome_of(fault: Exception) -> Fault:
    def work(report: object) -> NoReturn:
        raise fault

    found = attempt(work, lambda stage, fraction: None)
    assert isinstance(found, Fault)
    return found


CASES = [
    (answered(500), "archive-faulty", True),
    (answered(503), "archive-faulty", True),
    (answered(429), "archive-faulty", True),
    (answered(507), "archive-full", True),
    (answered(401), "archive-locked", True),
    (answered(403), "archive-declined", False),
    (answered(404), "archive-declined", False),
    (httpx.ConnectError("[Errno 111] Connection refused"), "archive-unreachable", True),
    (httpx.ReadTimeout("timed out"), "archive-unreachable", True),
    (httpx.RemoteProtocolError("Server disconnected"), "archive-unreachable", True),
    (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "disk-full", True),
    (PermissionError(errno.EACCES, "Permission denied", "/data/x"), "exception", False),
    (ValueError("For more information check: https://example.org, Doe^Jane"), "exception", False),
]


@pytest.mark.parametrize(("fault", "code", "of_the_archive"), CASES, ids=lambda one: str(one)[:20])
def test_each_has_its_code_and_a_sentence_of_ours(fault: Exception, code: str, of_the_archive: bool) -> None:
    outcome = outcome_of(fault)
    assert (outcome.code, bool(outcome.outage)) == (code, of_the_archive)
    assert outcome.reason.endswith(".")
    for foreign in ("http://", "https://", "For more", "Errno", "/data", "Doe", "No space"):
        assert foreign not in outcome.reason + outcome.outage


def test_finished_results_that_wait_are_told() -> None:
    kept = outcome_of(ResultsNotStored(answered(500), kept=True))
    assert kept.storing
    assert kept.reason.endswith("nothing is computed again.")
    no_room = outcome_of(ResultsNotStored(answered(500), kept=False))
    assert no_room.reason.endswith("the study is computed again.")
    assert "no more finished results can wait" in no_room.outage
    assert outcome_of(ResultsNotStored(answered(500))).reason.endswith("not of the study.")


def test_whatever_holds_studies_up_can_be_said_by_health() -> None:
    assert OUTAGES.keys() <= FAULTS.keys()
