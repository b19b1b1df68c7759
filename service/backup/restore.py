"""Putting a backup in the place of a data directory: all of it or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from tilscope.models.refusals import BadInput
from tilscope.service.backup.manifest import MANIFEST_FILE, BackedUpFile, BackupManifest
from tilscope.service.ledger.tables import SCHEMA_VERSION
from tilscope.service.settings import LEDGER_FILE
from tilscope.service.single_instance import DataDirectoryLock
from tilscope.service.site.atomic_files import exchange, sync_folder

_PIECE = 2**20


def restore(file: Path, data: Path) -> Path | None:
    """Put the backup in the place of `data`; returns where the folder that was there is kept, None where there was none.

    Nothing is changed before every file has been compared with the manifest and the ledger has been checked. Raises
    `AlreadyRunning` where a service uses the folder, and `BadInput` with what is wrong with the backup.
    """
    data = data.resolve()  # a link to it stays as it is
    if data.is_mount():
        raise BadInput("cannot-exchange", folder=data)
    new = data.with_name(f".{data.name}.restored-{os.getpid()}")
    with _nobody_uses(data):
        shutil.rmtree(new, ignore_errors=True)
        try:
            _unpack(file, new)
            _check_ledger(new / LEDGER_FILE)
            _owned_as(data, new)
            return _put_in_place(new, data)
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _nobody_uses(data: Path) -> Iterator[None]:
    """The lock stays with the folder that was there: until the other has its place, no service starts."""
    lock = DataDirectoryLock(data, wait_s=0.0) if data.exists() else None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def read_manifest(file: Path) -> BackupManifest:
    with _opened(file) as tar:
        return _manifest(tar)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, OSError) as fault:
        if isinstance(fault, OSError) and fault.filename is not None and Path(fault.filename) != file:
            raise  # of the disk that is written to
        problem = "it cannot be read to its end" if file.is_file() else "it is not there"
        raise BadInput("unusable-backup", problem=problem) from fault


def _manifest(tar: tarfile.TarFile) -> BackupManifest:
    try:
        content = tar.extractfile(MANIFEST_FILE)
    except KeyError:
        content = None
    if content is None:
        raise BadInput("unusable-backup", problem="it has no manifest, which is written last: it is not whole")
    return BackupManifest.read(content.read())


def _unpack(file: Path, to: Path) -> None:
    to.mkdir(mode=0o700)
    with _opened(file) as tar:
        manifest = _manifest(tar)
        for name, expected in manifest.files.items():
            member = next((one for one in tar.getmembers() if one.name == name and one.isfile()), None)
            content = tar.extractfile(member) if member is not None else None
            if content is None:
                raise BadInput("unusable-backup", problem=f"{name} is missing")
            place = to / name
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _copy(content, place, name, expected)
    for name, target in manifest.links.items():
        (to / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (to / name).symlink_to(target)


def _copy(content: IO[bytes], place: Path, name: str, expected: BackedUpFile) -> None:
    digest, size = hashlib.sha256(), 0
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while (piece := content.read(_PIECE)) and size <= expected.size:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    if (size, digest.hexdigest()) != (expected.size, expected.sha256):
        raise BadInput("unusable-backup", problem=f"{name} is not as it was when the backup was made")


def _check_ledger(ledger: Path) -> None:
    try:
        with closing(sqlite3.connect(ledger)) as db:
            (sound,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            (version,) = db.execute("SELECT version FROM schema_version").fetchone()
    except (sqlite3.Error, TypeError):
        raise BadInput("unusable-backup", problem="its ledger is no ledger") from None
    if sound != "ok":
        raise BadInput("unusable-backup", problem="its ledger is damaged")
    if version > SCHEMA_VERSION:
        raise BadInput("unusable-backup", problem="a newer version of TILscope made it; install that version first")


def _owned_as(old: Path, new: Path) -> None:
    """Restored by root, it still belongs to whom the service runs as."""
    if os.geteuid() != 0 or not old.exists():
        return
    owner = old.stat()
    for path in (new, *new.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _put_in_place(new: Path, data: Path) -> Path | None:
    if not data.exists():
        new.rename(data)
        sync_folder(data.parent)
        return None
    aside = data.with_name(f"{data.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    if aside.exists():
        raise BadInput("unusable-backup", problem="another one was restored in this second; try again")
    exchange(new, data)
    new.rename(aside)
    sync_folder(data.parent)
    return aside
