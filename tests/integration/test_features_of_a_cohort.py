"""`tilscope features` as a program: in worker processes, killed in the middle, out of a real archive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cohort_of_phantoms as cohort
import psutil
import pyarrow.parquet as pq
import pytest
from cohort_of_phantoms import features_of, patient, rows_by_patient
from orthanc_server import PATIENCE_S, OrthancServer, eventually

pytestmark = pytest.mark.slow

TILSCOPE = Path(sys.executable).with_name("tilscope")
SETS = ("--set", "wu2018", "--set", "fan2023")
DONE, FAULT, INTERRUPTED = 0, 1, 130
AROUND_THE_WORKERS = {"workers", "worker-tls", "service.lock"}


def command(place: object, out: Path, *words: str) -> list[str]:
    return [str(TILSCOPE), "features", str(place), "--out", str(out), *SETS, *words]


def run(place: object, out: Path, *words: str, ends: int = DONE) -> Any:
    """The JSON summary of a run that ends as expected."""
    done = subprocess.run([*command(place, out, *words), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == ends, done.stdout + done.stderr
    return json.loads(done.stdout)


class Running:
    """A run with two workers that something is going to happen to."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.out = out
        self.parts = out.with_name(f"{out.name}.parts")
        self._log = out.with_suffix(".log").open("wb")
        self.process = subprocess.Popen(
            command(folder, out, "--workers", "2"),
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            # Started in the background, a shell's child ignores Ctrl-C, and so would this one.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.seen: dict[int, psutil.Process] = {}

    def finished(self) -> list[Path]:
        return list(self.parts.glob("*.json.gz"))

    def workers(self) -> list[psutil.Process]:
        """Processes of Dask that hold a study; each has a folder for its files."""
        pids = [int(folder.name.removeprefix("files-of-")) for folder in self.parts.glob("workers/files-of-*")]
        for pid in pids:
            if psutil.pid_exists(pid):
                self.seen.setdefault(pid, psutil.Process(pid))
        return [one for pid, one in self.seen.items() if pid in pids and one.is_running()]

    def ended(self) -> int:
        code = self.process.wait(2 * PATIENCE_S)
        self._log.close()
        return code

    def nobody_is_left(self) -> bool:
        return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in self.seen.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    specs = (cohort.FOUR_POSTS, cohort.THREE_POSTS, cohort.WITHOUT_LESION)
    return cohort.write_cohort(tmp_path_factory.mktemp("cohort"), *specs)


@pytest.fixture(scope="module")
def expected(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table made in one process."""
    out = tmp_path_factory.mktemp("expected") / "features.parquet"
    run(folder, out, "--workers", "1")
    return out


def same(one: Path, other: Path, but: Sequence[str] = ()) -> bool:
    tables = (features_of(pq.read_table(path)).drop_columns(list(but)) for path in (one, other))
    return bool(next(tables).equals(next(tables)))


@pytest.fixture
def start(folder: Path, tmp_path: Path) -> Iterator[Callable[[], Running]]:
    begun: list[Running] = []

    def one() -> Running:
        begun.append(Running(folder, tmp_path / "features.parquet"))
        return begun[-1]

    yield one
    for running in begun:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def test_workers_make_the_same_table(folder: Path, expected: Path, tmp_path: Path) -> None:
    out = tmp_path / "features.parquet"
    assert run(folder, out, "--workers", "2")["rows"] == {"measured": 2, "refused": 1, "failed": 0}
    assert same(out, expected)
    assert {path.name for path in (tmp_path / "features.parquet.parts").iterdir() if path.suffix != ".gz"} <= {
        *AROUND_THE_WORKERS
    }


def test_one_study_is_shared_by_two_processes_and_the_numbers_are_the_same(
    folder: Path, expected: Path, tmp_path: Path
) -> None:
    out = tmp_path / "features.parquet"
    assert run(folder / "patient 1", out, "--workers", "2")["studies"] == 1
    (row,) = rows_by_patient(out).values()
    measured = rows_by_patient(expected)[patient(1)]
    assert {name: row[name] for name in row if "/" in name} == {
        name: measured[name] for name in measured if "/" in name
    }


def test_a_run_that_was_killed_goes_on_where_it_was(
    start: Callable[[], Running], folder: Path, expected: Path, tmp_path: Path
) -> None:
    running = start()
    eventually(running.workers, "workers have begun")
    eventually(running.finished, "a study is finished")
    running.workers()
    os.kill(running.process.pid, signal.SIGKILL)
    assert running.ended() == -signal.SIGKILL
    eventually(running.nobody_is_left, "the workers end with it")
    assert not running.out.exists()
    summary = run(folder, running.out, "--workers", "1")
    assert summary["kept"] >= 1
    assert same(running.out, expected)


def test_ctrl_c_leaves_no_process_and_no_image(start: Callable[[], Running]) -> None:
    running = start()
    # On a busy machine the second may begin when nothing is left to do.
    eventually(running.workers, "workers have begun")
    os.killpg(running.process.pid, signal.SIGINT)  # as a terminal does: to all of them
    assert running.ended() == INTERRUPTED
    eventually(running.nobody_is_left, "the workers end with it")
    assert not (running.parts / "workers").exists()
    assert b"Traceback" not in running.out.with_suffix(".log").read_bytes()


def test_a_worker_that_dies_costs_one_study_and_the_next_run_measures_it(
    start: Callable[[], Running], folder: Path, expected: Path
) -> None:
    running = start()
    eventually(running.workers, "workers have begun")
    log = running.out.with_suffix(".log")
    eventually(lambda: b"0 of 3" in log.read_bytes(), "it says how far it is")
    eventually(lambda: b"1 of 3" in log.read_bytes(), "a study has ended")
    victim = max(running.workers(), key=lambda worker: sum(worker.cpu_times()[:2]))
    os.kill(victim.pid, signal.SIGKILL)
    assert running.ended() == FAULT
    failed = [row for row in pq.read_table(running.out).to_pylist() if row["state"] == "failed"]
    assert [row["code"] for row in failed] == ["worker-died"]
    assert str(failed[0]["reason"]).startswith("The worker process died while ")
    again = run(folder, running.out, "--workers", "1")
    assert again["kept"] == 2
    assert same(running.out, expected)


def test_a_study_that_takes_too_long_is_a_row_and_not_the_end(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "features.parquet"
    summary = run(folder / "patient 1", out, "--workers", "2", "--timeout-minutes", "0.01", ends=FAULT)
    assert summary["rows"] == {"measured": 0, "refused": 0, "failed": 1}
    (row,) = pq.read_table(out).to_pylist()
    assert row["code"] == "extraction-timed-out"
    assert str(row["reason"]).startswith("Measuring the features took longer than 0.6 s and was ended while ")


@pytest.fixture(scope="module")
def orthanc(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    with OrthancServer(tmp_path_factory.mktemp("orthanc")) as running:
        for path in sorted(folder.glob("*/dicom")):
            running.c_store(path)
        yield running


@pytest.mark.parametrize("address", ["orthanc+{url}", "dicomweb+{url}/dicom-web"])
def test_an_archive_gives_the_table_that_the_folder_gives(
    address: str, orthanc: OrthancServer, expected: Path, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text(orthanc.password)
    out = tmp_path / "features.parquet"
    enter = ("--user", orthanc.user, "--password-file", str(password))
    summary = run(address.format(url=orthanc.url), out, "--workers", "1", *enter)
    assert summary["studies"] == 3
    # Orthanc tells digests of the images, and they are in the name of what was measured; a folder tells none.
    assert same(out, expected, but=("measurement_hash",))
    assert run(address.format(url=orthanc.url), out, "--workers", "1", *enter)["kept"] == 3
