"""A folder of DICOM files as an archive: for researchers, for tests, for `tilscope score`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import MANUAL_ROI_MODALITIES, Tick
from tilscope.dicom_io.archives.study_query import ArchiveQuery, FoundStudy, newest_first
from tilscope.dicom_io.files import is_dicom, read_header
from tilscope.dicom_io.identity import MANUFACTURER
from tilscope.models.readable_lists import first_few
from tilscope.models.refusals import BadInput


class FolderArchive:
    """Reads the studies below `folder`; results go to `out` as one file each."""

    def __init__(self, folder: Path, out: Path | None = None, files: Sequence[Path] | None = None) -> None:
        """`files` are those to be read, where they are known already: `folder` is then only what they are called together."""
        if files is None and not folder.exists():
            raise BadInput("no-such-folder", path=folder)
        if files is None and not folder.is_dir():
            raise BadInput("not-a-folder", path=folder)
        self.folder = folder
        self.out = out
        self._paths = files
        self._files: dict[str, Path] = {}
        self._headers: dict[str, list[Dataset]] = {}

    def studies(self, tick: Tick = lambda done, total: None) -> list[str]:
        """Study Instance UIDs below the folder; every file is read once."""
        if not self._headers:
            paths = sorted(p for p in self.folder.rglob("*") if p.is_file()) if self._paths is None else self._paths
            for number, path in enumerate(paths, start=1):
                if is_dicom(path) and path.name != "DICOMDIR":
                    header = read_header(path)
                    self._files.setdefault(str(header.SOPInstanceUID), path)
                    self._headers.setdefault(str(header.get("StudyInstanceUID", "")), []).append(header)
                tick(number, len(paths))
            if not self._headers:
                raise BadInput("nothing-found", place=self.folder)
        return list(self._headers)

    def only_study(self, tick: Tick = lambda done, total: None) -> str:
        """The one study of the folder; several are refused by name."""
        studies = self.studies(tick)
        if len(studies) > 1:
            raise BadInput("several-studies", place=self.folder, count=len(studies), studies=first_few(list(studies)))
        return studies[0]

    def study_named(self, study: str, tick: Tick = lambda done, total: None) -> str:
        """The study that is asked for, or the only one where none is named."""
        if not study:
            return self.only_study(tick)
        studies = self.studies(tick)
        if study not in studies:
            raise BadInput("no-study-in-folder", study=study, place=self.folder, there=first_few(list(studies)))
        return study

    def headers(self, study_uid: str) -> list[Dataset]:
        self.studies()
        return self._headers.get(study_uid, [])

    def input_files(self, study_uid: str) -> frozenset[str]:
        return frozenset(str(header.SOPInstanceUID) for header in self.headers(study_uid))

    def digests(self, study_uid: str, instance_uids: Iterable[str]) -> dict[str, str]:
        return {}

    def our_reports(self, study_uid: str) -> list[Dataset]:
        return [
            h for h in self.headers(study_uid) if h.get("Modality") == "SR" and h.get("Manufacturer") == MANUFACTURER
        ]

    def studies_with_reports(self) -> list[str]:
        return self.studies()

    def studies_with_images(self) -> list[str]:
        return self.studies()

    def studies_matching(self, query: ArchiveQuery) -> list[FoundStudy]:
        if query.sender:
            raise BadInput("sender-unknown", place=self.folder)
        found = (
            FoundStudy(uid, str(h[0].get("StudyDate") or "")) for uid in self.studies() if (h := self.headers(uid))
        )
        return newest_first(one for one in found if query.holds(one.day))[: query.newest or None]

    def manual_roi_candidates(self, study_uid: str) -> list[Dataset]:
        return [
            h
            for h in self.headers(study_uid)
            if h.get("Modality") in MANUAL_ROI_MODALITIES and h.get("Manufacturer") != MANUFACTURER
        ]

    def calling_aet(self, study_uid: str) -> str:
        return ""

    def fetch(self, study_uid: str, instance_uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
        """The files are here already: nothing is copied."""
        for uid in instance_uids:
            if uid not in self._files:
                raise BadInput("no-such-study", study=f"{study_uid} (instance {uid})")
        tick(len(instance_uids), len(instance_uids))
        return {uid: self._files[uid] for uid in instance_uids}

    def store(self, objects: Iterable[Dataset]) -> None:
        """One file an object, named by what it is."""
        if self.out is None:
            raise ValueError("this folder was opened for reading only")
        self.out.mkdir(parents=True, exist_ok=True)
        for item in objects:
            name = str(item.get("SeriesDescription") or item.Modality).lower()
            item.save_as(self.out / f"{name}.dcm", enforce_file_format=True)
