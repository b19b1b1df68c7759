"""The result as a report keeps it for programs: whole and exact, in a private element beside the tree that people read.

A measurement in the tree has a code, a number and a unit. Its name, the gates that passed, the terms of a score have no
place there, and without them no result could be given back as it was. The tree stays the authority: a record whose numbers
are not those of the tree, to the last digit, does not count.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError
from pydicom import Dataset

from dicom_io.objects.report_reading import measurement_groups, numbers_of
from dicom_io.objects.report_signatures import signature_scores
from models.result import SeriesResult

#: Our block of private elements; de-identification and careless archives remove it, and then there is no record.
_GROUP, _CREATOR, _ELEMENT = 0x0099, "TILSCOPE RESULT", 0x01
_BLOCKS = range(0x10, 0x100)  # PS3.5 7.8.1
_ADAPTER = TypeAdapter(SeriesResult)


def keep_record(report: Dataset, result: SeriesResult) -> None:
    """Into the report's own data set; a record that was there is replaced."""
    number = _block(report)
    if number is None:
        number = next(free for free in _BLOCKS if (_GROUP, free) not in report)
        report.add_new((_GROUP, number), "LO", _CREATOR)
    report.add_new(_place(number), "UT", _ADAPTER.dump_json(result).decode())


def record_of(report: Dataset) -> SeriesResult | None:
    """The result that the report was written from, equal to it; None where it cannot be had exactly."""
    number = _block(report)
    if number is None or _place(number) not in report:
        return None
    try:
        # Bytes, where an archive has forgotten the representation.
        result = _ADAPTER.validate_json(report[_place(number)].value)
    except ValidationError:
        return None
    told = [numbers_of(group) for group in measurement_groups(report)]
    return result if told == list(_numbers(result)) else None


def _block(report: Dataset) -> int | None:
    """The number of our block. Not by pydicom's own: a copied data set goes on writing into the blocks of the first."""
    return next((n for n in _BLOCKS if (_GROUP, n) in report and report[_GROUP, n].value == _CREATOR), None)


def _place(block: int) -> tuple[int, int]:
    return _GROUP, (block << 8) | _ELEMENT


def _numbers(result: SeriesResult) -> Iterator[list[float | None]]:
    """Of the groups of the report, in their order."""
    for lesion in result.lesions:
        yield [*(m.value for m in lesion.measurements), lesion.confidence]
    yield [m.value for m in result.breast]
    for signature in result.signatures:
        yield [m.value for m in (*signature_scores(signature), *signature.features)]
