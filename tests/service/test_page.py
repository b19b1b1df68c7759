"""The page: what it says of each state, and that nothing of a study becomes markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from service.health import Health, HealthReport
from service.ledger_reading import Study
from service.page import SCRIPT_HASH, render
from service.states import State

WELL = HealthReport(Health.OK, ("All is well.",), True, True, 0, 1, ())
STUDY = Study(
    work_id=1, study_uid="1.2.3", input_hash="h", state=State.SCORED, orthanc_id="o", instances=540, attempts=1,
    next_attempt_at=0.0, code="", reason="", stage="done", progress=1.0, created_at=1.7e9, updated_at=1.7e9,
    started_at=1.7e9, finished_at=1.7e9 + 34,
)  # fmt: skip


def page(*studies: Study, total: int | None = None, result: dict[str, Any] | None = None, **more: Any) -> str:
    values = {
        "health": WELL,
        "only": None,
        "offset": 0,
        "page_size": 50,
        "now": datetime(2026, 1, 1, tzinfo=UTC),
        **more,
    }
    return render(studies, len(studies) if total is None else total, {1: result} if result else {}, **values)


def test_every_state_stands_there_in_words() -> None:
    html = page(*(replace(STUDY, state=state, study_uid=f"1.{n}") for n, state in enumerate(State)))
    for state in State:
        assert f">{state.sentence}</span>" in html


def test_a_running_study_shows_how_far_it_is() -> None:
    html = page(replace(STUDY, state=State.RUNNING, stage="segmenting", progress=0.4))
    assert '<progress max="1" value="0.400">' in html
    assert "Segmenting, 40%" in html


def test_a_waiting_study_says_when_it_is_tried_again() -> None:
    html = page(replace(STUDY, state=State.WAITING, reason="The worker process died.", next_attempt_at=1.7e9))
    assert "The worker process died." in html
    assert "Next attempt at 2023-11-14 22:13:20 UTC." in html


def test_what_a_study_brings_never_becomes_markup() -> None:
    html = page(
        replace(STUDY, reason="series <script>alert(1)</script>", study_uid='1"2'),
        result={"objects": [{"kind": "<i>", "sop_instance_uid": "<b>"}]},
    )
    for bad in ("<script>alert", "<i>", "<b>", '1"2'):
        assert bad not in html


def test_trouble_is_told_at_the_top() -> None:
    ill = replace(WELL, status=Health.IMPAIRED, sentences=("Orthanc cannot be reached at http://pacs.",))
    assert "Orthanc cannot be reached" in page(health=ill)


def test_the_page_of_a_demonstration_says_so() -> None:
    assert "Demonstration: synthetic data only." in page(STUDY, demo=True)
    assert "Demonstration" not in page(STUDY)


def test_the_only_script_adds_the_slash_that_relative_links_need_and_is_allowed_by_its_hash() -> None:
    html = page(STUDY)
    (script,) = re.findall(r"<script>(.*?)</script>", html)
    assert "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() == SCRIPT_HASH
    assert "location.replace(location.pathname+'/'+location.search)" in script
    assert html.index("<script>") < html.index("href="), "before anything relative"


def test_an_empty_page_says_what_to_do() -> None:
    assert "Send a breast DCE-MRI study" in page()
    assert "No study is failed." in page(only=State.FAILED)


def test_many_studies_are_turned_over_in_pages() -> None:
    html = page(STUDY, total=120, offset=50, only=State.SCORED)
    assert "51 to 100 of 120" in html
    assert set(re.findall(r'href="\?(state=scored&amp;offset=\d+)"', html)) == {
        "state=scored&amp;offset=0",
        "state=scored&amp;offset=100",
    }


def test_links_are_relative_since_the_page_stands_under_orthanc() -> None:
    links = re.findall(r'href="([^"]*)"', page(STUDY, result={"objects": [{"kind": "SR", "sop_instance_uid": "1.2"}]}))
    assert "studies/1.2.3/result" in links
    assert not [link for link in links if link.startswith(("/", "http"))]
