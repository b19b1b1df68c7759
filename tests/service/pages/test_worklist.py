"""What needs a reader, what matters most first; and studies found by what people know them by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from api_in_process import Api, api_over
from kept_results import claimed, keep_refused, keep_scored, keep_undecided
from orthanc_server import free_ports
from scored_study import scored_study

from tilscope.models.finding import Finding
from tilscope.models.result import Measurement
from tilscope.service.ledger import Ledger


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """No Orthanc answers here."""
    with api_over(tmp_path, orthanc_url=f"http://127.0.0.1:{free_ports(1)[0]}") as api:
        yield api


def candidate(ledger: Ledger, study_uid: str, volume_cc: float) -> None:
    """A study with one candidate of this volume."""
    (lesion, *_) = scored_study().result.lesions
    others = tuple(one for one in lesion.measurements if one.id != "volume")
    sized = replace(lesion, measurements=(Measurement.of("volume", "Volume", volume_cc, "cm3"), *others))
    keep_scored(ledger, study_uid, finding=Finding.CANDIDATES, lesions=(sized,), signatures=())


def pointed_in_vain(ledger: Ledger, study_uid: str) -> None:
    ledger.attempts.refused(claimed(ledger, study_uid), "no-lesion-there", "No enhancing lesion was found there.")


def worklist(api: Api) -> list[str]:
    answer = api.http.get("/worklist")
    assert answer.status_code == 200, answer.text
    return re.findall(r'<li>\s*<div class="top"><h2><a href="studies/([0-9.]+)/page">', answer.text)


def waiting(api: Api) -> None:
    """Seven studies, a minute apart: five of them need a reader."""
    studies = {
        "1.1": lambda uid: pointed_in_vain(api.ledger, uid),
        "1.2": lambda uid: candidate(api.ledger, uid, 0.42),
        "1.3": lambda uid: candidate(api.ledger, uid, 12.0),
        "1.4": lambda uid: keep_refused(api.ledger, uid),
        "1.5": lambda uid: candidate(api.ledger, uid, 0.38),
        "1.6": lambda uid: keep_scored(api.ledger, uid),
        "1.7": lambda uid: candidate(api.ledger, uid, 3.0),
    }
    for uid, keep in studies.items():
        keep(uid)
        api.clock.pass_by(60)


def test_the_largest_candidate_comes_first_of_equals_the_oldest_and_refusals_last(api: Api) -> None:
    waiting(api)
    expected = ["1.3", "1.7", "1.2", "1.5", "1.1"]
    assert worklist(api) == expected, "0.42 and 0.38 cm3 are shown as equals"
    assert api.found(needs_reader=True, sort="reader") == expected
    html = api.http.get("/worklist").text
    assert "Sorted by what matters: candidates before refusals" in html
    assert "largest <strong>12.0 cm³</strong>" in html
    assert "What was said or drawn of the lesion cannot be used.</strong> No enhancing lesion was found there." in html


def test_the_front_page_counts_them(api: Api) -> None:
    assert 'class="tally"' not in api.http.get("/").text
    waiting(api)
    html = api.http.get("/", params={"state": "scored"}).text
    assert '<a href="worklist">5 studies need a reader: 4 with candidates, 1 in which' in html


def test_what_was_decided_is_on_the_worklist_no_longer(api: Api) -> None:
    keep_undecided(api.ledger, "1.1")
    assert worklist(api) == ["1.1"]
    api.ledger.requests.rescore("1.1", "orthanc-1.1", "reader", "", {"seed_mm": [1.0, 2.0, 3.0]})
    assert worklist(api) == []
    assert "No study needs a reader." in api.http.get("/worklist").text


def test_a_study_is_found_by_its_uid_and_by_its_patient(api: Api) -> None:
    for uid in ("1.1", "1.2", "1.3"):
        keep_scored(api.ledger, uid)
    api.ledger.annotations.link_patient("1.1", "P-1")
    api.ledger.annotations.link_patient("1.3", "P-1 ")
    api.ledger.annotations.link_patient("1.2", "P-10")
    assert api.found(study_uid="1.2,1.3") == ["1.3", "1.2"]
    assert api.found(patient_id="P-1") == ["1.3", "1.1"]
    assert api.found(patient_id="P-1", study_uid="1.2,1.3") == ["1.3"]
    assert api.found(patient_id="P") == [], "a part of an identifier is none"
    html = api.http.get("/", params={"study_uid": "1.2"}).text
    assert re.findall(r'data-study="([0-9.]+)"', html) == ["1.2"]
    assert "Only studies that Orthanc knows by the name" in html


def test_without_orthanc_nobody_knows_an_accession_number_and_the_answer_says_so(api: Api) -> None:
    keep_scored(api.ledger, "1.1")
    answer = api.http.get("/studies", params={"accession_number": "A1"})
    assert (answer.status_code, answer.json()["code"]) == (503, "orthanc-unreachable")


def test_what_names_no_study_is_refused_in_a_sentence(api: Api) -> None:
    assert "study_uid" in api.sentence("/studies", study_uid="1.2;drop")
    assert api.sentence("/studies", study_uid=",".join(["1.2"] * 51))
