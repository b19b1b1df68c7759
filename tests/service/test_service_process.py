"""The whole service as a process beside a real Orthanc: the contract with the plugin, the API, and being killed."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from subprocess import PIPE

import psutil
import pytest
from orthanc_server import PATIENCE_S, OrthancServer, at_leisure, eventually
from pydicom import Dataset, dcmread
from sent_studies import ONE_SET, results_in, send
from service_process import ROOT, ServiceProcess

from tilscope.dicom_io.objects.sr.report_reading import measurement_groups
from tilscope.phantom import PhantomSpec
from tilscope.service.single_instance import AlreadyRunning, DataDirectoryLock


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    with OrthancServer(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture(scope="module")
def service(orthanc: OrthancServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with ServiceProcess(orthanc, tmp_path_factory.mktemp("service")) as process:
        eventually(lambda: process.http.get("/health").status_code == 200)
        yield process


@pytest.fixture(scope="module")
def scored(orthanc: OrthancServer, service: ServiceProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study that has been sent and scored."""
    uid = send(orthanc, tmp_path_factory.mktemp("study"), seed=1)
    assert service.until(uid, "scored", "refused", "failed")["state"] == "scored"
    return uid


# --------------------------------------------------------------------------------------------------------------- API


@pytest.mark.parametrize("path", ["/", "/health", "/studies", "/metrics", "/openapi.json", "/no-such-page"])
def test_nothing_is_answered_without_the_token(service: ServiceProcess, path: str) -> None:
    for headers in (
        {"Authorization": ""},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {service.token}"},
    ):
        answer = service.http.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "no-token"


def test_health_is_told_in_words(service: ServiceProcess) -> None:
    health = service.http.get("/health").json()
    assert health["status"] == "ok"
    assert health["sentences"] == ["All is well."]
    assert (health["workers"], health["orthanc_reachable"]) == (1, True)


def test_with_nothing_to_do_the_service_and_its_workers_sleep(service: ServiceProcess) -> None:
    """Every time they wake up is taken from Orthanc, which shares the machine."""
    eventually(lambda: service.http.get("/health").json()["status"] == "ok")
    before, begun = wakes(service), time.monotonic()
    time.sleep(3)
    assert (wakes(service) - before) / (time.monotonic() - begun) < 80


def wakes(service: ServiceProcess) -> int:
    """How often a thread of theirs has begun to wait, as the kernel counts it."""
    return sum(
        int(line.split()[1])
        for process in (psutil.Process(service.pid), *service.workers())
        for status in Path(f"/proc/{process.pid}/task").glob("*/status")
        for line in status.read_text().splitlines()
        if line.startswith("voluntary_ctxt_switches")
    )


def test_errors_are_sentences_with_a_code(service: ServiceProcess) -> None:
    unknown = service.http.get("/studies/1.2.3.4")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-study")
    assert "1.2.3.4" in unknown.json()["error"]
    wrong = service.http.get("/studies", params={"limit": 0})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong-request")
    assert service.http.get("/studies", params={"state": "happy"}).status_code == 400
    assert service.http.get("/studies/..%2Fetc").json()["code"] in ("http-404", "wrong-request")
    assert service.http.get("/nowhere").json() == {
        "detail": "Not Found.",
        "error": "Not Found.",
        "code": "http-404",
    }


def test_a_study_that_orthanc_does_not_have_cannot_be_scored(service: ServiceProcess) -> None:
    answer = service.http.post("/studies/1.2.3.4/rescore")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-study")


@pytest.mark.slow
def test_a_scored_study_tells_its_whole_story(orthanc: OrthancServer, service: ServiceProcess, scored: str) -> None:
    study = service.study(scored)
    assert [e["event"] for e in study["timeline"]] == ["instances arrived", "input settled", "started", "succeeded"]
    assert Counter(o["kind"] for o in study["objects"]) == ONE_SET == results_in(orthanc, scored)
    assert study["timings_s"]["segmenting"] > 0
    assert study["cpu_s"]["segmenting"] > 0
    result = service.http.get(f"/studies/{scored}/result").json()
    assert result["research_use_only"] is True
    assert result["study_uid"] == scored
    assert result["input_hash"] == study["input_hash"]


@pytest.mark.slow
def test_studies_are_listed_and_filtered(service: ServiceProcess, scored: str) -> None:
    def listed(**query: object) -> list[str]:
        return [s["study_uid"] for s in service.http.get("/studies", params=query).json()["studies"]]

    assert scored in listed()
    assert scored in listed(state="scored")
    assert scored not in listed(state=["failed", "refused"])
    assert scored not in listed(since=(datetime.now(UTC) + timedelta(minutes=1)).isoformat())
    assert listed(offset=1000) == []


@pytest.mark.slow
def test_the_page_shows_it_and_needs_nothing_from_elsewhere(service: ServiceProcess, scored: str) -> None:
    answer = service.http.get("/")
    assert scored in answer.text
    assert "Research use only" in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert answer.text.count("<script") == 2, "the line that adds the slash, and our own file"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")


