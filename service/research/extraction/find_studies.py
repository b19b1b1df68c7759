"""Which studies an archive holds, and where: what an extraction goes through."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tilscope.dicom_io.archives import Tick
from tilscope.dicom_io.archives.many_studies import files_of_studies
from tilscope.models.refusals import BadInput
from tilscope.service.archive_place import ArchivePlace
from tilscope.service.research.extraction.extract_study import StudyAt


def find_studies(
    place: ArchivePlace, asked: Collection[str] = (), tick: Tick = lambda done, total: None
) -> tuple[list[StudyAt], tuple[Path, ...]]:
    """The studies in the order of their UIDs, those that were `asked` for or all; and the files that could not be read."""
    if not place.is_folder:
        with place.open() as archive:
            there = asked or archive.studies_with_images()
        if not there:
            raise BadInput("nothing-found", place=place.address)
        return [StudyAt(uid, place) for uid in sorted(set(there))], ()
    found = files_of_studies(Path(place.address), tick)
    for uid in asked:
        if uid not in found.by_study:
            raise BadInput("no-such-study", study=uid)
    chosen = sorted(set(asked or found.by_study))
    return [StudyAt(uid, place, found.by_study[uid]) for uid in chosen], found.unreadable
