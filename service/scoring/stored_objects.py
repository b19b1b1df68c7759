"""The result objects of one study on their way into the archive, and where they are found there."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.objects.results import named_by_report
from tilscope.service.scoring.earlier_answers import EarlierAnswers
from tilscope.service.scoring.recalculated_series import RecalculatedSeries
from tilscope.service.scoring.score_series import ScoredSeries


@dataclass(frozen=True)
class StoredObject:
    """Where one result object is found in the archive."""

    kind: str
    laterality: str
    sop_class_uid: str
    series_uid: str
    sop_instance_uid: str

    @classmethod
    def of(cls, obj: Dataset, side: str) -> StoredObject:
        uids = (str(obj.SOPClassUID), str(obj.SeriesInstanceUID), str(obj.SOPInstanceUID))
        return cls(str(obj.Modality), side, *uids)


def store(archive: Archive, scored: ScoredSeries | RecalculatedSeries, earlier: EarlierAnswers) -> list[StoredObject]:
    """Store the objects of one dynamic series. The answer holds those, too, that an earlier run has written and that stand."""
    new = list(scored.objects(earlier))
    # It may name objects that are switched off by now.
    report = scored.report if isinstance(scored, RecalculatedSeries) else earlier.report_of(scored.result)
    archive.store(new)
    # What an earlier report names is this one's too.
    standing = named_by_report(report, scored.result) if report is not None else {}
    objects = {str(o.SOPInstanceUID): o for o in (*standing.values(), *new)}
    return [StoredObject.of(o, scored.result.laterality) for o in objects.values()]
