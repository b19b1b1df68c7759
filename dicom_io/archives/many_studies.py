"""Which file of a folder belongs to which study, at little cost: for folders of whole cohorts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pydicom

from tilscope.dicom_io.archives import Tick
from tilscope.dicom_io.files import is_dicom
from tilscope.models.refusals import BadInput


@dataclass(frozen=True)
class FilesOfStudies:
    by_study: Mapping[str, tuple[Path, ...]]
    """By Study Instance UID."""
    unreadable: tuple[Path, ...]
    """DICOM files that do not even tell their study."""


def files_of_studies(folder: Path, tick: Tick = lambda done, total: None) -> FilesOfStudies:
    """Of each file only the study is read: the headers of a cohort would not fit into memory."""
    if not folder.exists():
        raise BadInput("no-such-folder", path=folder)
    if not folder.is_dir():
        raise BadInput("not-a-folder", path=folder)
    found: dict[str, list[Path]] = {}
    unreadable: list[Path] = []
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "DICOMDIR")
    for number, path in enumerate(paths, start=1):
        if is_dicom(path):
            if study := _study_of(path):
                found.setdefault(study, []).append(path)
            else:
                unreadable.append(path)
        tick(number, len(paths))
    if not found:
        raise BadInput("nothing-found", place=folder)
    return FilesOfStudies({study: tuple(files) for study, files in found.items()}, tuple(unreadable))


def _study_of(path: Path) -> str:
    """'' where it cannot be read."""
    try:
        header = pydicom.dcmread(path, specific_tags=["StudyInstanceUID"], stop_before_pixels=True)
        return str(header.get("StudyInstanceUID") or "")
    except Exception:  # pydicom raises whatever the broken bytes lead to
        return ""
