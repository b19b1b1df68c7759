"""The templates: whatever a text holds is shown and never becomes markup, and what a page lacks is an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from api_in_process import Api, api_over
from jinja2 import UndefinedError
from kept_results import claimed, result_of
from orthanc_server import free_ports
from scored_study import wu_signature

from tilscope.dicom_io.dce.assembly import Assembly
from tilscope.dicom_io.dce.series_findings import SeriesFinding
from tilscope.dicom_io.dce.site_rules import SiteRule
from tilscope.models.refusals import Refused
from tilscope.models.result import (
    CalibrationState,
    Contribution,
    LesionSource,
    Measurement,
    QualityFinding,
    RefusedSeries,
    Verdict,
)
from tilscope.service.ledger.audit_log import AuditEntry, AuditLog
from tilscope.service.ledger.outbox import ReceiverStatus
from tilscope.service.ledger.past_calibrations import PastCalibration, PastStudy
from tilscope.service.ledger.states import State
from tilscope.service.ledger.versions import Answered
from tilscope.service.monitoring.health import Health, HealthReport
from tilscope.service.pages.first_night_page import first_night_page
from tilscope.service.pages.frame import PageFrame
from tilscope.service.pages.guide_page import html_of
from tilscope.service.pages.rendering import render
from tilscope.service.pages.series_page import series_page
from tilscope.service.pages.signatures_page import Shelf, signatures_page
from tilscope.service.pages.status_page import status_page
from tilscope.service.scoring.inspect_study import InspectedStudy
from tilscope.service.site.drift import Drift
from tilscope.service.site.installed_list import InstalledModel, InstalledReference

#: Ends a quoted attribute, a tag and an element, whichever it stands in; then opens one that nobody else has.
ELEMENT = "</title></pre></script><x-evil x-evil>&lt;x-evil&gt;{{ 7 * 7 }}"
HOSTILE = f"\"'>{ELEMENT}"
#: By these a result is read: any other word, and it is no result.
READ_BY = {"laterality", "state", "verdict", "missing", "schema_version", "source", "finding"}


class ShownPage(HTMLParser):
    """What a browser takes for elements and attributes, and what it shows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.values: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *(name for name, _ in attrs)}
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def times_shown(html: str) -> int:
    """How often the hostile text is there as it was written; it must be nothing but text."""
    read = ShownPage(html)
    assert "x-evil" not in read.names
    texts = (text.replace("\N{NO-BREAK SPACE}", " ") for text in (*read.texts, *read.values))
    found = [text for text in texts if "x-evil" in text]
    assert all(ELEMENT in text for text in found), "no part of it was taken for something else"
    return len(found)


