"""The watcher against a real Orthanc: what arrives is found, once, whatever is restarted in between."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mr_headers import one_series
from orthanc_server import OrthancServer, eventually
from pydicom import Dataset
from pydicom.uid import CTImageStorage, SegmentationStorage, generate_uid
from watched_orthanc import NEVER_S, SLICES, Bench, dynamic, instance_of, send

from tilscope.dicom_io.archives.orthanc_client import OrthancAddress, OrthancClient
from tilscope.dicom_io.identity import MANUFACTURER
from tilscope.service.intake.orthanc_changes import end_of_log, read_page, studies_changed_since
from tilscope.service.ledger.states import Event, State

Watch = Callable[..., "Bench"]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    # A StableAge that no test waits for: what depends on it says so itself.
    with OrthancServer(tmp_path_factory.mktemp("orthanc"), orthanc={"StableAge": round(NEVER_S)}) as server:
        yield server


@pytest.fixture
def watch(orthanc: OrthancServer, tmp_path: Path) -> Iterator[Watch]:
    benches: list[Bench] = []

    def one(**settings: object) -> Bench:
        benches.append(Bench(orthanc, tmp_path / "data", **settings))
        return benches[-1]

    (tmp_path / "data").mkdir()
    yield one
    for bench in benches:
        bench.stop()


# --------------------------------------------------------------------------------------------------------- arriving


def test_a_complete_study_is_ready_without_waiting_for_orthancs_stable_age(
    orthanc: OrthancServer, watch: Watch
) -> None:
    bench = watch()
    study = generate_uid()
    send(orthanc, dynamic(study))
    found = bench.becomes(study, State.READY)  # which waits for less than NEVER_S
    assert len(found.input_hash) == 32
    assert found.instances == 5 * SLICES
    eventually(lambda: bench.told == 1)


def test_an_incomplete_study_waits_and_says_for_what(orthanc: OrthancServer, watch: Watch) -> None:
    bench = watch()
    study = generate_uid()
    files = dynamic(study)
    send(orthanc, files[: 2 * SLICES])  # two phases
    eventually(lambda: bench.inputs(study) and bench.inputs(study)[0].reason)
    waiting = bench.inputs(study)[0]
    assert (waiting.state, waiting.code) == (State.RECEIVING, "too-few-phases")
    send(orthanc, files[2 * SLICES :])
    ready = bench.becomes(study, State.READY)
    assert ready.reason == ""


def test_an_incomplete_study_is_handed_on_once_it_is_stable_so_that_it_is_refused_in_words(
    orthanc: OrthancServer, watch: Watch
) -> None:
    bench = watch(stable_seconds=1.5)
    study = generate_uid()
    send(orthanc, dynamic(study)[: 2 * SLICES])
    first = bench.becomes(study, State.READY)
    bench.score_it(study)  # whatever becomes of it
    send(orthanc, dynamic(study)[2 * SLICES : 2 * SLICES + 1])
    second = bench.becomes(study, State.READY)
    assert first.input_hash != second.input_hash, "with one more image it is another input"


def test_phases_that_the_images_promise_are_waited_for_and_then_done_without(
    orthanc: OrthancServer, watch: Watch
) -> None:
    bench = watch(stable_seconds=4.0)
    study = generate_uid()
    coarse = {"Rows": 8, "Columns": 8, "PixelSpacing": [40, 40], "PixelData": bytes(128)}
    promising = one_series((0, 200, 320, 440), SLICES, NumberOfTemporalPositions=5)
    send(orthanc, [instance_of(h, study, **coarse) for h in promising])
    eventually(lambda: bench.inputs(study) and bench.inputs(study)[0].reason)
    waiting = bench.inputs(study)[0]
    assert (waiting.state, waiting.code) == (State.RECEIVING, "phases-missing")
    assert bench.becomes(study, State.READY).reason == ""


def test_orthancs_own_word_that_a_study_is_stable_counts(tmp_path: Path) -> None:
    with OrthancServer(tmp_path / "orthanc", orthanc={"StableAge": 1}) as orthanc:
        bench = Bench(orthanc, tmp_path)
        study = generate_uid()
        send(orthanc, dynamic(study)[: 2 * SLICES])
        bench.becomes(study, State.READY)
        bench.stop()


def test_other_modalities_leave_no_trace(orthanc: OrthancServer, watch: Watch) -> None:
    bench = watch()
    study = generate_uid()
    headers = one_series((0,), 3, Modality="CT", SOPClassUID=CTImageStorage)
    send(orthanc, [instance_of(h, study) for h in headers])
    bench.has_read_all(orthanc)
    assert bench.inputs(study) == []


def test_results_of_ours_trigger_nothing(orthanc: OrthancServer, watch: Watch) -> None:
    bench = watch()
    study = generate_uid()
    send(orthanc, dynamic(study))
    bench.becomes(study, State.READY)
    bench.score_it(study)
    before = bench.reader.timeline(study)
    ours = {"SOPClassUID": SegmentationStorage, "Manufacturer": MANUFACTURER, "SeriesDescription": "ours 1"}
    segmentation = one_series((0,), 1, Modality="SEG", **ours)
    a_map = one_series((0,), 1, Modality="MR", Manufacturer=MANUFACTURER, SeriesDescription="ours 2")
    send(
        orthanc,
        [
            instance_of(h, study, SOPInstanceUID=generate_uid(), SeriesInstanceUID=generate_uid())
            for h in segmentation + a_map
        ],
    )
    bench.has_read_all(orthanc)
    time.sleep(1)
    assert [s.state for s in bench.inputs(study)] == [State.SCORED]
    assert bench.reader.timeline(study) == before


def manual_roi(study: str, how: str) -> bytes:
    """A Segmentation of a tumour by somebody else, as far as headers tell; `how` is its SegmentAlgorithmType."""
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel, segment.SegmentAlgorithmType = 1, "Tumour", how
    tags = {"SOPClassUID": SegmentationStorage, "Manufacturer": "Workstations & Co", "SegmentSequence": [segment]}
    (header,) = one_series((0,), 1, Modality="SEG", Rows=8, Columns=8, SeriesDescription=how, **tags)
    return instance_of(header, study, SOPInstanceUID=generate_uid(), SeriesInstanceUID=generate_uid())


def test_a_manual_roi_that_a_person_stores_is_a_new_input(orthanc: OrthancServer, watch: Watch) -> None:
    bench = watch()
    study = generate_uid()
    send(orthanc, dynamic(study))
    bench.becomes(study, State.READY)
    bench.score_it(study)
    send(orthanc, [manual_roi(study, "MANUAL")])
    bench.becomes(study, State.READY)
    bench.score_it(study)
    assert [s.state for s in bench.inputs(study)] == [State.SCORED, State.SUPERSEDED]


def test_another_programs_segmentation_is_nothing_to_do(orthanc: OrthancServer, watch: Watch) -> None:
    bench = watch()
    study = generate_uid()
    send(orthanc, dynamic(study))
    bench.becomes(study, State.READY)
    bench.score_it(study)
    send(orthanc, [manual_roi(study, "AUTOMATIC")])
    eventually(lambda: Event.NOTHING_TO_DO in [e.event for e in bench.reader.timeline(study)])
    assert [s.state for s in bench.inputs(study)] == [State.SCORED]


def test_a_study_that_comes_again_is_not_scored_again(orthanc: OrthancServer, watch: Watch) -> None:
    bench = watch()
    study = generate_uid()
    send(orthanc, dynamic(study))
    bench.becomes(study, State.READY)
    bench.score_it(study)
    # Deleted and sent anew: to Orthanc these are new instances.
    orthanc.http.delete(f"/studies/{bench.inputs(study)[0].orthanc_id}").raise_for_status()
    send(orthanc, dynamic(study))
    eventually(lambda: Event.NOTHING_TO_DO in [e.event for e in bench.reader.timeline(study)])
    assert [s.state for s in bench.inputs(study)] == [State.SCORED]


def test_late_images_are_a_new_input(orthanc: OrthancServer, watch: Watch) -> None:
    bench = watch()
    study = generate_uid()
    files = dynamic(study)
    send(orthanc, files[: 4 * SLICES])  # four phases are a study too
    bench.becomes(study, State.READY)
    bench.score_it(study)
    send(orthanc, files[4 * SLICES :])
    bench.becomes(study, State.READY)
    bench.score_it(study)
    assert [s.state for s in bench.inputs(study)] == [State.SCORED, State.SUPERSEDED]


def test_a_poke_is_answered_at_once_and_none_is_needed(orthanc: OrthancServer, watch: Watch) -> None:
    bench = watch(poll_seconds=NEVER_S)
    study = generate_uid()
    send(orthanc, dynamic(study))
    time.sleep(1)
    bench.watcher.poke()
    bench.becomes(study, State.READY)


# ------------------------------------------------------------------------------------------------ restarts and losses


def test_what_came_while_the_service_was_away_is_found(orthanc: OrthancServer, watch: Watch) -> None:
    watch().stop()
    study = generate_uid()
    send(orthanc, dynamic(study))
    watch().becomes(study, State.READY)


def test_the_first_start_looks_back_some_hours_and_no_further(
    orthanc: OrthancServer, watch: Watch, tmp_path: Path
) -> None:
    study = generate_uid()
    send(orthanc, dynamic(study))
    time.sleep(1.1)  # Orthanc notes whole seconds
    bench = watch()
    bench.has_read_all(orthanc)
    assert bench.inputs(study) == []
    (tmp_path / "other").mkdir()
    other = Bench(orthanc, tmp_path / "other", lookback_hours=1)
    other.becomes(study, State.READY)
    other.stop()


def test_orthanc_may_go_and_come_back(tmp_path: Path) -> None:
    with OrthancServer(tmp_path / "orthanc") as orthanc:
        bench = Bench(orthanc, tmp_path)
        study = generate_uid()
        send(orthanc, dynamic(study)[: 2 * SLICES])
        bench.has_read_all(orthanc)
        orthanc.kill()
        eventually(lambda: not bench.watcher.status.reachable)
        assert "cannot be reached" in bench.watcher.status.problem
        orthanc.start()
        send(orthanc, dynamic(study)[2 * SLICES :])
        bench.becomes(study, State.READY)
        assert bench.watcher.status.reachable
        bench.stop()


def test_a_study_that_orthanc_does_not_answer_for_holds_up_no_other(orthanc: OrthancServer, watch: Watch) -> None:
    slow, good = generate_uid(), generate_uid()
    with _Hesitating(orthanc, slow) as door:
        bench = watch(orthanc_url=door.url, orthanc_timeout_seconds=2.0)
        send(orthanc, dynamic(slow))
        eventually(lambda: bench.inputs(slow) and bench.inputs(slow)[0].reason)
        send(orthanc, dynamic(good))
        bench.becomes(good, State.READY)
    current = bench.inputs(slow)[0]
    assert (current.state, current.code) == (State.RECEIVING, "not-looked-at")
    assert current.reason == (
        "The study could not be inspected: Orthanc did not give its headers in time (ReadTimeout). It is tried again."
    )
    assert bench.watcher.status.reachable


def test_an_orthanc_whose_database_is_new_is_looked_at_anew(tmp_path: Path) -> None:
    with OrthancServer(tmp_path / "first") as old:
        bench = Bench(old, tmp_path)
        send(old, dynamic(generate_uid(), slices=20))
        bench.has_read_all(old)
        bench.stop()
    study = generate_uid()
    with OrthancServer(tmp_path / "second") as new:
        send(new, dynamic(study))  # fewer changes than the place that is remembered
        bench = Bench(new, tmp_path, lookback_hours=1)
        bench.becomes(study, State.READY)
        bench.stop()


def test_another_log_that_is_longer_is_told_by_what_stands_at_the_place(tmp_path: Path) -> None:
    with OrthancServer(tmp_path / "first") as old:
        bench = Bench(old, tmp_path)
        send(old, dynamic(generate_uid())[:1])
        bench.has_read_all(old)
        bench.stop()
    study = generate_uid()
    with OrthancServer(tmp_path / "second") as new:
        send(new, dynamic(study))
        time.sleep(0.5)
        bench = Bench(new, tmp_path, lookback_hours=1)
        bench.becomes(study, State.READY)
        assert bench.inputs(study)[0].instances == 0, "found by listing studies, not by reading on in the middle"
        bench.stop()


# ---------------------------------------------------------------------------------------------------------- the flood


def test_a_flood_of_instances_costs_a_few_requests(orthanc: OrthancServer) -> None:
    study = generate_uid()
    with _Counting(orthanc) as client:
        place = end_of_log(client)
        send(orthanc, dynamic(study, slices=60))
        client.requests = 0
        instances, pages = 0, 0
        while True:
            page = read_page(client, place, limit=100)
            instances += sum(a.instances for a in page.arrivals)
            place, pages = page.place, pages + 1
            if page.done:
                break
        assert instances == 300
        assert client.requests <= 3 * pages
        assert client.resources <= 2 * pages, "one instance leads to the others of its series"


def test_instances_of_many_series_are_each_of_their_own_study(orthanc: OrthancServer) -> None:
    """Read in turns, as modalities send that have several associations; one that was deleted meanwhile is passed over."""
    studies = [generate_uid() for _ in range(5)]
    with _Counting(orthanc) as client:
        place = end_of_log(client)
        sent = [orthanc.store(one) for some in zip(*map(dynamic, studies), strict=True) for one in some]
        orthanc.http.delete(f"/instances/{sent[0]['ID']}").raise_for_status()
        client.resources = 0
        page = read_page(client, place)
        found = {arrival.study_uid: arrival.instances for arrival in page.arrivals}
        whole = len(dynamic(studies[0]))
        assert found == {studies[0]: whole - 1, **dict.fromkeys(studies[1:], whole)}
        assert client.resources <= 20, "five studies, and a few more for finding them"


def test_studies_are_listed_by_their_last_change(orthanc: OrthancServer) -> None:
    study = generate_uid()
    send(orthanc, dynamic(study))
    with _Counting(orthanc) as client:
        now = datetime.now(UTC)
        recent = studies_changed_since(client, now - timedelta(minutes=1))
        assert study in {a.study_uid for a in recent}
        assert studies_changed_since(client, now + timedelta(minutes=1)) == []


class _Counting(OrthancClient):
    """Orthanc's client, with a count of what it asks."""

    def __init__(self, orthanc: OrthancServer) -> None:
        super().__init__(OrthancAddress(orthanc.url, orthanc.user, orthanc.password))
        self.requests = self.resources = 0

    def get(self, path: str, **query: Any) -> Any:
        self.requests += 1
        return super().get(path, **query)

    def post(self, path: str, json: Any = None, content: bytes | str | None = None) -> Any:
        self.requests += 1
        self.resources += len(json["Resources"]) if path == "/tools/bulk-content" else 0
        return super().post(path, json, content)


class _Hesitating:
    """A door before Orthanc, behind which questions about one study get no answer within some seconds."""

    def __init__(self, orthanc: OrthancServer, study: str) -> None:
        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if body == study.encode():
                    time.sleep(4)
                answer = orthanc.http.request(self.command, self.path, content=body)
                with contextlib.suppress(ConnectionError):
                    self.send_response(answer.status_code)
                    self.send_header("Content-Length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content)

            do_GET = do_POST = _pass_on  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> _Hesitating:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
