"""Orthanc's log of changes (GET /changes), read in pages and understood as studies.

A page names instances; which studies they belong to is asked for many at once (POST /tools/bulk-content), so that a flood
of ten thousand instances costs a few dozen requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from tilscope.dicom_io.archives.orthanc import is_input
from tilscope.dicom_io.archives.orthanc_client import OrthancClient
from tilscope.service.ledger import Arrival, Cursor

PAGE = 1000


@dataclass(frozen=True)
class Page:
    """The arrivals in one page of the change log."""

    arrivals: tuple[Arrival, ...]
    stable: tuple[str, ...]
    """Orthanc's identifiers of studies to which nothing has come for StableAge."""
    place: Cursor
    done: bool
    """Nothing comes after it for now."""


def read_page(orthanc: OrthancClient, place: Cursor, limit: int = PAGE) -> Page:
    answer = orthanc.get("/changes", since=place.seq, limit=limit)
    changes: list[dict[str, Any]] = answer["Changes"]
    if not changes:
        return Page((), (), place, True)
    new = [c["ID"] for c in changes if c["ChangeType"] == "NewInstance"]
    study_of = _studies_of(orthanc, new)
    stable: dict[str, None] = {}
    for change in changes:  # in order: an instance after "stable" means that it is not
        if change["ChangeType"] == "StableStudy":
            stable[change["ID"]] = None
        elif change["ChangeType"] == "NewInstance" and change["ID"] in study_of:
            stable.pop(study_of[change["ID"]], None)
    counted = Counter(study_of[i] for i in new if i in study_of)
    arrivals = tuple(Arrival(uid, study, counted[study]) for study, uid, _ in _study_uids(orthanc, list(counted)))
    return Page(arrivals, tuple(stable), Cursor(int(answer["Last"]), str(changes[-1]["ID"])), bool(answer["Done"]))


def end_of_log(orthanc: OrthancClient) -> Cursor:
    answer = orthanc.get("/changes", last="")
    last = answer["Changes"][-1]["ID"] if answer["Changes"] else ""
    return Cursor(int(answer["Last"]), str(last))


def is_same_log(orthanc: OrthancClient, place: Cursor) -> bool:
    """Whether this place was read from the log that Orthanc has now; False if its database was made anew since."""
    if end_of_log(orthanc).seq < place.seq:
        return False
    if place.seq == 0 or not place.resource_id:
        return True
    there = orthanc.get("/changes", since=place.seq - 1, limit=1)["Changes"]
    # A change disappears with its resource; then the next one stands there, which proves nothing.
    return not there or int(there[0]["Seq"]) != place.seq or str(there[0]["ID"]) == place.resource_id


def studies_changed_since(orthanc: OrthancClient, moment: datetime) -> list[Arrival]:
    """Studies with MR images or manual ROIs to which something has come since, found by listing all studies."""
    recent = []
    for study in _all_studies(orthanc):
        try:  # UTC, like every time that Orthanc records itself
            changed = datetime.strptime(str(study["LastUpdate"]), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except (KeyError, ValueError):
            changed = datetime.now(UTC)
        if changed >= moment:
            recent.append(str(study["ID"]))
    of_interest = {s["ParentStudy"] for s in orthanc.bulk("Series", recent) if is_input(s)}
    return [Arrival(uid, study, 0, stable) for study, uid, stable in _study_uids(orthanc, sorted(of_interest))]


def _all_studies(orthanc: OrthancClient) -> Iterator[dict[str, Any]]:
    since = 0
    while page := orthanc.get("/studies", expand="", since=since, limit=PAGE):
        yield from page
        since += len(page)


def _studies_of(orthanc: OrthancClient, instances: Sequence[str]) -> dict[str, str]:
    """The study of each of these instances that is an MR image or a manual ROI not written by us, and was not deleted.

    One instance leads to its series, and that names the others: Orthanc works for each that it is asked about. Where they are of many
    series, each request asks about twice as many as the one before.
    """
    study_of: dict[str, str] = {}
    waiting = dict.fromkeys(instances)
    portion = 1
    while waiting:
        asked = list(islice(waiting, portion))
        explained = set(asked)
        for series in orthanc.bulk("Series", asked):
            of_series = waiting.keys() & series["Instances"]
            explained |= of_series
            if is_input(series):
                study_of.update(dict.fromkeys(of_series, str(series["ParentStudy"])))
        waiting = {one: None for one in waiting if one not in explained}
        portion = min(2 * portion, PAGE)
    return study_of


def _study_uids(orthanc: OrthancClient, studies: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """Orthanc's identifier, Study Instance UID, and whether the study is stable."""
    for study in orthanc.bulk("Study", studies):
        uid = study["MainDicomTags"].get("StudyInstanceUID")
        if uid:
            yield str(study["ID"]), str(uid), bool(study["IsStable"])
