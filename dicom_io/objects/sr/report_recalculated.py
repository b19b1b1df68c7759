"""A report whose measurements still hold while the conclusions from them have changed: a new one, made from the old one alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import datetime

from pydicom import Dataset
from pydicom.sr.codedict import codes

from tilscope.dicom_io.identity import Author, Kind, sign
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.codes.private_codes import declare_scheme, private
from tilscope.dicom_io.objects.sr.measurement_items import comment, empty_missing_values
from tilscope.dicom_io.objects.sr.report_chain import named_by, predecessor
from tilscope.dicom_io.objects.sr.report_form import an_item_a_line
from tilscope.dicom_io.objects.sr.report_over_time import put_over_time
from tilscope.dicom_io.objects.sr.report_reading import has_finding, has_name
from tilscope.dicom_io.objects.sr.report_signatures import context_of, schemes_of, signature_groups
from tilscope.dicom_io.objects.sr.report_summary import put_summary
from tilscope.dicom_io.objects.sr.tracked_segment import ScoredRegion, segment_of_group
from tilscope.models.imaging.series import Laterality
from tilscope.models.result import SeriesResult

_NOTE = private("CONCLUDED_FROM")


def recalculate_report(old: Dataset, result: SeriesResult, author: Author, source: Dataset, now: datetime) -> Dataset:
    """The old report with the summary and signatures of `result`, under new UIDs, naming the old one as its predecessor.

    What was measured, its segmentations and its images are referred to as before. `source` is an `inherited` header.
    """
    obj = deepcopy(old)
    measurements = next(item for item in obj.ContentSequence if has_name(item, codes.DCM.ImagingMeasurements))
    kept = [group for group in measurements.ContentSequence if not _is_signature(group, result)]
    measurements.ContentSequence = [*kept, *_signatures(result, kept, author)]
    note = (
        f"The signatures were concluded anew from the measurements of report {old.SOPInstanceUID}; no image was read."
    )
    put_summary(obj, result, comment(note, _NOTE))
    an_item_a_line(obj)
    put_over_time(obj, result, author)
    declare_scheme(obj, schemes_of(result.signatures))
    obj.PredecessorDocumentsSequence = [predecessor(named_by(old))]
    sign(obj, Kind.REPORT, author, source, now)
    obj.file_meta.MediaStorageSOPInstanceUID = obj.SOPInstanceUID
    return obj


def _is_signature(group: Dataset, result: SeriesResult) -> bool:
    return any(has_finding(group, concepts.signature_code(signature.id)) for signature in result.signatures)


def _signatures(result: SeriesResult, groups: Sequence[Dataset], author: Author) -> Iterable[Dataset]:
    index = result.lesions[0]
    segment = segment_of_group(groups, result.finding.label(index.number))
    lesion = ScoredRegion(segment, Laterality(index.laterality))
    for group in signature_groups(result.signatures, lesion, author, context_of(result)):
        empty_missing_values(group[0])
        yield group[0]
