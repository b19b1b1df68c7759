"""After an upgrade: what an older TILscope has answered is known, offered, and scored again only where somebody asks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from api_in_process import Api, api_over
from kept_results import Clock, keep_refused, keep_scored

from tilscope.models import PIPELINE_VERSION
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.ledger.states import State
from tilscope.service.ledger.versions import Answered, Versions


def answered_by(ledger: Ledger, version: str, *studies: str) -> None:
    """As that version would have left them."""
    with ledger.engine.begin() as db:
        for study in studies:
            db.exec_driver_sql("UPDATE work SET version = ? WHERE study_uid = ?", (version, study))


@pytest.fixture
def versions(ledger: Ledger, clock: Clock) -> Versions:
    """Scored by 0.4.0 and by this version, refused by 0.4.0, by 0.10.0 and by one that did not say."""
    keep_scored(ledger, "1.1")
    keep_scored(ledger, "1.2")
    for study in ("1.3", "1.4", "1.5"):
        clock.pass_by(1)
        keep_refused(ledger, study)
    answered_by(ledger, "0.4.0", "1.1", "1.3")
    answered_by(ledger, "0.10.0", "1.4")
    answered_by(ledger, "", "1.5")
    return Versions(ledger.reading)


def meant(versions: Versions, version: str, only_unanswered: bool = False) -> list[str]:
    return [study for study, _ in versions.older_than(version, only_unanswered, limit=10)[0]]


def test_answers_are_counted_by_the_version_that_gave_them(versions: Versions) -> None:
    assert versions.answered() == {
        "0.10.0": Answered(0, 1), PIPELINE_VERSION: Answered(1, 0), "0.4.0": Answered(1, 1), "": Answered(0, 1),
    }  # fmt: skip
    assert versions.older(PIPELINE_VERSION) == Answered(1, 2)


def test_older_ones_are_found_the_latest_first(versions: Versions) -> None:
    assert meant(versions, "0.4.0") == ["1.5"], "that of which nobody knows is older than all"
    assert meant(versions, "0.4.1") == ["1.5", "1.3", "1.1"]
    assert meant(versions, "0.4.1", only_unanswered=True) == ["1.5", "1.3"]
    assert meant(versions, "0.11") == ["1.5", "1.4", "1.3", "1.1", "1.2"], "0.10 is newer than 0.4"
    assert versions.older_than("0.4.1") == ([], 3), "counted, and none listed"


def test_what_has_been_asked_for_is_on_its_way_and_then_of_this_version(
    ledger: Ledger, versions: Versions, clock: Clock, reader: Reader
) -> None:
    found, _ = versions.older_than("0.5.0", only_unanswered=True, limit=10)
    assert ledger.requests.recalculate(found, "dr-who", "a newer version") == 2
    assert meant(versions, "0.5.0") == ["1.1"]
    clock.pass_by(10)
    for candidate in ledger.receiving.to_examine(3, 60):
        ledger.receiving.settle(candidate, f"input of {candidate.study_uid} for this version")
        claim = ledger.attempts.claim()
        assert claim is not None
        ledger.attempts.refused(claim, "no-lesion", "No lesion.")
    assert versions.older(PIPELINE_VERSION) == Answered(1, 0)
    assert [reader.inputs(study)[0].state for study in ("1.1", "1.3")] == [State.SCORED, State.REFUSED]


def test_an_older_ledger_learns_its_versions_from_its_results(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(f"sqlite:///{path}", Clock())
    keep_scored(ledger, "1.1")
    keep_refused(ledger, "1.2")
    ledger.close()
    with sqlite3.connect(path) as db:  # as the third schema was
        for column in ("version", "waiting_since"):
            db.execute(f"ALTER TABLE work DROP COLUMN {column}")
        db.execute("DROP TABLE lease")
        db.execute("UPDATE work SET result = replace(result, ?, '0.4.0')", (PIPELINE_VERSION,))
        db.execute("UPDATE schema_version SET version = 3")
    upgraded = Ledger(f"sqlite:///{path}", Clock())
    assert Versions(upgraded.reading).answered() == {"0.4.0": Answered(1, 0), "": Answered(0, 1)}
    upgraded.close()


def test_the_page_offers_them_and_a_person_or_a_program_asks(tmp_path: Path) -> None:
    with api_over(tmp_path) as api:
        keep_scored(api.ledger, "1.1")
        keep_refused(api.ledger, "1.2")
        assert "older version" not in page(api)
        answered_by(api.ledger, "0.4.0", "1.1", "1.2")
        told = " ".join(page(api).split())
        assert f"Answered by an older version than {PIPELINE_VERSION}: 1 scored, 1 refused or failed." in told

        state = api.get("/renewals", older_than_version=PIPELINE_VERSION)
        assert (state["outdated"], state["installed_version"]) == (2, PIPELINE_VERSION)
        assert state["answered_by_version"] == {"0.4.0": {"scored": 1, "unanswered": 1}}
        assert (
            'tilscope_studies_by_version{answer="refused or failed",version="0.4.0"} 1.0'
            in api.http.get("/metrics").text
        )

        wanted = {"older_than_version": PIPELINE_VERSION, "only_unanswered": True}
        asked = api.http.post("/renewals", json=wanted)
        assert (asked.status_code, asked.json()["asked"], asked.json()["under_way"]) == (202, 1, 1)
        assert api.get("/studies/1.2")["state"] == "receiving"
        assert api.get("/studies/1.1")["state"] == "scored", "an archive is not scored again by itself"
        assert "99.0 is not installed" in api.sentence("/renewals", older_than_version="99.0")
        assert "goes with older_than_version" in api.sentence("/renewals", only_unanswered=True)


def page(api: Api) -> str:
    return api.http.get("/signatures").text
