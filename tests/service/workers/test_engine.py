"""The engine with a real Dask cluster: refusals, faults, deaths, and the study after them."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import engine_tasks as tasks
import pytest
from orthanc_server import PATIENCE_S, at_leisure, eventually

from tilscope.models.refusals import REASONS
from tilscope.service.ledger import Arrival, Cursor, Ledger
from tilscope.service.ledger.queries import Reader, Study
from tilscope.service.ledger.states import Event, State
from tilscope.service.monitoring.metrics import Metrics
from tilscope.service.settings import ServiceSettings
from tilscope.service.workers.engine import Engine
from tilscope.service.workers.threads import PROCESSORS

Start = Callable[..., "Bench"]
ENDED = (State.SCORED, State.REFUSED, State.FAILED)


class Bench:
    """An engine on a ledger of its own."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.metrics = Metrics()
        values = {
            "data_directory": str(folder), "token": "t" * 16, "retry_seconds": 0.2, "attempts": 2, "quiet_seconds": 0.001,
            "worker_memory": "1GiB", "orthanc_url": f"http://folder{folder}", **settings,
        }  # fmt: skip
        self.settings = ServiceSettings.read(values)
        self.ledger = Ledger(self.settings.ledger_url)
        self.reader = Reader(self.ledger.reading)
        self.engine = Engine(self.ledger, self.settings, tasks.behave, self.metrics)
        self.engine.start()

    def give(self, *studies: str) -> None:
        self.ledger.receiving.arrived([Arrival(s, s, 1) for s in studies], Cursor(1))
        time.sleep(0.01)
        for found in self.ledger.receiving.to_examine(0.001, 0.001):
            self.ledger.receiving.settle(found, "hash-of-" + found.study_uid)
        self.engine.wake()

    def study(self, uid: str) -> Study:
        return self.reader.inputs(uid)[0]

    def ended(self, uid: str) -> Study:
        eventually(lambda: self.study(uid).state in ENDED, f"{uid} ends")
        return self.study(uid)

    def events(self, uid: str) -> list[str]:
        return [e.event for e in self.reader.timeline(uid)]

    def images_on_disk(self) -> list[Path]:
        """What workers have fetched and not removed."""
        return list((self.settings.folder / "workers").rglob(tasks.IMAGE))

    def worker_pid(self) -> int:
        """Of the process that scores a good study now."""
        self.give(tasks.GOOD)
        self.ended(tasks.GOOD)
        return int(self.answer(tasks.GOOD)["pid"])

    def answer(self, uid: str) -> dict[str, Any]:
        """Of a study that is scored."""
        work_id = self.study(uid).work_id
        return self.reader.results([work_id])[work_id]

    def stop(self) -> None:
        self.engine.stop()
        self.ledger.close()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One engine for all kinds of studies: none may spoil it for the next."""
    bench = Bench(tmp_path_factory.mktemp("engine"), worker_memory="600MB")
    yield bench
    bench.stop()


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One that ends what hangs; it leaves a good study the time to be scored on a busy machine."""
    bench = Bench(tmp_path_factory.mktemp("impatient"), timeout_seconds=5.0)
    yield bench
    bench.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Bench] = []

    def one(**settings: object) -> Bench:
        started.append(Bench(tmp_path, **settings))
        return started[-1]

    yield one
    for bench in started:
        bench.stop()


def test_a_study_is_scored_and_its_result_kept(bench: Bench) -> None:
    bench.give(tasks.GOOD)
    study = bench.ended(tasks.GOOD)
    assert (study.state, study.progress, study.attempts) == (State.SCORED, 1.0, 1)
    assert bench.reader.results([study.work_id])[study.work_id]["study_uid"] == tasks.GOOD
    # Counted once the ledger has it.
    eventually(lambda: b'tilscope_stage_seconds_sum{stage="segmenting"} 0.25' in bench.metrics.text(), "it is counted")


