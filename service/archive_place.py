"""Where an archive is, as plain values that can travel to a worker process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.volume_files.archive import opened_folder

_ORTHANC, _DICOMWEB = "orthanc+", "dicomweb+"


@dataclass(frozen=True)
class ArchivePlace:
    """A folder, of DICOM or volume files; `https://...` or `dicomweb+https://...` of a DICOMweb server; `orthanc+https://...` of an Orthanc."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)
    about: str = ""
    """Of a folder of volume files: a file that tells what they cannot (`dicom_io.volume_files`)."""

    @property
    def is_folder(self) -> bool:
        return not self.address.startswith((_ORTHANC, _DICOMWEB, "http://", "https://"))

    @contextmanager
    def open(self, files: tuple[Path, ...] | None = None) -> Iterator[Archive]:
        """`files` are those of a folder that shall be read, where they are known."""
        if self.is_folder:
            about = Path(self.about) if self.about else None
            with opened_folder(Path(self.address), files=files, about=about) as folder:
                yield folder
        elif self.address.startswith(_ORTHANC):
            # Only who has such a server needs its client.
            from tilscope.dicom_io.archives.orthanc import OrthancArchive
            from tilscope.dicom_io.archives.orthanc_client import OrthancAddress

            address = OrthancAddress(self.address.removeprefix(_ORTHANC), self.user, self.password)
            with OrthancArchive(address) as orthanc:
                yield orthanc
        else:
            from tilscope.dicom_io.archives.dicomweb import DicomWebArchive

            yield DicomWebArchive(self.address.removeprefix(_DICOMWEB), self.user, self.password)