def with_hostile_texts(value: Any, key: str = "") -> Any:
    """Every text of a result but the words that it is read by."""
    if isinstance(value, dict):
        return {name: with_hostile_texts(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [with_hostile_texts(one, key) for one in value]
    return value + HOSTILE if isinstance(value, str) and key not in READ_BY else value


def result_with_everything(study_uid: str) -> dict[str, Any]:
    """A result that fills every part of the page."""
    signature = wu_signature(
        state=CalibrationState.CALIBRATED, category="high", percentile=72.0, published="Well.", reference="ours",
        score=Measurement.of("til_percent", "Estimated TIL", 23.4, "%"), supplied=("GZMA",),
        further_scores=(Measurement.of("other", "Another model", 0.6, "1"),),
        contributions=(Contribution("SER nearby", -0.9, 0.7),),
    )  # fmt: skip
    findings = (
        QualityFinding("low-snr", "Noisy.", Verdict.WARN, 6.1, 10.0),
        QualityFinding("motion", "None.", Verdict.PASS),
    )
    drawn = LesionSource("drawn", "Reader", "Tool")
    result = result_of(study_uid, signature, quality=findings, segmentation=drawn)
    refused = asdict(RefusedSeries(("1.2",), "R", "no-lesion", "No lesion."))
    return {**result, "refused_series": [refused], "timings_s": {f"reading{HOSTILE}": 1.0}}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """No Orthanc answers here."""
    with api_over(tmp_path, orthanc_url=f"http://127.0.0.1:{free_ports(1)[0]}") as api:
        yield api


# --------------------------------------------------------------------------------------------------- hostile texts


def test_no_text_of_a_result_becomes_markup(api: Api) -> None:
    result = with_hostile_texts(result_with_everything("1.2.3"))
    claim = claimed(api.ledger, "1.2.3")
    api.ledger.attempts.succeeded(claim, claim.input_hash, result)
    html = api.http.get("/studies/1.2.3/page").text
    for heading in ("Signatures of lesion 1", "Right breast not scored", "Provenance", "What each feature adds"):
        assert heading in html, "it is a page with a result"
    assert times_shown(html) > 100


def test_no_text_of_a_studys_course_becomes_markup(api: Api) -> None:
    """What happened, who asked for what, and why it did not work: on the study's page, in the list, in the audit log."""
    claim = claimed(api.ledger, "1.2.3")
    api.ledger.attempts.progress(claim.work_id, HOSTILE, 0.4)
    running = [api.http.get(path).text for path in ("/", "/studies/1.2.3/page")]
    api.ledger.attempts.faulted(claim, HOSTILE, HOSTILE, 60.0)
    api.ledger.requests.rescore("1.2.3", HOSTILE, HOSTILE, HOSTILE)
    AuditLog(api.ledger.engine).begin(AuditEntry(1.0, HOSTILE, f"POST {HOSTILE}", "1.2.3", None))
    later = [api.http.get(path).text for path in ("/studies/1.2.3/page", "/account")]
    for html in (*running, *later):
        assert times_shown(html)


def test_no_text_of_a_reader_becomes_markup(api: Api) -> None:
    query = dict.fromkeys(("text", "arrived_from", "arrived_to"), HOSTILE)
    html = api.http.get("/", params=query).text
    assert times_shown(html) == 4, "three fields, and the sentence that says what is wrong"


def test_no_text_of_what_is_installed_becomes_markup() -> None:
    model = InstalledModel("fan2023", HOSTILE, HOSTILE, 3, 0.5, HOSTILE, HOSTILE)
    reference = InstalledReference("wu2018", f"{HOSTILE}.json", HOSTILE, HOSTILE, 12, 1, HOSTILE, True, HOSTILE)
    shelf = Shelf([model], {"fan2023": HOSTILE}, [reference], {HOSTILE: Drift(12, 1.0, 0.5, 1.5)}, 1, 1, Answered(1, 1))
    assert times_shown(signatures_page(PageFrame(), shelf)) == 10


def test_no_text_of_past_studies_becomes_markup() -> None:
    made = {"references": {"wu2018": PROPOSED}, "not_made": {"su2022": HOSTILE}}
    studies = (
        PastStudy(HOSTILE, "", State.REFUSED, True, "no-lesion", HOSTILE, (HOSTILE,)),
        PastStudy(HOSTILE, "", State.SCORED, True, "", "", ()),
    )
    ready = PastCalibration(1, HOSTILE, HOSTILE, HOSTILE, 1.0, 2.0, made, None, "", studies)
    # Name, choice and who; card and limits of a reference, and why there is no other; of a study its name in addresses, for the
    # script and as text, its picture twice, and the sentences.
    assert times_shown(first_night_page(PageFrame(), ready)) == 16
    assert times_shown(first_night_page(PageFrame(), replace(ready, installed_at=3.0, installed_by=HOSTILE))) == 17
    assert times_shown(first_night_page(PageFrame(), replace(ready, made_at=None, made=None))) == 13


PROPOSED = {
    "document": {"studies": 30, "limited": {HOSTILE: 2}},
    "card": HOSTILE,
    "drift": {"studies": 15, "shift": 1.0, "low": 0.5, "high": 1.5, "seen": True},
}


def test_no_text_of_the_services_health_becomes_markup() -> None:
    receivers = (ReceiverStatus(HOSTILE, 1, HOSTILE, HOSTILE),)
    health = HealthReport(Health.IMPAIRED, (HOSTILE,), False, False, 0, 0, (HOSTILE,), receivers)
    assert times_shown(status_page(PageFrame(), health, {})) == 6


def test_no_text_of_a_series_header_becomes_markup() -> None:
    used = SeriesFinding(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 3, HOSTILE, "", HOSTILE)
    refused = replace(used, used_as="", refused_as=HOSTILE)
    refusal = Refused("no-dynamic-series", why=HOSTILE)
    inspection = InspectedStudy([], Assembly((used, refused), refusal=refusal), SiteRule(name=HOSTILE))
    assert times_shown(series_page(PageFrame(), HOSTILE, inspection)) == 15


# ------------------------------------------------------------------------------------------------- undefined names

#: The others are parts of them.
PAGES = (
    "audit.html",
    "beside.html",
    "first_night.html",
    "guide.html",
    "list.html",
    "refusal.html",
    "series.html",
    "signatures.html",
    "status.html",
    "study.html",
)


@pytest.mark.parametrize("template", PAGES)
def test_a_page_that_lacks_what_its_template_names_is_an_error(template: str) -> None:
    with pytest.raises(UndefinedError, match="has no attribute"):
        render(template, PageFrame(), object())


# ------------------------------------------------------------------------------------------------------- the guide


def test_raw_html_in_the_guide_is_shown_as_text() -> None:
    html = html_of(
        "# <b>Bold</b>\n\n<script>alert(1)</script>\n\n<i>in a line</i>\n\n| <u>a</u> |\n|---|\n| <s>b</s> |\n"
    )
    read = ShownPage(html)
    assert read.names.isdisjoint({"script", "i", "b", "u", "s"})
    assert {"<script>alert(1)</script>", "<i>in a line</i>", "<u>a</u>", "<s>b</s>"} <= set(read.texts)


def test_a_link_in_the_guide_runs_no_script() -> None:
    assert "href" not in ShownPage(html_of("[here](javascript:alert(1))")).names
    assert 'href="page.md"' in html_of("[here](page.md)")


def test_the_guides_headings_can_be_linked_to_and_its_tables_are_named(api: Api) -> None:
    html = api.http.get("/guide").text
    assert '<h2 id="measurements-of-a-lesion">Measurements of a lesion</h2>' in html
    assert '<h2 id="estimated-stromal-tils-wu-2018">' in html
    assert 'tabindex="0" role="region" aria-label="Measurements of a lesion"' in html
    assert '<caption class="unseen">Measurements of a lesion</caption>' in html
    assert html.count("<th") == html.count('<th scope="col"') + html.count("<thead>")