@pytest.mark.slow
def test_a_later_exam_of_the_patient_is_compared_with_this_one(
    orthanc: OrthancServer, service: ServiceProcess, scored: str, tmp_path: Path
) -> None:
    """Half the diameter ten weeks later: page, result and report say so, and the lesion keeps its tracking UID."""
    first = PhantomSpec.small(1)
    assert first.lesion is not None
    shrunk = replace(first.lesion, diameter_mm=first.lesion.diameter_mm * 0.6)
    spec = replace(first, lesion=shrunk, injected_at=first.injected_at + timedelta(weeks=10))
    later = send(orthanc, tmp_path, seed=1, spec=spec)
    assert service.until(later, "scored", "refused", "failed")["state"] == "scored"

    (series,) = service.http.get(f"/studies/{later}/result").json()["dynamic_series"]
    over_time = series["over_time"]
    assert [exam["study_uid"] for exam in over_time["exams"]] == [scored, later]
    (lesion,) = [one for one in over_time["lesions"] if one["numbers"] == [1, 1]]
    (diameter,) = [one for one in lesion["changes"] if one["id"] == "longest_diameter"]
    assert diameter["values"][1] < diameter["values"][0]

    for uid, other in ((later, scored), (scored, later)):
        page = service.http.get(f"/studies/{uid}/page").text
        assert "<h2>Over time</h2>" in page
        assert f"studies/{other}/page" in page, "of the earlier study too, though its report was written before"
    side_by_side = service.http.get(f"/studies/{later}/beside/{scored}").text
    assert side_by_side.index("2024-03-12") < side_by_side.index("2024-05-21")

    reports = {uid: report_of(orthanc, uid) for uid in (scored, later)}
    named = [
        str(item.ReferencedSOPInstanceUID)
        for study in reports[later].PertinentOtherEvidenceSequence
        for its_series in study.ReferencedSeriesSequence
        for item in its_series.ReferencedSOPSequence
    ]
    assert str(reports[scored].SOPInstanceUID) in named
    tracked = {uid: tracking_uids(report) for uid, report in reports.items()}
    assert tracked[scored]["Lesion 1"] == tracked[later]["Lesion 1"] == lesion["tracking_uid"]


def report_of(orthanc: OrthancServer, uid: str) -> Dataset:
    found = orthanc.http.post(
        "/tools/find", json={"Level": "Instance", "Query": {"StudyInstanceUID": uid, "Modality": "SR"}}
    ).json()
    (instance,) = found
    return dcmread(BytesIO(orthanc.http.get(f"/instances/{instance}/file").content))


def tracking_uids(report: Dataset) -> dict[str, str]:
    """Of the groups of this exam, by what they are called."""
    return {
        text_of(group, "112039", "TextValue"): text_of(group, "112040", "UID") for group in measurement_groups(report)
    }


def text_of(group: Dataset, code: str, keyword: str) -> str:
    (item,) = [one for one in group.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == code]
    return str(item[keyword].value)


def test_the_metrics_count_it(service: ServiceProcess, scored: str) -> None:
    text = service.http.get("/metrics").text
    assert 'tilscope_studies{state="scored"}' in text
    assert "tilscope_orthanc_up 1.0" in text
    assert 'tilscope_stage_seconds_count{stage="segmenting"}' in text


@pytest.mark.slow
def test_a_person_has_it_scored_again_and_the_archive_holds_one_set(
    orthanc: OrthancServer, service: ServiceProcess, scored: str
) -> None:
    answer = service.http.post(f"/studies/{scored}/rescore", headers={"X-Tilscope-User": "radiologist"})
    assert answer.status_code == 202
    eventually(lambda: service.study(scored)["state"] == "running")
    busy = service.http.get(f"/studies/{scored}/result")
    assert (busy.status_code, busy.json()["code"]) == (409, "not-scored-running")
    again = service.http.post(f"/studies/{scored}/rescore")
    assert (again.status_code, again.json()["code"]) == (409, "already-running")
    study = service.until(scored, "scored")
    assert [e["event"] for e in study["timeline"]].count("started") == 2
    assert ("radiologist", "rescore asked for") in [(e["who"], e["event"]) for e in study["timeline"]]
    assert results_in(orthanc, scored) == ONE_SET


@pytest.mark.slow
def test_a_study_of_two_phases_is_refused_in_words(
    orthanc: OrthancServer, service: ServiceProcess, tmp_path: Path
) -> None:
    uid = send(orthanc, tmp_path, seed=2, defect=True)
    study = service.until(uid, "refused", "scored", "failed")
    assert (study["state"], study["code"], study["attempts"]) == ("refused", "too-few-phases", 1)
    answer = service.http.get(f"/studies/{uid}/result")
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("This study was refused: 2 phases were found")


