"""The result objects of one study on their way into the archive, and where they are found there."""

from __future__ import annotations

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.objects.results import named_by_report
from tilscope.models.result import StoredObject
from tilscope.service.scoring.earlier_reports import EarlierReports
from tilscope.service.scoring.recalculated_series import RecalculatedSeries
from tilscope.service.scoring.score_series import ScoredSeries


def store(archive: Archive, scored: ScoredSeries | RecalculatedSeries, earlier: EarlierReports) -> list[StoredObject]:
    """Store the objects of one dynamic series. Returns these and those of earlier runs that remain current."""
    new = list(scored.objects(earlier))
    # It may name objects that are switched off by now.
    report = scored.report if isinstance(scored, RecalculatedSeries) else earlier.report_of(scored.result)
    archive.store(new)
    # What an earlier report names belongs to this result too.
    current = named_by_report(report, scored.result) if report is not None else {}
    objects = {str(o.SOPInstanceUID): o for o in (*current.values(), *new)}
    return [stored_object(o, scored.result.laterality) for o in objects.values()]


def stored_object(obj: Dataset, side: str) -> StoredObject:
    """Where it is found; `side` is that of the series it is about."""
    uids = (str(obj.SOPClassUID), str(obj.SeriesInstanceUID), str(obj.SOPInstanceUID))
    return StoredObject(str(obj.Modality), side, *uids)
