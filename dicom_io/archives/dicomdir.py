"""A DICOMDIR: the table of contents of a CD or of an export. It names the files; their own headers say what they are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pydicom

from tilscope.dicom_io.files import broken_told

NAME = "DICOMDIR"


def is_dicomdir(path: Path) -> bool:
    return path.name.upper() == NAME


def files_of_dicomdir(path: Path) -> tuple[list[Path], list[Path]]:
    """The files that it names and that are there, and those that are missing.

    The standard writes names in capitals (PS3.10 8.2); many systems have copied them in small letters.
    """
    with broken_told(path.name):
        records = pydicom.dcmread(path, stop_before_pixels=True).DirectoryRecordSequence
        named = [_parts(record.ReferencedFileID) for record in records if record.get("ReferencedFileID")]
    found: list[Path] = []
    missing: list[Path] = []
    names: dict[Path, dict[str, Path]] = {}
    for parts in named:
        place = path.parent
        for part in parts:
            if place not in names:
                names[place] = {one.name.upper(): one for one in place.iterdir()} if place.is_dir() else {}
            place = names[place].get(part.upper(), place / part)
        (found if place.is_file() else missing).append(place)
    return found, missing


def _parts(file_id: str | Iterable[str]) -> list[str]:
    """Components of a path. One that leads out of the folder is no file ID."""
    parts = [file_id] if isinstance(file_id, str) else list(map(str, file_id))
    if any(part in ("..", ".") or "/" in part or "\\" in part for part in parts):
        raise ValueError(f"the file ID {parts} leads elsewhere")
    return parts
