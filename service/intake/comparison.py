"""Studies of the ledger beside what Orthanc holds of them: a few requests for many studies.

Orthanc's log of changes names no deletions (its plugins alone are told of them), so that only asking tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tilscope.dicom_io.archives.orthanc import is_input
from tilscope.dicom_io.archives.orthanc_client import OrthancClient
from tilscope.models.result import StoredObject
from tilscope.models.short_hash import hash_of_facts
from tilscope.service.intake.left_overs import may_be_left_over
from tilscope.service.ledger.archived import ArchivedStudy
from tilscope.service.ledger.states import WITH_RESULT, State

Json = dict[str, Any]


@dataclass(frozen=True)
class Compared:
    """What Orthanc holds of one study."""

    study: ArchivedStudy
    orthanc_id: str
    """'' if no image of it is there any more, or nothing of a study that never had one."""
    missing: tuple[StoredObject, ...]
    """Objects of its result that are not there."""
    files: str
    """Names its input files; '' where they were not asked for."""
    unnamed: tuple[Json, ...] = ()
    """Series in which something of ours may be that its result does not name, as Orthanc describes them."""


def compare(orthanc: OrthancClient, studies: Sequence[ArchivedStudy], with_files: bool) -> Iterator[Compared]:
    """Two requests, and with files one more for each thousand images."""
    ids = {study.study_uid: study.orthanc_id for study in studies}
    there = {str(one["ID"]) for one in orthanc.bulk("Study", [id for id in ids.values() if id])}
    for study_uid, id in ids.items():
        if id not in there:  # a patient whose identifier was corrected has studies of other identifiers in Orthanc
            ids[study_uid] = _looked_up(orthanc, study_uid)
    series_of = _series(orthanc, [id for id in ids.values() if id])
    files_of = _files(orthanc, series_of) if with_files else {}
    now = datetime.now(UTC)
    for study in studies:
        id = ids[study.study_uid]
        series = series_of.get(id, [])
        # A person may ask for a study that has had none from the beginning, and is told why it is refused.
        had_none = not study.files and study.state not in (*WITH_RESULT, State.DELETED)
        is_there = any(is_input(one) for one in series) or bool(had_none and series)
        unnamed = tuple(one for one in series if may_be_left_over(one, now) and _uid(one) not in _series_of(study))
        yield Compared(study, id if is_there else "", _missing(study, series), files_of.get(id, ""), unnamed)


def missing_objects(orthanc: OrthancClient, study: ArchivedStudy, orthanc_id: str) -> tuple[StoredObject, ...]:
    """Objects of its result that Orthanc does not hold."""
    return _missing(study, _series(orthanc, [orthanc_id])[orthanc_id]) if study.objects else ()


def name_of_files(files: Iterable[str]) -> str:
    """One name for all input files of a study; '' for none."""
    found = sorted(files)
    return hash_of_facts(found, 32) if found else ""


def _missing(study: ArchivedStudy, series: Iterable[Json]) -> tuple[StoredObject, ...]:
    # Each of our objects is alone in its series.
    there = {_uid(one) for one in series if one["Instances"]}
    return tuple(one for one in study.objects if one.series_uid not in there)


def _series_of(study: ArchivedStudy) -> set[str]:
    return {one.series_uid for one in study.objects}


def _uid(series: Json) -> str:
    return str(series["MainDicomTags"].get("SeriesInstanceUID", ""))


def _looked_up(orthanc: OrthancClient, study_uid: str) -> str:
    found = orthanc.post("/tools/lookup", content=study_uid)
    return next((str(one["ID"]) for one in found if one["Type"] == "Study"), "")


def _series(orthanc: OrthancClient, studies: Sequence[str]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for one in orthanc.bulk("Series", studies):
        found[str(one["ParentStudy"])].append(one)
    return found


def _files(orthanc: OrthancClient, series_of: dict[str, list[Json]]) -> dict[str, str]:
    study_of = {
        instance: study
        for study, series in series_of.items()
        for one in series
        if is_input(one)
        for instance in one["Instances"]
    }
    files: dict[str, list[str]] = defaultdict(list)
    for one in orthanc.bulk("Instance", list(study_of)):
        files[study_of[one["ID"]]].append(f"{one['ID']} {one['FileUuid']}")
    return {study: name_of_files(names) for study, names in files.items()}
