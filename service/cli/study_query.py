"""Which studies of an archive a command means: options that several commands share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tilscope.dicom_io.archives.study_query import ArchiveQuery

SinceOption = Annotated[
    datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="Of an archive: the first StudyDate.")
]
UntilOption = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Of an archive: the last StudyDate.")
]
SenderOption = Annotated[
    str, typer.Option("--sender", help="Of an Orthanc: only what this application entity title has sent.")
]
NewestOption = Annotated[
    int, typer.Option("--newest", help="Of an archive: at most so many, the latest StudyDate first.", min=0)
]


def query_of(since: datetime | None, until: datetime | None, sender: str, newest: int) -> ArchiveQuery:
    from tilscope.dicom_io.archives.study_query import ArchiveQuery

    if since and until and since > until:
        raise typer.BadParameter("it lies before --since", param_hint="--until")
    return ArchiveQuery(since.date() if since else None, until.date() if until else None, sender.strip(), newest)
