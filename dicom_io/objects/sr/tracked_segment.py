"""What a measurement group is about: a segment of ours, by reference and by the tracking UID that both share (TID 1411)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import highdicom as hd
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from tilscope.dicom_io.objects.sr.report_reading import has_name
from tilscope.models.imaging.series import Laterality


@dataclass(frozen=True)
class TrackedSegment:
    """One segment, as every group about it names it."""

    tracking_id: str
    tracking_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    number: int
    source_series: str
    """Series Instance UID of the images that it was drawn on."""

    def reference(self) -> hd.sr.ReferencedSegment:
        source = hd.sr.SourceSeriesForSegmentation(self.source_series)
        # highdicom writes it with capitals, which are not those of PS3.16.
        source.ConceptNameCodeSequence[0].CodeMeaning = codes.DCM.SourceSeriesForSegmentation.meaning
        return hd.sr.ReferencedSegment(
            sop_class_uid=self.sop_class_uid,
            sop_instance_uid=self.sop_instance_uid,
            segment_number=self.number,
            source_series=source,
        )

    def identifier(self, label: str = "") -> hd.sr.TrackingIdentifier:
        """`label`: what a further group about the same segment is called; it is tracked as the segment is."""
        return hd.sr.TrackingIdentifier(uid=self.tracking_uid, identifier=label or self.tracking_id)


@dataclass(frozen=True)
class ScoredRegion:
    """What the signatures are of."""

    segment: TrackedSegment
    side: Laterality


def segments_of(segmentations: Iterable[Dataset]) -> dict[str, TrackedSegment]:
    """Every segment of these objects, by its tracking identifier; other evidence is passed over."""
    return {
        str(segment.TrackingID): TrackedSegment(
            str(segment.TrackingID),
            str(segment.TrackingUID),
            str(one.SOPClassUID),
            str(one.SOPInstanceUID),
            int(segment.SegmentNumber),
            str(one.ReferencedSeriesSequence[0].SeriesInstanceUID),
        )
        for one in segmentations
        for segment in one.get("SegmentSequence", ())
        if "TrackingID" in segment
    }


def segment_of_group(groups: Sequence[Dataset], tracking_id: str) -> TrackedSegment:
    """The segment of the group that is called so, read from a report of ours."""
    group = next(one for one in groups if _text(one, codes.DCM.TrackingIdentifier) == tracking_id)
    named = _item(group, codes.DCM.ReferencedSegment).ReferencedSOPSequence[0]
    return TrackedSegment(
        tracking_id,
        str(_item(group, codes.DCM.TrackingUniqueIdentifier).UID),
        str(named.ReferencedSOPClassUID),
        str(named.ReferencedSOPInstanceUID),
        int(named.ReferencedSegmentNumber),
        str(_item(group, codes.DCM.SourceSeriesForSegmentation).UID),
    )


def _item(group: Dataset, name: Code) -> Dataset:
    found: Dataset = next(item for item in group.ContentSequence if has_name(item, name))
    return found


def _text(group: Dataset, name: Code) -> str:
    return next((str(item.get("TextValue")) for item in group.ContentSequence if has_name(item, name)), "")
