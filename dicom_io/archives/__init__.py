"""Archives that hold studies, behind one small protocol: Orthanc's REST API, any DICOMweb server, a folder.

A new kind of archive is one file here that has these eleven methods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tilscope.dicom_io.archives.study_query import ArchiveQuery, FoundStudy

if TYPE_CHECKING:
    from pydicom import Dataset

#: Called with (done, total) while something long goes on.
Tick = Callable[[int, int], None]

#: Of the objects in which a manual ROI may be stored.
MANUAL_ROI_MODALITIES = ("SEG", "RTSTRUCT")


class Archive(Protocol):
    """What scoring needs of an archive."""

    def headers(self, study_uid: str) -> list[Dataset]:
        """The headers of the study's MR instances, without pixels. Empty if the study is not there."""
        ...

    def fetch(self, study_uid: str, instance_uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
        """Put these instances into `folder` as DICOM files; returns the file of each SOP Instance UID."""
        ...

    def input_files(self, study_uid: str) -> frozenset[str]:
        """Names of the files that a score depends on: MR images, and manual ROIs where the archive tells them from ours.

        Cheap. Empty if the study is not there. In Orthanc an instance that was replaced has a file of another name.
        """
        ...

    def digests(self, study_uid: str, instance_uids: Iterable[str]) -> dict[str, str]:
        """A digest of what each of these instances holds, equal for equal files; none of an archive that keeps no digests."""
        ...

    def our_reports(self, study_uid: str) -> list[Dataset]:
        """The headers of the Structured Reports that TILscope has stored in the study before."""
        ...

    def studies_with_reports(self) -> list[str]:
        """The studies that may hold a report of ours; `our_reports` reads which do."""
        ...

    def studies_with_images(self) -> list[str]:
        """The studies that hold MR images."""
        ...

    def studies_matching(self, query: ArchiveQuery) -> list[FoundStudy]:
        """The studies that hold MR images and are meant, the newest first. BadInput where a sender is asked for in vain."""
        ...

    def manual_roi_candidates(self, study_uid: str) -> list[Dataset]:
        """The headers of the Segmentations and RT structure sets in the study that TILscope has not written."""
        ...

    def calling_aet(self, study_uid: str) -> str:
        """Who sent the study, by its application entity title; '' where the archive does not know."""
        ...

    def store(self, objects: Iterable[Dataset]) -> None:
        """Keep these objects. Storing what is there already changes nothing."""
        ...
