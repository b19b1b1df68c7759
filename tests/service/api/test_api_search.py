"""Programs find studies by time, state, words and score; a filter that is wrong is a sentence."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_in_process import Api, api_over
from kept_results import Clock, claimed, keep_refused, keep_scored, result_of, til

from tilscope.service.ledger import Ledger
from tilscope.service.ledger.study_search import Search, StudyQuery
from tilscope.service.ledger.tables import SCHEMA_VERSION

HOUR = 3600.0


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """Five studies, an hour apart, from 1970-01-12 13:46:40 UTC on."""
    with api_over(tmp_path) as api:
        keep_scored(api.ledger, "1.1", til(5.0, "low"), side="L")
        api.clock.pass_by(HOUR)
        keep_scored(api.ledger, "1.2", til(25.0, "intermediate"), side="R")
        api.clock.pass_by(HOUR)
        keep_scored(api.ledger, "1.3", til(60.0, "high"), side="R")
        api.clock.pass_by(HOUR)
        keep_scored(api.ledger, "1.4", til(None))
        api.clock.pass_by(HOUR)
        keep_refused(api.ledger, "1.5", "2 phases were found; 100 % of three are needed.")
        yield api


def test_without_filters_all_are_listed_the_latest_change_first(api: Api) -> None:
    assert api.found() == ["1.5", "1.4", "1.3", "1.2", "1.1"]


def test_by_state_one_or_several(api: Api) -> None:
    assert api.found(state="refused") == ["1.5"]
    assert len(api.found(state="scored,refused")) == len(api.found(state=["scored", "refused"])) == 5


def test_by_signature_only_those_that_have_a_value_of_it(api: Api) -> None:
    assert api.found(signature="wu2018", sort="study") == ["1.1", "1.2", "1.3"]
    assert api.found(signature="su2022") == []


def test_by_class_range_and_breast_of_the_lesion(api: Api) -> None:
    assert api.found(category="high") == ["1.3"]
    assert api.found(signature="wu2018", score_min=25) == ["1.3", "1.2"]
    assert api.found(signature="wu2018", score_max=25) == ["1.2", "1.1"]
    assert api.found(laterality="R", signature="wu2018", score_max=30) == ["1.2"]


def test_what_is_asked_of_scores_must_hold_of_one_score(api: Api) -> None:
    """Two breasts: the left low, the right high. There is no high score in the left one."""
    claim = claimed(api.ledger, "2.1")
    left = result_of("2.1", til(4.0, "low"), side="L", laterality="L")
    right = result_of("2.1", til(70.0, "high"), side="R", laterality="R")
    both = {
        **left,
        "dynamic_series": left["dynamic_series"] + right["dynamic_series"],
        "objects": left["objects"]
        + [{**o, "sop_instance_uid": o["sop_instance_uid"] + ".9"} for o in right["objects"]],
    }
    api.ledger.attempts.succeeded(claim, claim.input_hash, both)
    assert "2.1" in api.found(laterality="R", category="high")
    assert "2.1" not in api.found(laterality="L", category="high")
    (study,) = [s for s in api.get("/studies")["studies"] if s["study_uid"] == "2.1"]
    assert [(s["laterality"], s["value"], s["report_uid"]) for s in study["scores"]] == [
        ("L", 4.0, "2.1.2.1"),
        ("R", 70.0, "2.1.2.1.9"),
    ]
    assert api.found(signature="wu2018", sort="-score")[0] == "2.1"
    assert api.found(signature="wu2018", sort="score")[0] == "2.1"


def test_each_listed_study_brings_its_scores_and_the_report_that_says_them(api: Api) -> None:
    by_uid = {study["study_uid"]: study["scores"] for study in api.get("/studies")["studies"]}
    assert by_uid["1.2"] == [
        {
            "signature": "wu2018", "laterality": "R", "state": "calibrated", "value": 25.0, "unit": "%",
            "category": "intermediate", "report_uid": "1.2.2.1", "caveat": "",
        }
    ]  # fmt: skip
    assert [(s["state"], s["value"], s["category"]) for s in by_uid["1.4"]] == [("uncalibrated", None, None)]
    assert by_uid["1.5"] == []


def test_by_time_of_arrival_and_of_the_end(api: Api) -> None:
    assert api.found(arrived_from="1970-01-12T15:46:40Z", arrived_to="1970-01-12T16:46:40Z") == ["1.3"]
    assert api.found(finished_to="1970-01-12T15:00:00") == ["1.2", "1.1"]
    assert api.found(since="1970-01-12T18:46:40.000+01:00") == ["1.5"]


def test_a_day_is_meant_whole(api: Api) -> None:
    assert len(api.found(arrived_from="1970-01-12", arrived_to="1970-01-12")) == 5
    assert len(api.found(arrived_from="19700112", arrived_to="19700112")) == 5
    assert api.found(arrived_to="1970-01-11") == []


def test_text_is_looked_for_in_identifier_reason_and_code(api: Api) -> None:
    assert api.found(text="2 PHASES") == ["1.5"]
    assert api.found(text="too-few") == ["1.5"]
    assert api.found(text="orthanc-1.3") == ["1.3"]
    # Signs that SQL gives a meaning are letters here.
    assert api.found(text="100 %") == ["1.5"]
    assert api.found(text="1_3") == []


def test_sorting_and_paging_go_through_all_without_repeating_any(api: Api) -> None:
    assert api.found(signature="wu2018", sort="-score") == ["1.3", "1.2", "1.1"]
    assert api.found(sort="arrived")[0] == "1.1"
    pages = [api.get("/studies", sort="study", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [[s["study_uid"] for s in page["studies"]] for page in pages] == [
        ["1.1", "1.2"],
        ["1.3", "1.4"],
        ["1.5"],
        [],
    ]
    assert {page["total"] for page in pages} == {5}


def test_while_a_newer_input_is_on_its_way_the_older_result_still_stands(api: Api) -> None:
    api.ledger.requests.rescore("1.3", "orthanc-1.3", "radiologist")
    assert api.found(category="high") == ["1.3"]
    (study,) = api.get("/studies", category="high")["studies"]
    assert (study["state"], study["scores"][0]["value"]) == ("receiving", 60.0)


def test_a_new_result_takes_the_place_of_the_old_one(api: Api) -> None:
    api.ledger.requests.rescore("1.3", "orthanc-1.3", "radiologist")
    (candidate,) = api.ledger.receiving.to_examine(0.0, 0.0)
    api.ledger.receiving.settle(candidate, "another input")
    claim = api.ledger.attempts.claim()
    assert claim is not None
    api.ledger.attempts.succeeded(claim, "another input", result_of("1.3", til(8.0, "low")))
    assert api.found(category="high") == []
    assert api.found(category="low") == ["1.3", "1.1"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"signatur": "wu2018"}, "there is no filter 'signatur'; perhaps 'signature' is meant"),
        ({"signature": "wu"}, "there is no signature 'wu'; known are wu2018, su2022, qian2024, fan2023, han2024"),
        ({"score_min": 5}, "say which signature is meant: scores of different signatures cannot be compared"),
        ({"sort": "-score"}, "say which signature is meant"),
        ({"sort": "age"}, "studies cannot be sorted by 'age', only by updated, arrived, finished, study, score"),
        ({"signature": "wu2018", "score_min": 9, "score_max": 5}, "score_min lies beyond score_max"),
        ({"arrived_from": "2026-03-02", "arrived_to": "2026-03-01T00:00:00Z"}, "arrived_from lies beyond arrived_to"),
        ({"since": "yesterday"}, "since: 'yesterday' is no date such as 2026-03-01"),
        ({"state": "scored,happy"}, "state.1: Input should be 'receiving', 'ready', 'running'"),
        ({"laterality": "left"}, "laterality: Input should be '', 'L' or 'R'"),
        ({"score_min": "nan", "signature": "wu2018"}, "score_min: Input should be a finite number"),
        ({"arrived_to": "9999-12-31"}, "arrived_to: '9999-12-31' is the last day that there is; leave it out instead"),
        ({"offset": 10**30}, "offset: Input should be less than or equal to 2147483648"),
        ({"limit": 0}, "limit: Input should be greater than or equal to 1"),
    ],
)
def test_a_wrong_filter_is_a_sentence(api: Api, query: dict[str, object], sentence: str) -> None:
    assert sentence in api.sentence("/studies", **query)


def test_a_ledger_of_the_earlier_schema_is_brought_up_to_date_in_place(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(f"sqlite:///{path}", Clock())
    result = keep_scored(ledger, "1.1", til(25.0, "intermediate"))
    keep_refused(ledger, "1.2")
    ledger.close()
    with sqlite3.connect(path) as db:
        for table in ("scores", "outbox", "actions"):
            db.execute(f"DROP TABLE {table}")
        db.execute("UPDATE schema_version SET version = 2")
    upgraded = Ledger(f"sqlite:///{path}", Clock())
    search = Search(upgraded.reading)
    (study,), total = search.studies(StudyQuery(signature="wu2018", score_min=20.0), 10, 0)
    assert (study.study_uid, total) == ("1.1", 1)
    assert search.scores(["1.1", "1.2"])["1.2"] == []
    with sqlite3.connect(path) as db:
        assert json.loads(db.execute("SELECT result FROM work WHERE study_uid = '1.1'").fetchone()[0]) == result
        assert db.execute("SELECT version FROM schema_version").fetchone() == (SCHEMA_VERSION,)
    upgraded.close()
    Ledger(f"sqlite:///{path}", Clock()).close()


def test_results_of_an_odd_shape_do_not_keep_an_old_ledger_shut(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first is from before objects had a side; of the next three nothing can be found."""
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(f"sqlite:///{path}", Clock())
    odd = {f"1.{n}": keep_scored(ledger, f"1.{n}", til(25.0, "intermediate")) for n in range(1, 6)}
    ledger.close()
    del odd["1.1"]["schema_version"]
    for stored in odd["1.1"]["objects"]:
        del stored["laterality"]
    del odd["1.2"]["dynamic_series"][0]["signatures"]
    odd["1.3"]["dynamic_series"] = [None]
    odd["1.4"]["dynamic_series"][0]["signatures"][0]["id"] = None
    with sqlite3.connect(path) as db:
        for uid, result in odd.items():
            db.execute("UPDATE work SET result = ? WHERE study_uid = ?", (json.dumps(result), uid))
        for table in ("scores", "outbox", "actions"):
            db.execute(f"DROP TABLE {table}")
        db.execute("UPDATE schema_version SET version = 2")
    upgraded = Ledger(f"sqlite:///{path}", Clock())
    scores = Search(upgraded.reading).scores(list(odd))
    assert {uid: [score.value for score in found] for uid, found in scores.items()} == {
        "1.1": [25.0], "1.2": [], "1.3": [], "1.4": [], "1.5": [25.0]
    }  # fmt: skip
    assert caplog.text.count("a result cannot be searched by score") == 3
    upgraded.close()