@pytest.mark.slow
def test_the_log_is_json_without_patients(service: ServiceProcess, scored: str, orthanc: OrthancServer) -> None:
    (study,) = orthanc.http.post("/tools/lookup", content=scored).json()
    patient = orthanc.http.get(f"/studies/{study['ID']}").json()["PatientMainDicomTags"]
    text = service.log()
    assert {json.loads(line)["level"] for line in text.splitlines()} <= {"INFO", "WARNING", "ERROR"}
    assert scored in text
    for value in (patient["PatientName"], patient["PatientID"]):
        assert value
        assert value not in text


# ------------------------------------------------------------------------------------------------ life and death


@pytest.mark.slow
def test_killed_in_the_middle_of_a_run_it_leaves_one_set_of_results(orthanc: OrthancServer, tmp_path: Path) -> None:
    with ServiceProcess(orthanc, tmp_path, lookback_hours=0) as service:
        eventually(lambda: service.http.get("/health").status_code == 200)
        uid = send(orthanc, tmp_path / "study", seed=3)
        eventually(lambda: service.study(uid)["stage"] == "writing results")
        workers = service.workers()
        assert workers
        service.kill()
        killed_at = time.monotonic()
        eventually(lambda: not any(w.is_running() and w.status() != psutil.STATUS_ZOMBIE for w in workers))
        assert time.monotonic() - killed_at < at_leisure(3)
        service.start()
        study = service.until(uid, "scored", "failed")
        assert study["state"] == "scored"
        assert [e["event"] for e in study["timeline"]].count("interrupted") == 1
        time.sleep(5)  # Orthanc calls the study stable again, for what we stored
        assert service.study(uid)["attempts"] == 2
        assert results_in(orthanc, uid) == ONE_SET
        assert service.leave() == 0


@pytest.mark.slow
def test_it_ends_with_its_parent_and_on_request(orthanc: OrthancServer, tmp_path: Path) -> None:
    with ServiceProcess(orthanc, tmp_path) as service:
        begin = time.monotonic()
        assert service.leave() == 0
        assert time.monotonic() - begin < at_leisure(9)
        service.start()
        assert service.process is not None
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(PATIENCE_S) == 0
        assert "service stopped" in service.log()


def test_a_data_directory_has_one_service_and_a_dying_one_is_waited_for(tmp_path: Path) -> None:
    holder = (
        "import sys; from pathlib import Path; from tilscope.service.single_instance import DataDirectoryLock as Lock; "
        + ("lock = Lock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()")
    )
    with subprocess.Popen([sys.executable, "-c", holder, str(tmp_path)], stdin=PIPE, stdout=PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(AlreadyRunning, match=rf"Another TILscope service \(process {process.pid}\) uses"):
            DataDirectoryLock(tmp_path, wait_s=0.3)
        threading.Timer(0.5, process.kill).start()
        DataDirectoryLock(tmp_path, wait_s=PATIENCE_S).release()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "The first line on stdin is not JSON"),
        ('{"token": "0123456789abcdef", "data_directry": "/tmp"}', "did you mean 'data_directory'?"),
        (
            '{"token": "0123456789abcdef", "data_directory": "/tmp", "pipeline": {"quality": {"snr_refused": NaN}}}',
            "pipeline.quality.snr_refused must be a number of at least 0, not NaN.",
        ),
    ],
)
def test_wrong_settings_end_it_with_a_sentence(line: str, said: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tilscope.service.run"],
        input=line + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert any(said in json.loads(error)["message"] for error in ended.stderr.splitlines())


def test_a_ledger_whose_writer_is_killed_is_consistent(tmp_path: Path) -> None:
    """Killed again and again in the middle of its writing; what was told as written is there, and nothing by halves."""
    writer = """
import sys
from tilscope.service.ledger import Arrival, Cursor, Ledger
ledger = Ledger(sys.argv[1])
begin = int(sys.argv[2])
for n in range(begin, begin + 100000):
    study = f"1.{n}"
    ledger.receiving.arrived([Arrival(study, study, 1)], Cursor(n))
    (found,) = [c for c in ledger.receiving.to_examine(0.0, 0.0) if c.study_uid == study]
    ledger.receiving.settle(found, "hash")
    claim = ledger.attempts.claim()
    ledger.attempts.succeeded(claim, "hash", {"n": n})
    print(n, flush=True)
"""
    path = tmp_path / "ledger.sqlite"
    told = 0
    for life in range(3):
        command = [sys.executable, "-c", writer, f"sqlite:///{path}", str((life + 1) * 1000)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            for _ in range(5 + life):
                assert process.stdout.readline()
                told += 1
            process.kill()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        scored = db.execute("SELECT count(*) FROM work WHERE state = 'scored' AND result IS NOT NULL").fetchone()[0]
        assert scored >= told
        # A state and the event that led to it are written together, and the cursor with what it caused.
        odd = """SELECT w.study_uid FROM work w WHERE w.state <> (
            SELECT e.to_state FROM events e WHERE e.work_id = w.id ORDER BY e.id DESC LIMIT 1)"""
        assert db.execute(odd).fetchall() == []
        last = db.execute("SELECT seq FROM changes_cursor").fetchone()[0]
        assert db.execute("SELECT count(*) FROM work WHERE study_uid = ?", (f"1.{last}",)).fetchone() == (1,)
