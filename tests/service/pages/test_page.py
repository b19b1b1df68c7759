"""The pages: what they say of each state and score, where their links lead, and that nothing of a study becomes markup."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from api_in_process import Api, api_over
from kept_results import claimed, deleted_in_archive, keep_refused, keep_scored, keep_undecided, result_of, til
from orthanc_server import free_ports
from scored_study import wu_signature

from tilscope.models.finding import Finding
from tilscope.models.result import CalibrationState, Contribution, Measurement, QualityFinding, Verdict
from tilscope.service.ledger import Arrival, Cursor
from tilscope.service.ledger.states import State
from tilscope.service.pages.frame import SCRIPT_HASH


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """No Orthanc answers here."""
    with api_over(tmp_path, orthanc_url=f"http://127.0.0.1:{free_ports(1)[0]}") as api:
        yield api


def page(api: Api, path: str = "/", **query: str) -> str:
    answer = api.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer.text


def links(html: str) -> list[str]:
    return [link for link in re.findall(r' (?:href|src|data-to)="([^"]*)"', html) if not link.startswith("data:")]


PAGES = ("/", "/worklist", "/studies/1.2.3/page", "/studies/1.2.4/page", "/signatures", "/status", "/account", "/guide")


# ------------------------------------------------------------------------------------------------------------- list


def test_an_empty_list_says_what_to_do(api: Api) -> None:
    assert "Send a breast DCE-MRI study" in page(api)
    assert "No study is like that" in page(api, state="failed")


def test_the_stages_of_a_result_are_told_by_the_clock_and_where_it_is_known_by_the_processors(api: Api) -> None:
    times = {"timings_s": {"reading": 2.04, "segmenting": 9.1}, "cpu_s": {"segmenting": 12.4}}
    claim = claimed(api.ledger, "1.2.3")
    api.ledger.attempts.succeeded(claim, claim.input_hash, {**result_of("1.2.3", til(25.0)), **times})
    assert "reading 2.0 s, segmenting 9.1 s (12.4 s CPU)" in page(api, "/studies/1.2.3/page")


def test_the_list_shows_state_score_and_reason(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0, "intermediate"))
    keep_scored(api.ledger, "1.2.5", til(None))
    keep_refused(api.ledger, "1.2.4", "2 phases were found; at least 3 are needed.")
    html = page(api)
    assert '<span class="state scored">Scored</span>' in html
    assert "Wu 2018 <strong>25 % intermediate</strong>" in html
    assert "Wu 2018: uncalibrated" in html
    assert "<p>2 phases were found; at least 3 are needed.</p>" in html


def test_a_running_study_shows_how_far_it_is(api: Api) -> None:
    claim = claimed(api.ledger, "1.2.3")
    api.ledger.attempts.progress(claim.work_id, "segmenting", 0.4)
    for html in (page(api), page(api, "/studies/1.2.3/page")):
        assert '<progress max="1" value="0.400" aria-label="Segmenting">' in html
        assert "Segmenting, 40%" in html


def test_an_assumed_injection_is_said_beside_the_times_and_its_gate_is_not_passed(api: Api) -> None:
    findings = (
        QualityFinding("motion", "Little moved.", Verdict.PASS),
        QualityFinding("early-phase-time", "So many seconds.", Verdict.WARN, 0.0, 60.0, checkable=False),
    )
    keep_scored(api.ledger, "1.2.3", til(25.0), quality=findings, time_zero_assumed=True)
    html = page(api, "/studies/1.2.3/page")
    assert "Quality: 1 of 2 checks passed, 1 not checkable" in html
    assert "<td><strong>not checkable</strong></td><td>So many seconds.</td>" in html
    assert "<p>Time zero: assumed: start of the first post-contrast phase.</p>" in html
    assert "middle of acquisition, after the assumed injection" in html
    assert "Read this first" not in html, "it is no warning"


def test_every_state_stands_there_in_words(api: Api) -> None:
    ledger = api.ledger
    keep_scored(ledger, "1.1", til(25.0))
    keep_refused(ledger, "1.2")
    keep_undecided(ledger, "1.8")
    keep_scored(ledger, "1.9", til(25.0))
    (gone,) = [one for one in ledger.archived.page(0, 10) if one.study_uid == "1.9"]
    ledger.archived.deleted(gone)
    ledger.attempts.faulted(claimed(ledger, "1.3"), "worker-died", "The worker process died.", None)
    ledger.attempts.faulted(claimed(ledger, "1.4"), "worker-died", "The worker process died.", 60.0)
    claimed(ledger, "1.5")
    ledger.receiving.arrived([Arrival("1.6", "orthanc-1.6", 10)], Cursor(1))
    (ready,) = ledger.receiving.to_examine(0.0, 0.0)
    ledger.receiving.settle(ready, "input of 1.6")
    ledger.receiving.arrived([Arrival("1.7", "orthanc-1.7", 10)], Cursor(2))
    html = page(api)
    for state in set(State) - {State.SUPERSEDED}:
        assert f">{state.sentence}</span>" in html, state


def test_a_waiting_study_says_why_and_when_it_is_tried_again(api: Api) -> None:
    api.ledger.attempts.faulted(claimed(api.ledger, "1.4"), "worker-died", "The worker process died.", 60.0)
    html = page(api, "/studies/1.4/page")
    assert "<strong>The worker process died.</strong>" in html
    assert '<p>Next attempt at <time datetime="1970-01-12T13:47:40' in html


def test_a_study_that_the_archive_has_deleted_offers_nothing_that_cannot_be_done(api: Api) -> None:
    keep_scored(api.ledger, "1.9", til(25.0))
    assert "studies/1.9/rescore" in page(api, "/studies/1.9/page")
    deleted_in_archive(api.ledger, "1.9")
    html = page(api, "/studies/1.9/page")
    assert "If it is sent again, it is looked at again." in html
    for gone in ("studies/1.9/rescore", "studies/1.9/molecular", "studies/1.9/series", "explorer.html"):
        assert gone not in html
    assert "<strong>Succeeded</strong>" in html, "its story stays"


def test_nobody_is_said_to_have_asked_for_what_the_service_does_by_itself(api: Api) -> None:
    keep_scored(api.ledger, "1.9", til(25.0))
    (row,) = api.ledger.archived.page(0, 10)
    api.ledger.archived.differs(row)
    (seen,) = api.ledger.receiving.to_examine(0.0, 0.0)
    assert api.ledger.receiving.settle(seen, "input of 1.9", lacking="1 SR") is State.READY
    html = page(api, "/studies/1.9/page")
    assert "<strong>Scored again</strong>" in html
    assert "Rescore asked for" not in html


def test_a_study_that_needs_a_reader_waits_in_the_list_and_says_what_for(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0))
    keep_undecided(api.ledger, "1.2.4")
    html = page(api, state="needs-reader")
    assert re.findall(r'href="studies/([0-9.]+)/page"', html) == ["1.2.4"]
    assert "Found: 2 candidates, none surely a lesion. A reader must decide." in html


def test_on_its_page_each_candidate_can_be_chosen_by_a_button_and_by_a_click(api: Api) -> None:
    keep_undecided(api.ledger, "1.2.4")
    html = page(api, "/studies/1.2.4/page")
    assert "2 candidates in the left breast; a reader must decide." in html
    for name, seed in (("Candidate 1", "10.5, -20, 5"), ("Candidate 2", "21, -20, 5")):
        assert f'value="{seed}" aria-label="{name}: this is the lesion"' in html
    assert 'data-point="../../studies/1.2.4/picture/L/point" data-to="studies/1.2.4/rescore"' in html
    assert "Signatures of" not in html, "no score, not even an empty one"


def test_diffuse_enhancement_is_said_before_its_scores(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0), finding=Finding.DIFFUSE)
    html = page(api, "/studies/1.2.3/page")
    said = html.index("Diffuse or non-mass enhancement in the left breast; no mass was outlined.")
    assert said < html.index("Signatures of diffuse enhancement 1")
    assert "data-point" not in html, "a click enlarges the picture of what was scored"


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"state": "refused"}, ["1.2.4"]),
        ({"signature": "wu2018"}, ["1.2.3"]),
        ({"category": "intermediate"}, ["1.2.3"]),
        ({"text": "phases"}, ["1.2.4"]),
        ({"arrived_from": "2999-01-01"}, []),
        ({"state": "", "text": "", "category": ""}, ["1.2.4", "1.2.3"]),
    ],
)
def test_what_is_filled_in_is_what_is_found(api: Api, filters: dict[str, str], found: list[str]) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0, "intermediate"))
    api.clock.pass_by(1)
    keep_refused(api.ledger, "1.2.4", "2 phases were found.")
    assert re.findall(r'href="studies/([0-9.]+)/page"', page(api, **filters)) == found


def test_every_class_that_a_signature_gives_can_be_asked_for(api: Api) -> None:
    chosen = re.search(r'<select name="category">(.*?)</select>', page(api))
    assert chosen
    assert set(re.findall(r'value="(\w+)"', chosen[1])) == {
        "low",
        "intermediate",
        "high",
        "good",
        "poor",
        "hot",
        "cold",
    }


def test_a_wrong_filter_is_a_sentence_on_the_page(api: Api) -> None:
    html = page(api, arrived_from="yesterday")
    assert "'yesterday' is no date such as 2026-03-01" in unescape(html)
    assert 'value="yesterday"' in html, "what was filled in is still there"


def test_many_studies_are_turned_over_in_pages_that_keep_the_filters(api: Api) -> None:
    for number in range(120):
        keep_refused(api.ledger, f"1.2.{number}")
    html = page(api, state="refused", offset="50")
    assert "51 to 100 of 120" in html
    turned = {link for link in links(html) if link.startswith("?")}
    assert turned == {"?state=refused", "?state=refused&amp;offset=100"}


# -------------------------------------------------------------------------------------------------------- one study


def test_a_study_shows_its_score_with_all_that_explains_it(api: Api) -> None:
    signature = wu_signature(
        state=CalibrationState.CALIBRATED, reason="Calibrated on 120 studies (ours).", category="intermediate",
        score=Measurement.of("til_percent", "Estimated TIL", 23.4, "%"), percentile=72.0,
        contributions=(Contribution("surface to volume ratio", 1.2, 0.8), Contribution("SER nearby", -0.9, 0.7)),
    )  # fmt: skip
    keep_scored(api.ledger, "1.2.3", signature)
    html = unescape(page(api, "/studies/1.2.3/page"))
    for said in (
        "● calibrated", "<strong>23 %</strong>", "intermediate", "Percentile 72 of the reference's cohort",
        "Calibrated on 120 studies (ours).", "surface to volume ratio", "+0.96", "−0.63", "The pre-contrast phase is noisy",
    ):  # fmt: skip
        assert said in html, said


def test_a_study_without_a_score_says_so_and_why(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(None))
    html = page(api, "/studies/1.2.3/page")
    assert "◐ uncalibrated" in html
    assert "no score" in html
    assert wu_signature().reason in unescape(html)


def test_a_study_tells_its_story_with_who_did_what(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0))
    api.http.post("/studies/1.2.3/rescore", headers={"X-Tilscope-User": "m%C3%BCller"})
    html = page(api, "/studies/1.2.3/page")
    assert html.index("<strong>Succeeded</strong>") < html.index("<strong>Instances arrived</strong>"), (
        "the latest first"
    )
    assert "<td>müller</td><td>Score again</td><td>refused (503)</td>" in html


def test_objects_are_opened_by_their_uid_and_the_pdf_as_it_is(api: Api) -> None:
    result = keep_scored(api.ledger, "1.2.3", til(25.0))
    html = page(api, "/studies/1.2.3/page")
    for one in result["objects"]:
        shown = f"../../studies/1.2.3/objects/{one['sop_instance_uid']}?show="
        assert (shown + "pdf" in links(html)) == (one["kind"] == "DOC")
        assert shown + "explorer" in links(html)


def test_a_result_that_stands_while_newer_images_are_scored_says_so_and_can_be_had_as_json(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0))
    api.ledger.receiving.arrived([Arrival("1.2.3", "orthanc-1.2.3", 5)], Cursor(2))
    html = page(api, "/studies/1.2.3/page")
    assert "What follows is of an earlier input; it stands until the newer one is scored." in html
    assert "../../studies/1.2.3/result" in links(html)


def test_a_result_of_before_the_study_was_refused_does_not_pass_for_todays(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0))
    keep_refused(api.ledger, "1.2.3", images="other input")
    assert "What follows is of an earlier input; the study as it is now was refused." in page(
        api, "/studies/1.2.3/page"
    )


def test_a_request_that_came_to_nothing_is_told_and_the_result_stands(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0))
    api.ledger.requests.rescore("1.2.3", "orthanc-1.2.3", "müller", "lesions there", {"seed_mm": [1.0, 2.0, 3.0]})
    (candidate,) = api.ledger.receiving.to_examine(0.0, 0.0)
    api.ledger.receiving.settle(candidate, "with a seed")
    claim = api.ledger.attempts.claim()
    assert claim is not None
    api.ledger.attempts.refused(claim, "no-lesion-there", "No lesion was found <there>.")
    html = page(api, "/studies/1.2.3/page")
    told = "What was asked for came to nothing: No lesion was found &lt;there&gt;. What was found before stands."
    assert told in html
    assert "<strong>25 %</strong>" in html
    assert "of an earlier input" not in html
    assert api.get("/studies/1.2.3")["state"] == "scored"


def test_the_viewer_is_linked_where_there_is_one(api: Api) -> None:
    keep_refused(api.ledger, "1.2.4")
    assert "viewer/open" not in page(api, "/studies/1.2.4/page")
    answer = api.http.get("/studies/1.2.4/page", headers={"X-Tilscope-Viewer": "yes"})
    assert "../../viewer/open/1.2.4" in links(answer.text)


def test_what_a_person_has_said_stands_in_the_forms(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0))
    api.ledger.requests.record_findings("1.2.3", "orthanc-1.2.3", {"gzma": 4.25, "triple_negative": True}, "müller")
    api.ledger.requests.rescore("1.2.3", "orthanc-1.2.3", "müller", "", {"seed_mm": [1.0, 2.0, 3.0], "box_mm": None})
    html = page(api, "/studies/1.2.3/page")
    assert 'name="gzma" min="0" step="any" value="4.25"' in html
    assert '<option value="yes" selected>' in html
    assert "Lesions are looked for at the seed (1, 2, 3)" in html


# ----------------------------------------------------------------------------------------------- what is not there

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/studies/9.9/page", "TILscope knows no study 9.9: it has no MR images, or came long ago."),
        ("/studies/1.2.3/series", "Orthanc does not answer (ConnectError); try again."),
        ("/?offset=-1", "offset: Input should be greater than or equal to 0"),
        ("/nowhere", "Not Found."),
    ],
)
def test_a_person_who_asks_for_what_is_not_there_gets_a_page_with_a_way_back(api: Api, path: str, said: str) -> None:
    answer = api.http.get(path, headers=BROWSER)
    assert answer.status_code == 200, "the only one whose answers every Orthanc lets a browser show"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Security-Policy"]
    assert said in answer.text
    (back,) = re.findall(r'<a href="([^"]*)">Back to the studies</a>', answer.text)
    assert answer.url.join(back).path == "/"


def test_a_program_is_told_the_same_as_json(api: Api) -> None:
    answer = api.http.get("/studies/9.9/page")
    assert answer.status_code == 404
    pages_too = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
    assert api.http.get("/studies/9.9/result", headers={"Accept": pages_too}).status_code == 404
    assert answer.json()["code"] == "unknown-study"


# -------------------------------------------------------------------------------------------------- the other pages


def test_every_signature_has_its_place_and_says_what_is_installed(api: Api) -> None:
    html = page(api, "/signatures")
    for name in ("Wu 2018", "Su 2022", "Qian 2024", "Fan 2023", "Han 2024"):
        assert f"({name})</h2>" in html
    assert html.count("No reference and no model is installed for it.") == 5


def test_health_is_told_in_sentences_and_trouble_on_the_list_too(api: Api) -> None:
    assert "The watcher has ended; restart the service." in page(api, "/status")
    assert "The watcher has ended; restart the service." in page(api)


def test_the_audit_log_names_everybody_who_asked_for_something(api: Api) -> None:
    api.http.post("/studies/1.2.3/rescore", headers={"X-Tilscope-User": "anna"})
    html = page(api, "/account")
    assert "<td>anna</td><td>Score again</td>" in html
    assert "studies/1.2.3/page" in links(html)


def test_the_reading_guide_is_there_whole(api: Api) -> None:
    html = page(api, "/guide")
    guide = (Path(__file__).resolve().parents[3] / "docs" / "reading-guide.md").read_text(encoding="utf-8")
    for heading in re.findall(r"^#+ (.*)$", guide, re.MULTILINE):
        assert f">{heading}</h" in html, heading
    rows = [line for line in guide.splitlines() if line.startswith("|")]
    tables = html.count("<table>")
    assert html.count("<tr>") == len(rows) - tables, "all but the rules below the heads"


# -------------------------------------------------------------------------------------------------------- all pages


@pytest.mark.parametrize("path", PAGES)
def test_nothing_comes_from_elsewhere_and_all_links_are_relative(api: Api, path: str) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0))
    keep_refused(api.ledger, "1.2.4")
    answer = api.http.get(path)
    assert [link for link in links(answer.text) if link.startswith(("/", "http", "//"))] == []
    policy = answer.headers["Content-Security-Policy"]
    allowed = {word for rule in policy.split(";") for word in rule.split()[1:]}
    assert allowed == {"'none'", "'self'", "data:", f"'{SCRIPT_HASH}'"}
    assert "style=" not in answer.text, "the policy would not let it in"
    for file in ("page.css", "page.js"):
        assert any(file in link for link in links(answer.text))


def test_the_only_line_of_script_in_a_page_adds_the_slash_that_relative_links_need(api: Api) -> None:
    html = page(api)
    (script,) = re.findall(r"<script>(.*?)</script>", html)
    assert "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() == SCRIPT_HASH
    assert "location.replace(location.pathname+'/'+location.search)" in script
    assert html.index("<script>") < html.index("href="), "before anything relative"


def test_what_a_study_brings_never_becomes_markup(api: Api) -> None:
    bad = '"><script>alert(1)</script>'
    keep_refused(api.ledger, "1.2.4", f"series {bad}")
    keep_scored(api.ledger, "1.2.3", wu_signature(title=bad, citation=bad, reason=bad, parameters=bad))
    for html in (page(api, text=bad), page(api), page(api, "/studies/1.2.4/page"), page(api, "/studies/1.2.3/page")):
        assert "<script>alert" not in html


def test_a_demonstration_says_so_on_every_page(tmp_path: Path) -> None:
    with api_over(tmp_path, demo=True) as api:
        keep_refused(api.ledger, "1.2.4")
        for path in PAGES:
            if "1.2.3" not in path:
                assert "Demonstration: synthetic data only." in page(api, path)


def test_what_is_no_demonstration_does_not_say_so(api: Api) -> None:
    assert "Demonstration" not in page(api)


def test_without_a_script_pages_that_change_are_reloaded(api: Api) -> None:
    assert '<noscript><meta http-equiv="refresh"' in page(api)
    assert "http-equiv" not in page(api, "/guide")


def test_every_state_has_its_colour(api: Api) -> None:
    style = api.http.get("/page.css").text
    for state in State:
        assert f".{state.value}" in style


def test_what_another_sites_page_sends_is_refused_and_is_in_the_audit_log(api: Api) -> None:
    keep_scored(api.ledger, "1.2.3", til(25.0))
    foreign = {"Origin": "http://elsewhere.example"}
    for more in ({"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}, {}):
        assert api.http.post("/studies/1.2.3/rescore", headers={**foreign, **more}).status_code == 403
    for origin in (
        "http://elsewhere.example",
        "null",
        "http://127.0.0.1.example",
        "http://127.0.0.1:1",
        "nonsense",
        "",
    ):
        as_json = api.http.post("/studies/1.2.3/rescore", json={}, headers={"Origin": origin})
        assert (as_json.status_code, as_json.json()["code"]) == (403, "another-site"), origin
    assert [one["status"] for one in api.get("/actions")["actions"]] == [403] * 9


@pytest.mark.parametrize(
    ("page_of", "asked", "told", "heeded"),
    [
        ("http://pacs.example:8042", "pacs.example:8042", None, True),
        ("https://pacs.example", "pacs.example", None, True),
        ("https://pacs.example", "127.0.0.1:8042", None, False),  # a proxy that is not trusted to say its own name
        ("https://pacs.example", "127.0.0.1:8042", "same-origin", True),
        ("https://pacs.example", "pacs.example", "same-site", False),
        ("https://pacs.example", "pacs.example", "cross-site", False),
        ("https://pacs.example:8443", "pacs.example:8042", None, False),
        ("null", "pacs.example", None, False),
        (None, "pacs.example", "cross-site", False),
    ],
)
def test_a_page_of_ours_is_heeded(api: Api, page_of: str | None, asked: str, told: str | None, heeded: bool) -> None:
    """Orthanc's plugin says under which host it was asked; a browser may say by itself whose page it is."""
    sent = {"Origin": page_of, "X-Tilscope-Host": asked, "Sec-Fetch-Site": told}
    headers = {name: value for name, value in sent.items() if value is not None}
    status = api.http.post("/studies/1.2.3/rescore", json={}, headers=headers).status_code
    assert status == (503 if heeded else 403), "503: let through to Orthanc, which is not there"
