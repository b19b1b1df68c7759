"""Which studies an archive holds, and where: what an extraction goes through."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from tilscope.dicom_io.archives import Tick
from tilscope.dicom_io.archives.many_studies import files_of_studies
from tilscope.dicom_io.volume_files.find_cases import volume_cases
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
    if volumes := _volume_studies(place, asked):
        return volumes, ()
    found = files_of_studies(Path(place.address), tick)
    for uid in asked:
        if uid not in found.by_study:
            raise BadInput("no-such-study", study=uid)
    chosen = sorted(set(asked or found.by_study))
    return [StudyAt(uid, place, found.by_study[uid]) for uid in chosen], found.unreadable


def _volume_studies(place: ArchivePlace, asked: Collection[str]) -> list[StudyAt]:
    """Of a folder of volume files; none of any other. The names of cases are understood too."""
    about = Path(place.about) if place.about else None
    cases = volume_cases(Path(place.address), about)
    known = {name for case in cases for name in (case.study_uid, case.name)}
    for study in asked if cases else ():
        if study not in known:
            raise BadInput("no-such-study", study=study)
    wanted = [case for case in cases if not asked or {case.study_uid, case.name} & set(asked)]
    return [StudyAt(case.study_uid, place, case.files) for case in wanted]
