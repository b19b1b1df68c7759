"""Studies in zip archives, as scanners' portals and public collections hand them out: found by their headers, unpacked one at a time.

A cohort of zips is larger than a disk unpacked: what is kept is where each file lies, and a study is unpacked while it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from shutil import copyfileobj
from zipfile import BadZipFile, ZipFile, ZipInfo

from tilscope.dicom_io.files import PREAMBLE, study_in

#: No DICOM file of a breast is longer; a part that says so is not what it seems.
_LONGEST = 8 * 2**30
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class ZippedFile:
    """A DICOM file inside a zip archive."""

    archive: Path
    name: str


def is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def zipped_studies(path: Path) -> Iterator[tuple[ZippedFile, str]]:
    """Each DICOM file of a zip archive with its Study Instance UID, '' where that cannot be read.

    Yields nothing of what is no DICOM file. Raises OSError or BadZipFile where the archive itself cannot be read.
    """
    with ZipFile(path) as archive:
        for part in sorted(archive.infolist(), key=lambda one: one.filename):
            if part.is_dir() or part.filename.endswith("DICOMDIR") or part.file_size < PREAMBLE:
                continue
            zipped = ZippedFile(path, part.filename)
            if part.flag_bits & _ENCRYPTED or part.file_size > _LONGEST:
                yield zipped, ""
            elif (study := _study_of(archive, part)) is not None:
                yield zipped, study


def _study_of(archive: ZipFile, part: ZipInfo) -> str | None:
    """None for what is no DICOM file."""
    try:
        with archive.open(part) as file:
            return study_in(file)
    except (OSError, BadZipFile, NotImplementedError, EOFError, ValueError):
        return ""


def unpack(files: Sequence[ZippedFile], folder: Path) -> tuple[Path, ...]:
    """Write these files into `folder` under names of our own: what is called `../../x` inside lands nowhere else."""
    unpacked: list[Path] = []
    for path, of_archive in groupby(sorted(files, key=lambda one: (one.archive, one.name)), lambda one: one.archive):
        with ZipFile(path) as archive:
            for one in of_archive:
                unpacked.append(folder / f"{len(unpacked):06d}.dcm")
                with archive.open(one.name) as packed, unpacked[-1].open("wb") as file:
                    copyfileobj(packed, file)
    return tuple(unpacked)
