"""Which archive a command reads: a folder, a DICOMweb server, or Orthanc by its own API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilscope.service.cli.archive_commands import LOCAL, password_in

if TYPE_CHECKING:
    from tilscope.dicom_io.archives import Archive

FromOption = Annotated[
    str,
    typer.Option(
        "--from",
        envvar="TILSCOPE_ARCHIVE",
        help="A folder of reports, or a table of tilscope cohort; https://... of a DICOMweb server, orthanc+http://... of an Orthanc.",
    ),
]
FROM_ORTHANC = f"orthanc+{LOCAL}"


@contextmanager
def archive_at(place: str, user: str, password_file: Path | None) -> Iterator[Archive]:
    from tilscope.service.archive_place import ArchivePlace

    with ArchivePlace(place, user, password_in(password_file)).open() as archive:
        yield archive
