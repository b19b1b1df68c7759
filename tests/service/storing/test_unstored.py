"""Finished results on the disk: whole or not there, for nobody else's eyes, and never more than there is room for."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tilscope.service.storing.unstored import UnstoredPicture, UnstoredResult, UnstoredResults

FINISHED = UnstoredResult(
    "an input",
    {"study_uid": "1.1"},
    (b"first object", b"second object"),
    (UnstoredPicture("L", b"a sheet", b"[]"), UnstoredPicture("R", b"another", None)),
)


@pytest.fixture
def unstored(tmp_path: Path) -> UnstoredResults:
    return UnstoredResults(tmp_path / "unstored", 1000)


def test_what_is_kept_comes_back_as_it_was(unstored: UnstoredResults) -> None:
    assert unstored.of("1.1") is None
    assert unstored.keep("1.1", FINISHED)
    assert unstored.of("1.1") == FINISHED
    unstored.drop("1.1")
    unstored.drop("1.1")
    assert (unstored.of("1.1"), unstored.studies()) == (None, [])


def test_it_is_for_nobody_elses_eyes(unstored: UnstoredResults) -> None:
    before = os.umask(0)
    try:
        unstored.keep("1.1", FINISHED)
    finally:
        os.umask(before)
    files = list((unstored.folder / "1.1").iterdir())
    assert len(files) == 6
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((unstored.folder / "1.1").stat().st_mode) == 0o700


def test_a_newer_result_of_the_study_takes_the_place_of_the_older(unstored: UnstoredResults) -> None:
    unstored.keep("1.1", FINISHED)
    newer = UnstoredResult("another input", {}, (b"only object",))
    assert unstored.keep("1.1", newer)
    assert unstored.of("1.1") == newer


def test_there_is_room_for_so_much_and_what_is_there_stays(unstored: UnstoredResults) -> None:
    assert unstored.keep("1.1", FINISHED)
    assert not unstored.keep("1.2", UnstoredResult("an input", {}, (bytes(700),)))
    assert unstored.keep("1.1", UnstoredResult("an input", {}, (bytes(700),))), "the older one makes room"
    assert unstored.studies() == ["1.1"]


def test_on_a_machine_without_the_data_directory_nothing_is_left(tmp_path: Path) -> None:
    assert not UnstoredResults(tmp_path / "elsewhere" / "unstored", 1000).keep("1.1", FINISHED)
    assert list(tmp_path.iterdir()) == []


def test_at_the_start_only_what_will_be_stored_is_left(unstored: UnstoredResults) -> None:
    unstored.keep("1.1", FINISHED)
    unstored.keep("1.2", UnstoredResult("an input", {}, (b"x",)))
    (unstored.folder / ".1.3.77").mkdir()
    unstored.keep_only(["1.2", "1.4"])
    assert [one.name for one in unstored.folder.iterdir()] == ["1.2"]


def test_one_of_another_release_is_computed_again(unstored: UnstoredResults) -> None:
    unstored.keep("1.1", FINISHED)
    manifest = unstored.folder / "1.1" / "result.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    assert unstored.of("1.1") is None


def test_whenever_it_is_killed_a_whole_result_is_there_or_none(unstored: UnstoredResults) -> None:
    writer = """
import sys
from pathlib import Path
from tilscope.service.storing.unstored import UnstoredResult, UnstoredResults
unstored = UnstoredResults(Path(sys.argv[1]), 10**6)
for n in range(10**6):
    unstored.keep("1.1", UnstoredResult(str(n), {"n": n}, (str(n).encode(),) * 3))
    print(n, flush=True)
"""
    for life in range(5):
        command = [sys.executable, "-c", writer, str(unstored.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(3 + 7 * life):
                process.stdout.readline()
            process.kill()
        if (found := unstored.of("1.1")) is not None:
            assert found.objects == (found.input_hash.encode(),) * 3
            assert found.result == {"n": int(found.input_hash)}
