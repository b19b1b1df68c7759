"""Putting things into a site's folders so that whoever reads finds the old or the new, whole, whenever we are killed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from service.model_manifest import MANIFEST, MODEL, read_manifest


def write_durably(path: Path, content: bytes) -> None:
    """Beside its place, on the disk, and only then under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync(path.parent)


def install_model(folder: Path, models: Path) -> None:
    """The model in `folder` as its signature's; it replaces what was there.

    A folder cannot be replaced in one step, a link to one can: `models/SIGNATURE` points to the folder with the files. The
    one that it pointed to before is kept until the next time, for those who read in it now.
    """
    manifest = read_manifest(folder)
    place = models / manifest.signature
    kept = _pointed_to(place)
    target = models / f".{manifest.signature}-{manifest.sha256[:16]}-{os.getpid()}-{os.urandom(4).hex()}"
    for name in (MODEL, MANIFEST):
        write_durably(target / name, (folder / name).read_bytes())
    link = models / f"{target.name}.link"
    link.symlink_to(target.name)
    if place.is_dir() and not place.is_symlink():  # put there by hand
        place.rename(models / f".{manifest.signature}-by-hand-{os.urandom(4).hex()}")
    link.replace(place)
    _sync(models)
    _sweep(models, manifest.signature, {target, *([kept] if kept else [])})


def remove_model(place: Path) -> None:
    """Take it away: at once for who looks, then its files."""
    if place.is_symlink():
        place.unlink()
    else:
        place.rename(place.with_name(f".{place.name}-removed-{os.urandom(4).hex()}"))
    _sync(place.parent)
    _sweep(place.parent, place.name, set())


def _pointed_to(place: Path) -> Path | None:
    return place.parent / os.readlink(place) if place.is_symlink() else None


def _sweep(models: Path, signature: str, kept: Iterable[Path]) -> None:
    """What earlier installations, also those that were killed, have left."""
    for left in set(models.glob(f".{signature}-*")) - set(kept):
        if left.is_symlink():
            left.unlink(missing_ok=True)
        else:
            shutil.rmtree(left, ignore_errors=True)


def _sync(folder: Path) -> None:
    """The names in it, too, are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
