"""Is a result that was kept elsewhere still what a report says? The report is the authority, to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydicom import Dataset

from dicom_io.objects.identity import Author, Kind
from dicom_io.objects.report_reading import measurement_groups, numbers_of
from dicom_io.objects.report_signatures import signature_scores
from models.result import SeriesResult


def result_of(report: Dataset, kept: Iterable[SeriesResult]) -> SeriesResult | None:
    """The one that this very report was written from; None where there is none, or where the report says otherwise."""
    said = [numbers_of(group) for group in measurement_groups(report)]
    for result in kept:
        if Author.of(result).instance_uid(Kind.REPORT) == report.SOPInstanceUID:
            return result if list(_numbers(result)) == said else None
    return None


def _numbers(result: SeriesResult) -> Iterator[list[float | None]]:
    """Of the groups of the report, in their order."""
    for lesion in result.lesions:
        yield [*(m.value for m in lesion.measurements), lesion.confidence]
    yield [m.value for m in result.breast]
    for signature in result.signatures:
        yield [m.value for m in (*signature_scores(signature), *signature.features)]
