"""A backup that is made while others write is whole, and what is restored is it or nothing."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kept_results import Clock, keep_scored, til
from typer.testing import CliRunner

from tilscope.models.refusals import BadInput
from tilscope.service.backup.backup import back_up
from tilscope.service.backup.restore import restore
from tilscope.service.cli import app
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.queries import Reader
from tilscope.service.settings import LEDGER_FILE
from tilscope.service.single_instance import LOCK_FILE, DataDirectoryLock
from tilscope.service.terminal.exit_codes import CannotGoOn


def opened(data: Path) -> Ledger:
    return Ledger(f"sqlite:///{data / LEDGER_FILE}", Clock())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory as a service leaves it, with a model that was installed and a file that was half written."""
    data = tmp_path / "data"
    data.mkdir()
    ledger = opened(data)
    keep_scored(ledger, "1.1", til(25.0))
    ledger.annotations.link_patient("1.1", "PID-1")
    ledger.close()
    installed = data / "models" / ".han2024-0123-1-abcd"
    installed.mkdir(parents=True)
    (installed / "forest.skops").write_bytes(os.urandom(3000))
    (data / "models" / "han2024").symlink_to(installed.name)
    (data / "references").mkdir()
    (data / "references" / "wu2018.json").write_text("{}")
    (data / "references" / ".wu2018.json.77.new").write_text("half")
    (data / "site-rules.toml").write_text("[[rule]]\n")
    (data / "workers").mkdir()
    (data / "workers" / "scratch").write_text("of a study")
    (data / "service.lock").write_text("1")
    return data


def contents(data: Path) -> dict[str, bytes]:
    """All but the ledger, whose bytes differ in a copy, and the lock, which says who had it last."""
    return {
        path.relative_to(data).as_posix(): path.read_bytes()
        for path in sorted(data.rglob("*"))
        if path.is_file() and not path.name.startswith((LEDGER_FILE, LOCK_FILE))
    }


def test_what_is_restored_is_what_was_backed_up_and_the_old_folder_is_kept(data: Path, tmp_path: Path) -> None:
    manifest = back_up(data, tmp_path / "backup.tar.gz")
    assert sorted(manifest.files) == [
        LEDGER_FILE, "models/.han2024-0123-1-abcd/forest.skops", "patient.key", "references/wu2018.json", "site-rules.toml"
    ]  # fmt: skip
    assert manifest.links == {"models/han2024": ".han2024-0123-1-abcd"}
    assert (tmp_path / "backup.tar.gz").stat().st_mode & 0o777 == 0o600
    before = contents(data)
    later = opened(data)
    keep_scored(later, "1.2")
    later.close()
    (data / "site-rules.toml").write_text("spoilt")

    aside = restore(tmp_path / "backup.tar.gz", data)
    left_out = {"references/.wu2018.json.77.new", "workers/scratch"}
    assert contents(data) == {name: content for name, content in before.items() if name not in left_out}
    assert (data / "models" / "han2024").is_symlink()
    ledger = opened(data)
    assert [s.study_uid for s in Reader(ledger.reading).current()[0]] == ["1.1"]
    assert ledger.purging.studies_of("PID-1") == ["1.1"], "the key came with it"
    ledger.close()
    assert aside is not None
    assert (aside / "site-rules.toml").read_text() == "spoilt"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["backup.tar.gz", "data", aside.name])


