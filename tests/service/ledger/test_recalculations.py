"""Recalculation in bulk: which studies are outdated, that they wait behind all that arrives; and findings of a patient."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api_in_process import api_over
from kept_results import Clock, keep_refused, keep_scored, til
from mr_headers import as_file, one_series
from orthanc_server import OrthancServer

from tilscope.models.result import SignatureResult
from tilscope.service.ledger import Arrival, Cursor, Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.recalculations import Recalculations
from tilscope.service.ledger.states import Event, State

NOW = {"wu2018": "new", "su2022": ""}


@pytest.fixture
def recalculations(ledger: Ledger) -> Recalculations:
    return Recalculations(ledger.reading)


def under(installed: str) -> SignatureResult:
    return replace(til(20.0, "intermediate"), installed=installed)


def outdated(recalculations: Recalculations, **more: Any) -> list[str]:
    return [uid for uid, _ in recalculations.outdated(more.pop("installed", NOW), limit=100, **more)[0]]


def test_studies_are_meant_whose_reference_is_another_than_the_installed_one(
    ledger: Ledger, recalculations: Recalculations, clock: Clock
) -> None:
    keep_scored(ledger, "1.1", under("old"))
    clock.pass_by(100)
    keep_scored(ledger, "1.2", under("new"))
    keep_scored(ledger, "1.3", under(""))
    keep_refused(ledger, "1.4", "Too few phases.")
    assert sorted(outdated(recalculations)) == ["1.1", "1.3"]
    assert outdated(recalculations, since=clock.t - 50) == ["1.3"]
    assert outdated(recalculations, installed={"su2022": ""}) == []
    assert recalculations.outdated(NOW) == ([], 2), "counted, and none listed"


def test_what_is_asked_for_in_bulk_is_on_its_way_and_not_meant_again(
    ledger: Ledger, recalculations: Recalculations, clock: Clock
) -> None:
    keep_scored(ledger, "1.1", under("old"))
    found, _ = recalculations.outdated(NOW, limit=10)
    assert ledger.requests.recalculate(found, "dr-who", "a new reference") == 1
    assert ledger.requests.recalculate(found, "dr-who", "a new reference") == 0
    assert (outdated(recalculations), recalculations.under_way()) == ([], 1)
    clock.pass_by(10)
    (candidate,) = ledger.receiving.to_examine(3, 60)
    assert (candidate.take_as_it_is, candidate.asked_for) == (True, False)
    assert ledger.receiving.settle(candidate, "input of 1.1") is State.SCORED, "the input is the same: nothing to do"
    assert recalculations.under_way() == 0


def recalculate(ledger: Ledger, clock: Clock, study_uid: str, fails: bool = False) -> State | None:
    """As `rescore --all` has it done; refused, or failed, under the new reference."""
    ledger.requests.recalculate([(study_uid, f"orthanc-{study_uid}")], "dr-who", "a new reference")
    clock.pass_by(10)
    (candidate,) = ledger.receiving.to_examine(3, 60)
    state = ledger.receiving.settle(candidate, f"new input of {study_uid}")
    if claim := ledger.attempts.claim():
        if fails:
            ledger.attempts.faulted(claim, "crashed", "It crashed.", None)
        else:
            ledger.attempts.refused(claim, "too-few-phases", "Too few phases.")
    return state


def test_a_recalculation_that_was_refused_is_not_done_and_comes_last_the_next_time(
    ledger: Ledger, recalculations: Recalculations, clock: Clock
) -> None:
    for uid in ("1.1", "1.2", "1.3"):
        keep_scored(ledger, uid, under("old"))
        clock.pass_by(1)
    assert outdated(recalculations) == ["1.3", "1.2", "1.1"]
    recalculate(ledger, clock, "1.3")
    recalculate(ledger, clock, "1.2")
    assert outdated(recalculations) == ["1.1", "1.3", "1.2"]
    assert recalculate(ledger, clock, "1.3") is State.REFUSED, "of the same input nothing else would come"
    assert outdated(recalculations) == ["1.1", "1.2", "1.3"]


def test_a_recalculation_that_failed_is_tried_again(
    ledger: Ledger, recalculations: Recalculations, clock: Clock
) -> None:
    keep_scored(ledger, "1.1", under("old"))
    recalculate(ledger, clock, "1.1", fails=True)
    assert outdated(recalculations) == ["1.1"]
    assert recalculate(ledger, clock, "1.1") is State.READY


def test_what_arrives_goes_first(ledger: Ledger, clock: Clock) -> None:
    for uid in ("1.1", "1.2"):
        keep_scored(ledger, uid, under("old"))
    ledger.requests.recalculate([("1.1", "o1"), ("1.2", "o2")], "dr-who", "")
    clock.pass_by(1)
    ledger.receiving.arrived([Arrival("9.9", "o9", 100)], Cursor(7))
    clock.pass_by(100)
    assert [c.study_uid for c in ledger.receiving.to_examine(3, 60)] == ["9.9", "1.1", "1.2"]
    candidates = {c.study_uid: c for c in ledger.receiving.to_examine(3, 60)}
    for uid in ("1.1", "1.2", "9.9"):
        ledger.receiving.settle(candidates[uid], f"new input of {uid}")
    claims = [ledger.attempts.claim() for _ in range(3)]
    assert [c.study_uid for c in claims if c is not None] == ["9.9", "1.1", "1.2"]


def test_a_person_brings_a_study_forward_that_waits_behind_the_others(
    ledger: Ledger, recalculations: Recalculations, clock: Clock, reader: Reader
) -> None:
    for uid in ("1.1", "1.2"):
        keep_scored(ledger, uid, under("old"))
    ledger.requests.recalculate([("1.1", "o1"), ("1.2", "o2")], "dr-who", "")
    clock.pass_by(100)
    for found in ledger.receiving.to_examine(3, 60):
        assert ledger.receiving.settle(found, f"new input of {found.study_uid}") is State.READY
    assert [reader.inputs(uid)[0].waits_behind for uid in ("1.1", "1.2")] == [True, True]

    ledger.requests.rescore("1.2", "o2", "dr-haste")
    (candidate,) = ledger.receiving.to_examine(3, 60)
    assert ledger.receiving.settle(candidate, "new input of 1.2") is State.READY
    assert not reader.inputs("1.2")[0].waits_behind
    assert recalculations.under_way() == 1
    claims = [ledger.attempts.claim() for _ in range(3)]
    assert [c and c.study_uid for c in claims] == ["1.2", "1.1", None]
    (entry,) = [one for one in reader.timeline("1.2") if (one.from_state, one.to_state) == ("ready", "ready")]
    assert (entry.who, entry.event, entry.detail) == ("dr-haste", Event.RESCORE, "asked for by dr-haste")


def test_who_brings_a_study_forward_is_told_so_and_who_asks_for_one_that_has_its_turn_too(tmp_path: Path) -> None:
    image = one_series((0,), 1)[0]
    uid = str(image.StudyInstanceUID)
    with OrthancServer(tmp_path) as orthanc:
        orthanc.store(as_file(image))
        own = {"orthanc_url": orthanc.url, "orthanc_user": orthanc.user, "orthanc_password": orthanc.password}
        with api_over(tmp_path, **own) as api:
            keep_scored(api.ledger, uid, under("old"))
            api.ledger.requests.recalculate([(uid, "o1")], "dr-who", "")

            def settle() -> None:
                api.clock.pass_by(100)
                (found,) = api.ledger.receiving.to_examine(3, 60)
                assert api.ledger.receiving.settle(found, "new input") is State.READY

            settle()
            asked = api.http.post(f"/studies/{uid}/rescore")
            assert asked.status_code == 202
            assert asked.json()["detail"].endswith("It will be inspected and scored now, before them.")
            settle()
            again = api.http.post(f"/studies/{uid}/rescore")
            assert (again.status_code, again.json()["code"]) == (409, "already-ready")


def test_images_that_come_bring_a_study_back_to_the_front(
    ledger: Ledger, recalculations: Recalculations, clock: Clock
) -> None:
    keep_scored(ledger, "1.1", under("old"))
    ledger.requests.recalculate([("1.1", "o1")], "dr-who", "")
    ledger.receiving.arrived([Arrival("1.1", "o1", 5)], Cursor(8))
    assert recalculations.under_way() == 0


# ------------------------------------------------------------------------------------------------- molecular findings


def test_of_two_who_tell_different_things_neither_is_lost(ledger: Ledger) -> None:
    assert ledger.requests.record_findings("1.1", "o1", {"gzma": 4.0}, "dr-a") == ({"gzma": 4.0}, True)
    assert ledger.requests.record_findings("1.1", "o1", {"prf1": 9.0}, "dr-b") == ({"gzma": 4.0, "prf1": 9.0}, True)
    assert ledger.requests.record_findings("1.1", "o1", {"prf1": 9.0}, "dr-b") == ({"gzma": 4.0, "prf1": 9.0}, False)
    assert ledger.requests.record_findings("1.1", "o1", {"gzma": None, "prf1": None}, "dr-b") == (None, True)


def test_what_is_said_of_a_patient_holds_for_later_studies_and_that_of_a_study_comes_first(ledger: Ledger) -> None:
    ledger.requests.record_findings_of_patient("P-1", [("1.1", "o1")], {"gzma": 4.0, "triple_negative": True}, "dr-a")
    assert ledger.annotations.molecular_of("1.1") == {"gzma": 4.0, "triple_negative": True}
    ledger.requests.record_findings("1.1", "o1", {"gzma": 5.0}, "dr-b")
    assert ledger.annotations.molecular_of("1.1") == {"gzma": 5.0, "triple_negative": True}

    assert ledger.annotations.molecular_of("1.2") is None
    ledger.receiving.arrived([Arrival("1.2", "o2", 5), Arrival("1.3", "o3", 5)], Cursor(1))
    ledger.annotations.link_patient("1.2", "P-1")
    ledger.annotations.link_patient("1.3", "P-2")
    assert ledger.annotations.molecular_of("1.2") == {"gzma": 4.0, "triple_negative": True}
    assert ledger.annotations.molecular_of("1.3") is None, "of another patient"
    ledger.annotations.link_patient("1.2", "P-2")
    assert ledger.annotations.molecular_of("1.2") is None, "the study was given to another patient"
