"""Which file belongs to which study, at little cost: for folders of whole cohorts, zip archives and DICOMDIRs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

from tilscope.dicom_io.archives import Tick
from tilscope.dicom_io.archives.dicomdir import files_of_dicomdir, is_dicomdir
from tilscope.dicom_io.archives.zipped import ZippedFile, is_zip, zipped_studies
from tilscope.dicom_io.files import study_in
from tilscope.models.refusals import BadInput

T = TypeVar("T")


@dataclass(frozen=True)
class FilesOfStudies:
    by_study: Mapping[str, tuple[Path, ...]]
    """By Study Instance UID; none of a study that lies in zip archives only."""
    unreadable: tuple[Path, ...]
    """DICOM files that do not even tell their study, zip archives that cannot be read, and what a DICOMDIR names in vain."""
    zipped: Mapping[str, tuple[ZippedFile, ...]] = field(default_factory=dict)
    """Those inside zip archives, by Study Instance UID."""


def files_of_studies(place: Path, tick: Tick = lambda done, total: None) -> FilesOfStudies:
    """All below a folder, or in one zip archive, or named by one DICOMDIR.

    Of each file only the study is read: the headers of a cohort would not fit into memory.
    """
    paths, missing = _files_at(place)
    found: dict[str, list[Path]] = {}
    zipped: dict[str, list[ZippedFile]] = {}
    unreadable: list[Path] = missing
    for number, path in enumerate(paths, start=1):
        if is_zip(path):
            unreadable += _take_zipped(path, zipped)
        elif (study := _study_of(path)) is not None:
            if study:
                found.setdefault(study, []).append(path)
            else:
                unreadable.append(path)
        tick(number, len(paths))
    if not found and not zipped:
        raise BadInput("nothing-found", place=place)
    return FilesOfStudies(_held(found), tuple(unreadable), _held(zipped))


def _files_at(place: Path) -> tuple[list[Path], list[Path]]:
    """The files that may be DICOM, and those that should be there and are not."""
    if not place.exists():
        raise BadInput("no-such-folder", path=place)
    if place.is_dir():
        return sorted(path for path in place.rglob("*") if path.is_file() and not is_dicomdir(path)), []
    if is_dicomdir(place):
        return files_of_dicomdir(place)
    if is_zip(place):
        return [place], []
    raise BadInput("not-a-folder", path=place)


def _take_zipped(path: Path, zipped: dict[str, list[ZippedFile]]) -> Iterator[Path]:
    """Adds what the zip archive holds; yields what in it cannot be read, or itself."""
    try:
        for file, study in zipped_studies(path):
            if study:
                zipped.setdefault(study, []).append(file)
            else:
                yield path / file.name
    except (OSError, BadZipFile):
        yield path


def _held(found: Mapping[str, Iterable[T]]) -> dict[str, tuple[T, ...]]:
    return {study: tuple(files) for study, files in found.items()}


def _study_of(path: Path) -> str | None:
    """'' where it cannot be read; None of what is no DICOM file."""
    with path.open("rb") as file:
        return study_in(file)