def test_a_backup_may_be_restored_where_nothing_is(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup.tar.gz")
    assert restore(tmp_path / "backup.tar.gz", tmp_path / "elsewhere") is None
    assert (tmp_path / "elsewhere" / "site-rules.toml").exists()


def test_a_link_to_the_folder_stays_one(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup.tar.gz")
    link = tmp_path / "link"
    link.symlink_to(data)
    aside = restore(tmp_path / "backup.tar.gz", link)
    assert link.readlink() == data
    assert aside is not None
    assert aside.name.startswith("data.before-")


def test_a_backup_is_of_one_moment_while_others_write(data: Path, tmp_path: Path) -> None:
    """Two rows are always written together: a copy that is torn would hold one of them."""
    ledger = data / LEDGER_FILE
    with sqlite3.connect(ledger) as db:
        db.executescript("CREATE TABLE pairs (n INTEGER, filler BLOB);")
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        with sqlite3.connect(ledger, timeout=30) as db:
            db.execute("PRAGMA synchronous = OFF")
            while not stop.is_set():
                db.executemany("INSERT INTO pairs VALUES (?, randomblob(5000))", [(1,), (2,)])
                db.commit()
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait()
    for n in range(3):
        back_up(data, tmp_path / f"{n}.tar.gz")
    stop.set()
    writer.join()
    for n in range(3):
        restore(tmp_path / f"{n}.tar.gz", tmp_path / f"restored-{n}")
        with sqlite3.connect(tmp_path / f"restored-{n}" / LEDGER_FILE) as db:
            ones, twos = (db.execute("SELECT count(*) FROM pairs WHERE n = ?", (k,)).fetchone()[0] for k in (1, 2))
        assert ones == twos > 0


def test_a_restore_is_refused_while_a_service_uses_the_folder(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup.tar.gz")
    before = contents(data)
    lock = DataDirectoryLock(data)
    try:
        with pytest.raises(CannotGoOn, match="Another TILscope service"):
            typed("restore", tmp_path / "backup.tar.gz", data)
    finally:
        lock.release()
    assert contents(data) == before
    typed("restore", tmp_path / "backup.tar.gz", data)


def typed(command: str, file: Path, data: Path) -> dict[str, Any]:
    words = [command, str(file), "--data", str(data), "--json"]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def altered(backup: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """The same archive with members changed, or left out."""
    with tarfile.open(backup) as tar:
        members = [(m.name, f.read()) for m in tar.getmembers() if (f := tar.extractfile(m)) is not None]
    with tarfile.open(backup, "w:gz") as tar:
        for name, content in members:
            new = change(name, content)
            if new is not None:
                member = tarfile.TarInfo(name)
                member.size = len(new)
                tar.addfile(member, io.BytesIO(new))


def _renamed(manifest: bytes, old: str, new: str) -> bytes:
    return manifest.replace(f'"{old}"'.encode(), f'"{new}"'.encode())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda name, content: None if name == "manifest.json" else content, "it has no manifest"),
        (lambda name, content: None if name == "site-rules.toml" else content, "site-rules.toml is missing"),
        (lambda name, content: content + b"x" if name == "site-rules.toml" else content, "is not as it was"),
        (lambda name, content: content[:-1] if name == "patient.key" else content, "is not as it was"),
        (lambda name, content: _renamed(content, "site-rules.toml", "../site-rules.toml"), "outside the data directory"),
        (lambda name, content: _renamed(content, "site-rules.toml", "/site-rules.toml"), "outside the data directory"),
        (lambda name, content: _renamed(content, ".han2024-0123-1-abcd", "../../etc"), "points outside its folder"),
        (lambda name, content: content.replace(b'"form": 1', b'"form": 2'), "in a form not known here"),
        (lambda name, content: _renamed(content, LEDGER_FILE, "a.sqlite"), "there is no ledger in it"),
    ],
)  # fmt: skip
def test_a_spoilt_backup_changes_nothing(
    data: Path, tmp_path: Path, change: Callable[[str, bytes], bytes | None], why: str
) -> None:
    backup = tmp_path / "backup.tar.gz"
    back_up(data, backup)
    altered(backup, change)
    before = contents(data)
    with pytest.raises(BadInput, match=why):
        restore(backup, data)
    assert contents(data) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar.gz", "data"]


def test_half_a_backup_and_none_at_all(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.tar.gz"
    with pytest.raises(BadInput, match="it is not there"):
        restore(backup, data)
    back_up(data, backup)
    backup.write_bytes(backup.read_bytes()[:2000])
    with pytest.raises(BadInput, match="to its end"):
        restore(backup, data)


def test_a_backup_of_a_newer_version_is_refused(data: Path, tmp_path: Path) -> None:
    with sqlite3.connect(data / LEDGER_FILE) as db:
        db.execute("UPDATE schema_version SET version = 99")
    back_up(data, tmp_path / "backup.tar.gz")
    with pytest.raises(BadInput, match="a newer version"):
        restore(tmp_path / "backup.tar.gz", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_a_backup_that_cannot_be_made_leaves_the_earlier_one(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.tar.gz"
    back_up(data, backup)
    before = backup.read_bytes()
    with pytest.raises(BadInput, match="give a file elsewhere"):
        back_up(data, data / "backup.tar.gz")
    (data / LEDGER_FILE).unlink()
    with pytest.raises(BadInput, match="There is no ledger"):
        back_up(data, backup)
    assert backup.read_bytes() == before


def test_the_settings_are_in_it_where_they_are_in_a_file(data: Path, tmp_path: Path) -> None:
    settings = tmp_path / "tilscope.json"
    settings.write_text(json.dumps({"data_directory": str(data), "token": "a token for the tests"}))
    words = ["backup", str(tmp_path / "b.tar.gz"), "--settings", str(settings), "--json"]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert "settings.json" in json.loads(done.stdout)["files"]
