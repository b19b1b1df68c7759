"""Another archive, asked through a class of one's own: what is to be done otherwise is overridden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive, Tick
from tilscope.dicom_io.archives.study_query import ArchiveQuery, FoundStudy


class PassedOn:
    """Passes everything on to the archive that it was given; documented with `Archive`."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def headers(self, study_uid: str) -> list[Dataset]:
        return self._archive.headers(study_uid)

    def input_files(self, study_uid: str) -> frozenset[str]:
        return self._archive.input_files(study_uid)

    def digests(self, study_uid: str, instance_uids: Iterable[str]) -> dict[str, str]:
        return self._archive.digests(study_uid, instance_uids)

    def our_reports(self, study_uid: str) -> list[Dataset]:
        return self._archive.our_reports(study_uid)

    def studies_with_reports(self) -> list[str]:
        return self._archive.studies_with_reports()

    def studies_with_images(self) -> list[str]:
        return self._archive.studies_with_images()

    def studies_matching(self, query: ArchiveQuery) -> list[FoundStudy]:
        return self._archive.studies_matching(query)

    def manual_roi_candidates(self, study_uid: str) -> list[Dataset]:
        return self._archive.manual_roi_candidates(study_uid)

    def calling_aet(self, study_uid: str) -> str:
        return self._archive.calling_aet(study_uid)

    def fetch(self, study_uid: str, instance_uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
        return self._archive.fetch(study_uid, instance_uids, folder, tick)

    def store(self, objects: Iterable[Dataset]) -> None:
        self._archive.store(objects)
