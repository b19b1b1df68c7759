"""Files that somebody gives, read only as far as they can be what they are said to be: sizes before content."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

#: Far beyond what they hold: a manifest with its card is some kB, a forest of a thousand trees some ten MB, in as many
#: thousand parts.
LONGEST_MANIFEST = 2**20
LONGEST_MODEL = 128 * 2**20
_MOST_UNPACKED = 512 * 2**20
_MOST_PARTS = 50_000


class TooLong(OSError):
    """A file is longer than anything that it could be. An `OSError`, since like one it keeps the file from being read."""


def read_at_most(path: Path, most: int) -> bytes:
    """The content of a file. What is longer than `most` bytes is not held in memory."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size > most:
            raise TooLong(f"it is longer than {most} bytes")
        return file.read()


def why_not_unpacked(packed: bytes) -> str:
    """What speaks against unpacking a zip archive, by its table of contents alone; '' for nothing."""
    try:
        with ZipFile(BytesIO(packed)) as archive:
            parts = archive.infolist()
    except (BadZipFile, NotImplementedError, ValueError):
        return ""  # it is no archive, and whoever takes it for one will say so
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED:
        return f"its {len(parts)} parts would take {unpacked / 1e6:.0f} MB unpacked, more than a forest can"
    if len({part.filename for part in parts}) < len(parts):
        return "two of its parts have the same name"
    strange = next((part.filename for part in parts if not _lies_inside(part.filename)), None)
    return f"its part {strange[:80]!r} would lie outside it" if strange is not None else ""


def _lies_inside(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.is_absolute() and ".." not in path.parts
