"""Half sets: result objects that an interrupted run has left in a study, and whose report never came.

The report is stored last and names everything before it. What no report names, and no result in the ledger, belongs to
nothing: a run that is tried again stores the same objects under the same UIDs, and one whose input has changed never does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tilscope.dicom_io.archives.orthanc import OrthancArchive, dataset_from_orthanc
from tilscope.dicom_io.identity import MANUFACTURER
from tilscope.dicom_io.objects.sr.report_reading import evidence_of

#: By modality. A report of ours is never taken for one.
_KINDS = {"SEG", "OT", "KO", "DOC"}
#: Somebody may be storing at this very moment, as `tilscope score` does.
_YOUNGEST = timedelta(hours=1)


def may_be_left_over(series: dict[str, Any], now: datetime) -> bool:
    """Whether a series, as Orthanc describes it, is of ours and old enough."""
    tags = series["MainDicomTags"]
    if tags.get("Manufacturer") != MANUFACTURER or tags.get("Modality") not in _KINDS:
        return False
    return now - datetime.strptime(str(series["LastUpdate"]), "%Y%m%dT%H%M%S").replace(tzinfo=UTC) > _YOUNGEST


def left_overs(archive: OrthancArchive, study_uid: str, candidates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of these series that no report in the study names, and pages whose report is not there."""
    reports = archive.our_reports(study_uid)
    there = {str(report.SOPInstanceUID) for report in reports}
    named = {uid for report in reports for uid in evidence_of(report)}
    return [series for series in candidates if not _instances(archive, series) & (named | there)]


def _instances(archive: OrthancArchive, series: dict[str, Any]) -> set[str]:
    """The instances of the series; of a page also the reports that it was made from."""
    tags = archive.client.get(f"/series/{series['ID']}/instances-tags", short="").values()
    headers = [dataset_from_orthanc(one) for one in tags]
    sources = (source for header in headers for source in header.get("SourceInstanceSequence") or ())
    return {str(h.SOPInstanceUID) for h in headers} | {str(one.ReferencedSOPInstanceUID) for one in sources}
