"""Every query in docs/programs.md, run against both Orthancs, finds what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from integration.hospital import RESULTS
from orthanc_server import ORTHANCS, OrthancInstallation, OrthancServer, eventually, free_ports
from service_process import ServiceProcess

from tilscope.dicom_io.dimse import Peer, send
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.phantom.defects import two_phases_only
from tilscope.service.outgoing.webhooks import signature
from tilscope.service.webhook_settings import Webhook

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "programs.md"
QUERIES = dict(re.findall(r"^\| ([^|]+) \| `GET ([^`]+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
PROGRAMS = re.findall(r"^```python\n(.+?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
DESCRIPTION, MODALITY = "0008103E", "00080060"


@dataclass(frozen=True)
class Site:
    """An Orthanc with one scored and one refused study."""

    orthanc: OrthancServer
    scored: str
    refused: str

    def ask(self, what: str, **parts: str) -> Any:
        """The query that the page gives for this."""
        query = QUERIES[what].format(study=self.scored, **parts)
        answer = self.orthanc.http.get(query)
        assert answer.status_code == 200, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer.content

    def found(self, what: str) -> list[str]:
        """Descriptions of the series that the query finds."""
        return sorted(value(one, DESCRIPTION) for one in self.ask(what))

    def series(self, modality: str) -> str:
        (uid,) = [value(s, "0020000E") for s in self.ask("all series of one study") if value(s, MODALITY) == modality]
        return uid


def value(dataset: dict[str, Any], tag: str) -> str:
    return str(dataset[tag]["Value"][0])


@pytest.fixture(scope="module", params=ORTHANCS, ids=str)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    installation: OrthancInstallation = request.param
    if not installation.present:
        pytest.skip(installation.absent)
    folder = tmp_path_factory.mktemp("site")
    (port,) = free_ports(1)
    orthanc = OrthancServer(folder, installation=installation, tilscope={})
    # The newer Orthanc lives in a file system of its own, without our interpreter: its service runs by itself.
    service = ServiceProcess(orthanc, folder, port=port)
    orthanc._configure({"ServiceUrl": f"http://127.0.0.1:{port}", "ServiceToken": service.token}, {})
    with orthanc, service:
        good = write_study(make_study(PhantomSpec.small()), folder / "good", salt="good")
        another = replace(PhantomSpec.small(2), patient_number=2)
        bad = write_study(make_study(another), folder / "bad", salt="bad", companions=False)
        two_phases_only(folder / "bad")
        peer = Peer("127.0.0.1", orthanc.dicom_port)
        send(good, peer)
        send([path for path in bad if path.exists()], peer)
        ended = {"scored", "refused", "failed"}

        def settled() -> list[dict[str, Any]] | None:
            studies = orthanc.http.get("/tilscope/studies").raise_for_status().json()["studies"]
            return studies if len(studies) == 2 and {s["state"] for s in studies} <= ended else None

        by_state = {s["state"]: s["study_uid"] for s in eventually(settled, "both studies are settled") or ()}
        yield Site(orthanc, by_state["scored"], by_state["refused"])


def test_every_query_of_the_page_is_run_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert len(QUERIES) >= 20
    assert [what for what in QUERIES if f'"{what}"' not in text] == []


def test_series_are_found_by_modality_and_description(site: Site) -> None:
    lesions, breast, tissue = "TILscope_lesions", "TILscope_breast", "TILscope_tissue"
    assert site.found("our segmentations of one study") == [breast, lesions, tissue]
    assert site.found("the lesions only") == [lesions]
    assert site.found("our PDF of one study") == ["TILscope_summary"]
    assert "TILscope_report" in site.found("our reports, over all studies")
    of_study = [value(s, MODALITY) for s in site.ask("all series of one study")]
    assert sorted(m for m in of_study if m in RESULTS) == RESULTS


def test_studies_and_instances_are_found_by_what_they_are(site: Site) -> None:
    assert site.scored in [value(s, "0020000D") for s in site.ask("studies with any report")]
    report = site.series("SR")
    for what in ("all Comprehensive 3D SRs", "reports that nobody has verified"):
        assert report in [value(i, "0020000E") for i in site.ask(what)]
    (note,) = site.ask("our notes on what was not scored, over all studies")
    assert value(note, "0020000D") == site.refused
    segmentations = site.ask("all Segmentations")
    assert [value(i, "0020000D") for i in segmentations].count(site.scored) == 3


def test_a_condition_on_a_sequence_is_dropped_in_silence_as_the_page_warns(site: Site) -> None:
    asked = (
        "/dicom-web/instances?SOPClassUID=1.2.840.10008.5.1.4.1.1.88.34&ConceptNameCodeSequence.CodeValue=NO_SUCH_CODE"
    )
    answer = site.orthanc.http.get(asked)
    assert answer.status_code == 200
    assert len(answer.json()) == len(site.ask("all Comprehensive 3D SRs")) == 1


def test_the_program_of_the_page_prints_what_the_result_says(site: Site) -> None:
    (metadata,) = site.ask("the report with all its content", report_series=site.series("SR"))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(PROGRAMS[0], str(PAGE), "exec"), {"report_metadata": metadata})
    told = dict(line.split(" ", 1) for line in printed.getvalue().splitlines())
    (series,) = site.ask("its whole result")["dynamic_series"]
    by_id = {s["id"]: s["score"] for s in series["signatures"]}
    for code, id in (("TIL_EST", "wu2018"), ("RAD_TILS", "su2022")):
        score = by_id[id]
        expected = "no value" if score is None or score["value"] is None else str(score["value"])
        assert told[code] == expected or float(told[code]) == float(expected)


def test_the_pdf_comes_as_a_file(site: Site) -> None:
    content = site.ask("the PDF as a DICOM file", pdf_series=site.series("DOC"))
    assert b"%PDF-" in content


def test_the_lists_of_studies_hold_what_the_page_says(site: Site) -> None:
    def uids(what: str) -> set[str]:
        return {study["study_uid"] for study in site.ask(what)["studies"]}

    both = {site.scored, site.refused}
    assert uids("the latest studies, their states and scores") == both
    assert uids("what was refused or has failed, and why") == {site.refused}
    assert uids("what waits for a reader's decision") == set()
    assert uids("scored since a moment") == {site.scored}
    assert uids("arrived on some days") == both
    assert uids("by words of the reason, or part of an identifier") == {site.refused}
    assert uids("the second page of ten") == set()
    # Without a reference, the signatures that are asked for here give no value.
    for what in (
        "with a value of a signature, the highest first",
        "in a range of scores",
        "of a class, in the left breast",
    ):
        assert uids(what) == set()
    (listed,) = site.ask("scored since a moment")["studies"]
    (report,) = {score["report_uid"] for score in listed["scores"]}
    instances = site.orthanc.http.get(f"/dicom-web/studies/{site.scored}/instances?Modality=SR").json()
    assert report in [value(i, "00080018") for i in instances]


def test_a_study_is_found_by_its_patient_and_by_its_accession_number(site: Site) -> None:
    (study,) = site.orthanc.http.get(f"/dicom-web/studies?StudyInstanceUID={site.scored}").json()
    patient, accession = value(study, "00100020"), value(study, "00080050")
    found = site.ask("of a patient, by the whole PatientID", patient=patient)["studies"]
    assert [one["study_uid"] for one in found] == [site.scored], "the other study is of another patient"
    found = site.ask("with an accession number", accession=accession)["studies"]
    assert [one["study_uid"] for one in found] == [site.scored]
    assert site.ask("with an accession number", accession=f"{accession[:-1]}*")["total"] == 0, "no pattern"
    assert site.ask("what needs a reader, what matters most first")["total"] == 0


def test_one_study_tells_its_story_and_its_result_in_both_forms(site: Site) -> None:
    assert site.ask("what happened to one study")["state"] == "scored"
    assert site.ask("its whole result")["study_uid"] == site.scored
    fhir = site.ask("the same as FHIR R4")
    assert (fhir["resourceType"], fhir["type"]) == ("Bundle", "collection")
    address = QUERIES["its whole result"].format(study=site.scored)
    by_header = site.orthanc.http.get(address, headers={"Accept": "application/fhir+json"})
    assert by_header.headers["content-type"].startswith("application/fhir+json")
    assert by_header.json() == fhir
    assert site.ask("the audit log: who asked for what")["total"] == 0
    assert site.ask("is the service well?")["status"] == "ok"
    assert site.ask("how many studies have failed, by reason")["failed"] == {}
    assert "administer" in site.ask("who am I here, and what may I do?")["roles"]
    assert site.ask("how far is the nightly comparison of ledger and archive?")["differing"] == 0


def test_the_verification_of_the_page_knows_genuine_messages_from_others() -> None:
    names: dict[str, Any] = {}
    exec(compile(PROGRAMS[1], str(PAGE), "exec"), names)
    secret = re.findall(r'"(whsec_[^"]+)"', PAGE.read_text(encoding="utf-8"))[0]
    key = Webhook(url="https://research.example.org", secret=secret).key
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1700000000"}
    headers["webhook-signature"] = signature(key, "msg_1", 1700000000, b"{}")
    assert names["is_genuine"](headers, b"{}", secret)
    assert not names["is_genuine"](headers, b"{ }", secret)