def test_a_refusal_is_an_answer_and_never_retried(bench: Bench) -> None:
    bench.give(tasks.REFUSED)
    study = bench.ended(tasks.REFUSED)
    assert (study.state, study.code, study.reason) == (
        State.REFUSED,
        "no-lesion",
        REASONS["no-lesion"].format(median=20.0, high=35.0),
    )
    time.sleep(0.5)
    assert bench.events(tasks.REFUSED).count(Event.STARTED) == 1


def test_a_fault_is_tried_again_with_a_pause_and_then_given_up(bench: Bench) -> None:
    bench.give(tasks.FAULTY)
    study = bench.ended(tasks.FAULTY)
    assert (study.state, study.code, study.attempts) == (State.FAILED, "exception", 2)
    assert study.reason.startswith(
        "An error that nobody foresaw ended the run while segmenting (ZeroDivisionError at engine_tasks.py:"
    )
    assert "voxels" not in study.reason, "what a library says is no sentence for people"
    line = {e.event: e.at for e in bench.reader.timeline(tasks.FAULTY)}
    assert line[Event.BACK_OFF_OVER] - line[Event.FAULTED] >= 0.2


def test_a_passing_fault_leaves_a_scored_study(bench: Bench) -> None:
    bench.give(tasks.SECOND_TIME)
    study = bench.ended(tasks.SECOND_TIME)
    assert (study.state, study.attempts, study.reason) == (State.SCORED, 2, "")
    assert Event.FAULTED in bench.events(tasks.SECOND_TIME)


def test_while_the_archive_is_away_studies_wait_and_use_up_no_attempt(start: Start) -> None:
    bench = start()
    bench.give(tasks.NO_ARCHIVE)
    eventually(lambda: bench.study(tasks.NO_ARCHIVE).state is State.WAITING, "it waits")
    study = bench.study(tasks.NO_ARCHIVE)
    assert (study.code, study.attempts) == ("archive-unreachable", 0)
    assert study.reason == "Orthanc could not be reached while segmenting: nobody answers at its address."
    bench.give(tasks.GOOD)
    eventually(lambda: bench.engine.status.outage and bench.engine.status.outage.waiting == 2, "both are counted")
    outage = bench.engine.status.outage
    assert outage is not None
    assert outage.sentence.startswith("Orthanc cannot be reached for reading: nobody answers at its address since ")
    assert outage.sentence.endswith("; 2 studies wait.")
    assert Event.STARTED not in bench.events(tasks.GOOD), "nothing is begun meanwhile"


@pytest.mark.slow
@pytest.mark.parametrize("poison", [tasks.DIES, tasks.KILLED])
def test_a_study_whose_worker_dies_each_time_fails_and_the_next_is_scored(bench: Bench, poison: str) -> None:
    bench.give(poison)
    before = bench.study(poison)
    good = f"2.{poison}"
    bench.give(good)
    assert bench.ended(good).state is State.SCORED
    study = bench.ended(poison)
    assert before.state is not State.FAILED
    assert (study.state, study.attempts, study.code) == (State.FAILED, 2, "worker-died")
    assert study.reason == "The worker process died while segmenting: it crashed or was killed."
    eventually(lambda: not bench.images_on_disk(), "no image of the patient is left on the disk")


@pytest.mark.slow
@pytest.mark.parametrize("poison", [tasks.HANGS, tasks.HOLDS_THE_LOCK])
def test_a_study_that_hangs_is_ended_and_the_next_is_scored(impatient: Bench, poison: str) -> None:
    impatient.give(poison)
    eventually(lambda: impatient.study(poison).state is State.RUNNING)
    eventually(impatient.images_on_disk, "it has fetched its images, into a folder of ours")
    good = f"2.{poison}"
    impatient.give(good)
    study = impatient.ended(poison)
    assert (study.state, study.code) == (State.FAILED, "timed-out")
    assert study.reason == "Scoring took longer than 5 s and was ended while segmenting."
    assert impatient.ended(good).state is State.SCORED
    eventually(lambda: not impatient.images_on_disk(), "no image of the patient is left on the disk")


