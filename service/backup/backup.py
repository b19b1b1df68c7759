"""Making a backup of a data directory whose service may be running."""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from tilscope.models import PIPELINE_VERSION
from tilscope.models.refusals import BadInput
from tilscope.service.backup.manifest import MANIFEST_FILE, BackedUpFile, BackupManifest
from tilscope.service.settings import LEDGER_FILE
from tilscope.service.single_instance import LOCK_FILE
from tilscope.service.site.atomic_files import alone_in, sync_folder

#: Made anew at every start; and the ledger itself, of which SQLite makes a copy.
_LEFT_OUT = {LOCK_FILE, "workers", "worker-tls", LEDGER_FILE, f"{LEDGER_FILE}-wal", f"{LEDGER_FILE}-shm"}
#: In the place of the service's own settings, where these are in a file.
SETTINGS_FILE = "settings.json"


def back_up(data: Path, to: Path, settings_file: Path | None = None) -> BackupManifest:
    """Write all of the data directory that would be missed into one file, which replaces an earlier one when it is whole.

    The ledger is copied as it is at one moment; references, models and rules as they are shortly after.
    """
    if not (data / LEDGER_FILE).is_file():
        raise BadInput("no-ledger", folder=data)
    if to.absolute().is_relative_to(data.absolute()):
        raise BadInput("backup-inside", folder=data)
    new = to.with_name(f".{to.name}.{os.getpid()}.new")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds what is known of patients
        with os.fdopen(handle, "wb") as written:
            manifest = _write(data, written, settings_file)
            written.flush()
            os.fsync(written.fileno())
        new.replace(to)
        sync_folder(to.absolute().parent)
    finally:
        new.unlink(missing_ok=True)
    return manifest


def _write(data: Path, to: IO[bytes], settings_file: Path | None) -> BackupManifest:
    files: dict[str, BackedUpFile] = {}
    links: dict[str, str] = {}
    models = data / "models"
    with (
        tarfile.open(fileobj=to, mode="w:gz") as tar,
        tempfile.TemporaryDirectory(prefix="tilscope-") as folder,
        alone_in(models) if models.is_dir() else nullcontext(),
    ):
        ledger = Path(folder) / LEDGER_FILE
        _copy_ledger(data / LEDGER_FILE, ledger)
        files[LEDGER_FILE] = _add(tar, LEDGER_FILE, ledger)
        for name, path in _contents(data):
            with suppress(FileNotFoundError):  # removed in this moment
                if path.is_symlink():
                    links[name] = os.readlink(path)
                else:
                    files[name] = _add(tar, name, path)
        if settings_file is not None:
            files[SETTINGS_FILE] = _add(tar, SETTINGS_FILE, settings_file)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = BackupManifest(tilscope=PIPELINE_VERSION, made_at=made_at, files=files, links=links)
        content = manifest.model_dump_json(indent=2).encode()
        tar.addfile(_member(MANIFEST_FILE, len(content)), io.BytesIO(content))
    return manifest


def _copy_ledger(ledger: Path, to: Path) -> None:
    """By SQLite's own interface: whoever writes meanwhile is neither held up nor copied in part."""
    with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)
        # One file by itself: the copy shall not need a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")


def _contents(data: Path) -> Iterator[tuple[str, Path]]:
    """Everything else that lies there, by its name; no link is followed."""
    for folder, folders, names in os.walk(data):
        here = Path(folder)
        if here == data:
            folders[:] = [name for name in folders if name not in _LEFT_OUT]
            names = [name for name in names if name not in _LEFT_OUT]
        links = [name for name in folders if (here / name).is_symlink()]
        for path in (here / name for name in sorted([*names, *links])):
            half_written = path.name.startswith(".") and path.name.endswith(".new")
            if not half_written and (path.is_symlink() or path.is_file()):
                yield path.relative_to(data).as_posix(), path


def _add(tar: tarfile.TarFile, name: str, path: Path) -> BackedUpFile:
    """Files are replaced and never changed (`atomic_files`), so one that is open stays as it is."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        tar.addfile(_member(name, size), file)
    return BackedUpFile(sha256=digest, size=size)


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    member.mtime = int(datetime.now(UTC).timestamp())
    return member
