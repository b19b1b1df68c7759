"""Writing into a site's folders so that whoever reads gets the old or the new content, whole, whenever we are killed."""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tilscope.service.site.model_manifest import read_manifest


def write_durably(path: Path, content: bytes) -> None:
    """Write to a file beside `path`, flush it to the disk, and only then give it its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def install_model(folder: Path, models: Path) -> None:
    """The model in `folder` as its signature's; it replaces what was there.

    A folder cannot be replaced in one step, a link to one can: `models/SIGNATURE` points to the folder with the files. The
    one that it pointed to before is kept until the next time, for those who read in it now; one that a person has put there
    is kept for good, under a hidden name.
    """
    manifest = read_manifest(folder)
    signature = manifest.signature
    models.mkdir(parents=True, exist_ok=True)
    with alone_in(models):
        place = models / signature
        kept = _pointed_to(place)
        target = models / f".{signature}-{manifest.sha256[:16]}-{os.getpid()}-{os.urandom(4).hex()}"
        for name in manifest.files:
            write_durably(target / name, (folder / name).read_bytes())
        by_hand = place.is_dir() and not place.is_symlink()
        link = _aside(place) if by_hand else models / f"{target.name}.link"
        link.symlink_to(target.name)
        if by_hand:
            exchange(link, place)
        else:
            link.replace(place)
        sync_folder(models)
        _sweep(models, signature, {target, *([kept] if kept else [])})


def remove_model(place: Path) -> None:
    """Remove it: at once for whoever reads, then its files. A folder that a person has put there is only hidden."""
    with alone_in(place.parent):
        if place.is_symlink():
            place.unlink()
        else:
            place.rename(_aside(place))
        sync_folder(place.parent)
        _sweep(place.parent, place.name, set())


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """A lock: two who install at once would sweep away each other's half-written files. It ends with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _aside(place: Path) -> Path:
    """A hidden name that `_sweep` leaves alone."""
    return place.with_name(f".by-hand-{place.name}-{os.urandom(4).hex()}")


def exchange(link: Path, folder: Path) -> None:
    """Exchange the names of the two in one step, where the system and the disk can (Linux)."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    here, both = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if rename is not None and rename(here, os.fsencode(link), here, os.fsencode(folder), both) == 0:
        return
    # In two, the shortest way: whoever is killed between them finds the folder under its hidden name.
    new = link.with_name(f".{folder.name}-{os.urandom(4).hex()}.link")
    link.rename(new)
    folder.rename(link)
    new.rename(folder)


def _pointed_to(place: Path) -> Path | None:
    return place.parent / os.readlink(place) if place.is_symlink() else None


def _sweep(models: Path, signature: str, kept: Iterable[Path]) -> None:
    """Remove the folders and links of earlier installations, including those that were killed."""
    links = {path for path in models.glob(f".by-hand-{signature}-*") if path.is_symlink()}
    for left in (links | set(models.glob(f".{signature}-*"))) - set(kept):
        if left.is_symlink():
            left.unlink(missing_ok=True)
        else:
            shutil.rmtree(left, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Flush the folder's list of names to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