@pytest.mark.slow
def test_a_study_that_eats_all_memory_is_ended_by_its_limit(bench: Bench) -> None:
    bench.give(tasks.EATS_MEMORY)
    study = bench.ended(tasks.EATS_MEMORY)
    assert (study.state, study.code) == (State.FAILED, "out-of-memory")
    assert "600MB" in study.reason
    faults = bench.metrics.text().decode()
    assert 'tilscope_faults_total{code="out-of-memory"} 2.0' in faults


def test_progress_is_seen_from_outside(bench: Bench) -> None:
    bench.give(tasks.SLOW)
    eventually(lambda: bench.study(tasks.SLOW).stage == "measuring" and bench.study(tasks.SLOW).progress > 0.5)
    assert bench.engine.status.running == (tasks.SLOW,)
    assert bench.ended(tasks.SLOW).state is State.SCORED


def test_studies_share_the_processors_while_more_than_one_is_there(start: Start) -> None:
    bench = start(workers=2)
    bench.give("1.100")
    bench.ended("1.100")
    assert bench.answer("1.100")["threads"] == PROCESSORS
    bench.give(tasks.SLOW)
    eventually(lambda: bench.study(tasks.SLOW).state is State.RUNNING)
    bench.give("1.101")
    bench.ended("1.101")
    assert bench.answer("1.101")["threads"] == max(1, PROCESSORS // 2)


def test_an_orderly_stop_leaves_the_study_ready_for_the_next_life(start: Start) -> None:
    bench = start()
    bench.give(tasks.HANGS)
    eventually(lambda: bench.study(tasks.HANGS).stage == "segmenting" and bench.images_on_disk())
    begin = time.monotonic()
    bench.engine.stop()
    assert time.monotonic() - begin < at_leisure(6)
    study = bench.study(tasks.HANGS)
    assert (study.state, study.attempts) == (State.READY, 0)
    assert bench.events(tasks.HANGS)[-1] == Event.INTERRUPTED
    assert bench.images_on_disk() == []


def test_a_stranger_on_this_machine_reaches_no_worker(bench: Bench) -> None:
    """Whoever reaches a Dask scheduler can have code run; a port of the loopback is open to every user."""
    host, port = bench.engine._dispatcher.cluster.client.scheduler.address.removeprefix("tls://").split(":")
    assert host == "127.0.0.1"
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host, int(port)), timeout=PATIENCE_S) as plain,
        anyone.wrap_socket(plain) as secured,
        pytest.raises(ssl.SSLError, match="certificate required"),
    ):
        secured.recv(1)  # TLS 1.3 tells of the missing certificate with the first read
    assert stat.S_IMODE((bench.settings.folder / "worker-tls").stat().st_mode) == 0o700


def test_a_worker_is_replaced_after_some_studies(start: Start) -> None:
    bench = start(studies_per_worker=1)
    pids = set()
    for uid in ("1.100", "1.101"):
        bench.give(uid)
        study = bench.ended(uid)
        assert (study.state, study.attempts) == (State.SCORED, 1)
        pids.add(bench.reader.results([study.work_id])[study.work_id]["pid"])
    assert len(pids) == 2


def test_the_log_of_a_worker_is_json_without_values(capfd: pytest.CaptureFixture[str], start: Start) -> None:
    bench = start(attempts=1)
    bench.give(tasks.FAULTY)
    bench.ended(tasks.FAULTY)
    bench.stop()
    text = capfd.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    said = {line["logger"]: line["message"] for line in lines}
    assert said["tilscope.service.scoring.score"] == "a word of ours"
    assert said["pydicom"].startswith("invalid value for %s [engine_tasks.py:")
    assert {"highdicom", "py.warnings"} <= said.keys()
    assert "Doe" not in text
    assert "no voxels" not in text
