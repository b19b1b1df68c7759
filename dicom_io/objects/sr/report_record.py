"""Does a result that was stored elsewhere still agree with a report? The report is the authority, to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from pydicom import Dataset

from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.codes import concepts
from tilscope.dicom_io.objects.sr.report_description import description_of
from tilscope.dicom_io.objects.sr.report_reading import groups_about, measurement_groups, numbers_of
from tilscope.dicom_io.objects.sr.report_signatures import signature_scores
from tilscope.models.result import SeriesResult


def result_of(report: Dataset, kept: Iterable[SeriesResult]) -> SeriesResult | None:
    """The one that this very report was written from; None where there is none, or where the report disagrees."""
    for result in kept:
        if Author.of(result).instance_uid(Kind.REPORT) == report.SOPInstanceUID:
            return result if _agrees(result, report) else None
    return None


def _agrees(result: SeriesResult, report: Dataset) -> bool:
    try:
        in_report, in_result = _numbers_of_report(report, result), _numbers_of_result(result)
        # One after another, in however many groups they are.
        return list(chain.from_iterable(in_report)) == list(chain.from_iterable(in_result))
    except (
        concepts.UnknownConcept
    ):  # of a signature whose package was uninstalled since: its numbers cannot be identified
        return False


def _numbers_of_report(report: Dataset, result: SeriesResult) -> Iterator[list[float | None]]:
    """The report's numbers of each lesion, of the breast, and of each signature, in however many groups."""
    groups = list(measurement_groups(report))
    about = {s.id: groups_about(groups, concepts.signature_code(s.id)) for s in result.signatures}
    of_signatures = {id(group) for its_own in about.values() for group in its_own}
    yield from (numbers_of(group) for group in groups if id(group) not in of_signatures)
    yield from ([number for group in its_own for number in numbers_of(group)] for its_own in about.values())


def _numbers_of_result(result: SeriesResult) -> Iterator[list[float | None]]:
    """The same of the result."""
    for lesion in result.lesions:
        described = description_of(result.description, lesion.number)
        yield [*(m.value for m in (*lesion.measurements, *described.measurements)), lesion.confidence]
    yield [m.value for m in result.breast]
    for breast in result.description.breasts if result.description else ():
        yield [m.value for m in breast.measurements]
    for signature in result.signatures:
        yield [m.value for m in (*signature_scores(signature), *signature.features)]
