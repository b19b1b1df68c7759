"""Which archive a command reads: a folder, a DICOMweb server, or Orthanc by its own API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from dicom_io.archives import Archive
from dicom_io.archives.dicomweb import DicomWebArchive
from dicom_io.archives.folder import FolderArchive
from dicom_io.archives.orthanc import OrthancArchive
from dicom_io.archives.orthanc_client import OrthancAddress
from service.cli.archive_commands import LOCAL, password_in

FromOption = Annotated[
    str,
    typer.Option(
        "--from",
        envvar="TILSCOPE_ARCHIVE",
        help="A folder of reports; or https://... of a DICOMweb server, orthanc+http://... of an Orthanc.",
    ),
]
FROM_ORTHANC = f"orthanc+{LOCAL}"


@contextmanager
def archive_at(place: str, user: str, password_file: Path | None) -> Iterator[Archive]:
    password = password_in(password_file)
    if place.startswith("orthanc+"):
        with OrthancArchive(OrthancAddress(place.removeprefix("orthanc+"), user, password)) as orthanc:
            yield orthanc
    elif place.startswith(("http://", "https://")):
        yield DicomWebArchive(place, user, password)
    else:
        yield FolderArchive(Path(place))
