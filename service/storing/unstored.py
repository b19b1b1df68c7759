"""Finished results that the archive did not take, on the disk until it does: no study is computed twice for its sake.

`DATA/unstored/STUDY/` holds the DICOM files in storing order, the pictures, and `result.json`, which names them all. A folder
gets its name when everything in it is on the disk, so whoever is killed leaves a whole result or none.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilscope.service.site.atomic_files import sync_folder

_MANIFEST = "result.json"
_FORMAT = 1
_UNFINISHED = "."


@dataclass(frozen=True)
class UnstoredPicture:
    """The pictures of one dynamic series: the sheet, and where in the patient they lie."""

    laterality: str
    png: bytes
    places: bytes | None


@dataclass(frozen=True)
class UnstoredResult:
    """What was computed from one input."""

    input_hash: str
    result: dict[str, Any]
    objects: tuple[bytes, ...]
    """DICOM files, in the order in which they are stored."""
    pictures: tuple[UnstoredPicture, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The result, as `models.result.StudyResult` writes itself."""
        return self.result


@dataclass(frozen=True)
class UnstoredResults:
    """All of them; plain values, so that it can travel to a worker process."""

    folder: Path
    at_most_bytes: int

    def keep(self, study_uid: str, finished: UnstoredResult) -> bool:
        """Keep it instead of an earlier one of this study; False where there is no room, or on a machine without our data."""
        if not self.folder.parent.is_dir():
            return False
        files = dict(_files_of(finished))
        others = sum(self._bytes_of(other) for other in self.studies() if other != study_uid)
        if others + sum(map(len, files.values())) > self.at_most_bytes:
            return False
        new = self.folder / f"{_UNFINISHED}{study_uid}.{os.getpid()}"
        shutil.rmtree(new, ignore_errors=True)
        try:
            new.mkdir(mode=0o700, parents=True)
            for name, content in files.items():
                _write(new / name, content)
            sync_folder(new)
            self.drop(study_uid)
            new.rename(self.folder / study_uid)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        sync_folder(self.folder)
        return True

    def of(self, study_uid: str) -> UnstoredResult | None:
        folder = self.folder / study_uid
        try:
            manifest = json.loads((folder / _MANIFEST).read_bytes())
        except FileNotFoundError:
            return None
        if manifest["format"] != _FORMAT:  # of another release: it is computed again
            return None
        return UnstoredResult(
            manifest["input_hash"],
            manifest["result"],
            tuple((folder / name).read_bytes() for name in manifest["objects"]),
            tuple(
                UnstoredPicture(
                    one["laterality"],
                    (folder / one["png"]).read_bytes(),
                    (folder / one["places"]).read_bytes() if one["places"] else None,
                )
                for one in manifest["pictures"]
            ),
        )

    def drop(self, study_uid: str) -> None:
        """It is stored, or holds no more."""
        # Renamed first: a folder that is half removed must not pass for a result.
        gone = self.folder / f"{_UNFINISHED}{study_uid}.gone"
        shutil.rmtree(gone, ignore_errors=True)
        try:
            (self.folder / study_uid).rename(gone)
        except FileNotFoundError:
            return
        shutil.rmtree(gone, ignore_errors=True)

    def studies(self) -> list[str]:
        """Whose results wait, the oldest first."""
        try:
            found = [(one.stat().st_mtime, one.name) for one in self.folder.iterdir() if one.name[0] != _UNFINISHED]
        except FileNotFoundError:
            return []
        return [name for _, name in sorted(found)]

    def keep_only(self, study_uids: Iterable[str]) -> None:
        """At the start: remove those of studies that nobody will store any more, and what a killed process has left."""
        for study_uid in set(self.studies()) - set(study_uids):
            self.drop(study_uid)
        for left in self.folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)

    def _bytes_of(self, study_uid: str) -> int:
        return sum(file.stat().st_size for file in (self.folder / study_uid).glob("*"))


def _files_of(finished: UnstoredResult) -> Iterable[tuple[str, bytes]]:
    """The manifest last."""
    objects = {f"object-{number:03d}.dcm": content for number, content in enumerate(finished.objects)}
    pictures = []
    yield from objects.items()
    for one in finished.pictures:
        png, places = f"picture-{one.laterality}.png", f"places-{one.laterality}.json"
        yield png, one.png
        if one.places is not None:
            yield places, one.places
        pictures.append({"laterality": one.laterality, "png": png, "places": places if one.places is not None else ""})
    manifest = {
        "format": _FORMAT,
        "input_hash": finished.input_hash,
        "result": finished.result,
        "objects": list(objects),
        "pictures": pictures,
    }
    yield _MANIFEST, json.dumps(manifest, ensure_ascii=False).encode()


def _write(path: Path, content: bytes) -> None:
    """For nobody else's eyes, and on the disk when it returns."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
