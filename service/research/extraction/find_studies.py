"""Which studies an archive holds, and where: what an extraction goes through."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from tilscope.dicom_io.archives import Archive, Tick
from tilscope.dicom_io.archives.many_studies import files_of_studies
from tilscope.dicom_io.archives.study_query import EVERY_STUDY, ArchiveQuery
from tilscope.dicom_io.volume_files.find_cases import volume_cases
from tilscope.models.refusals import BadInput
from tilscope.service.archive_place import ArchivePlace
from tilscope.service.research.extraction.extract_study import StudyAt


def find_in_places(
    places: Sequence[ArchivePlace],
    asked: Collection[str] = (),
    query: ArchiveQuery = EVERY_STUDY,
    tick: Tick = lambda done, total: None,
) -> tuple[list[StudyAt], tuple[Path, ...]]:
    """The studies of several places together. `query` chooses among those of archives.

    Files of one study may lie in several folders and zip archives; in two archives it would be the same study twice.
    """
    found: dict[str, StudyAt] = {}
    unreadable: list[Path] = []
    for place in places:
        try:
            studies, not_read = find_studies(place, () if place.is_folder else asked, tick, query)
        except BadInput as nothing:
            if nothing.code != "nothing-found" or len(places) == 1:
                raise
            continue
        unreadable += not_read
        for study in studies:
            found[study.study_uid] = _together(found.get(study.study_uid), study)
    for uid in asked:
        if uid not in found:
            raise BadInput("no-such-study", study=uid)
    if not found:
        raise BadInput("nothing-found", place=", ".join(place.address for place in places))
    return [found[uid] for uid in sorted(asked or found)], tuple(unreadable)


def _together(one: StudyAt | None, other: StudyAt) -> StudyAt:
    if one is None:
        return other
    if not (one.place.is_folder and other.place.is_folder):
        places = {"first": one.place.address, "second": other.place.address}
        raise BadInput("study-twice", study=one.study_uid, **places)
    files = dict.fromkeys((*(one.files or ()), *(other.files or ())))
    return replace(one, files=tuple(files), zipped=tuple(dict.fromkeys((*one.zipped, *other.zipped))))


def find_studies(
    place: ArchivePlace,
    asked: Collection[str] = (),
    tick: Tick = lambda done, total: None,
    query: ArchiveQuery = EVERY_STUDY,
) -> tuple[list[StudyAt], tuple[Path, ...]]:
    """The studies in the order of their UIDs, those that were `asked` for or all; and the files that could not be read."""
    if not place.is_folder:
        with place.open() as archive:
            there = asked or _in_archive(archive, query)
        if not there:
            raise BadInput("nothing-found", place=place.address)
        return [StudyAt(uid, place) for uid in sorted(set(there))], ()
    if volumes := _volume_studies(place, asked):
        return volumes, ()
    found = files_of_studies(Path(place.address), tick)
    there = found.by_study.keys() | found.zipped.keys()
    for uid in asked:
        if uid not in there:
            raise BadInput("no-such-study", study=uid)
    studies = [
        StudyAt(uid, place, found.by_study.get(uid, ()), found.zipped.get(uid, ()))
        for uid in sorted(set(asked or there))
    ]
    return studies, found.unreadable


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


def _in_archive(archive: Archive, query: ArchiveQuery) -> list[str]:
    if query == EVERY_STUDY:
        return archive.studies_with_images()
    return [found.study_uid for found in archive.studies_matching(query)]
