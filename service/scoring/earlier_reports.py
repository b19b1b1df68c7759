"""Which of our reports and refusal notes hold on these images? The archive is asked, once a study; the ledger may be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.results import edition_of, previous_report
from tilscope.dicom_io.objects.sr.report_chain import PreviousReport, current_predecessors, first_edition
from tilscope.dicom_io.objects.sr.report_reading import current_reports, evidence_of
from tilscope.models.result import SeriesResult
from tilscope.models.settings import ObjectSettings


class EarlierReports:
    """The reports and refusal notes of TILscope in one study, by their headers."""

    def __init__(self, archive: Archive, study_uid: str) -> None:
        self._archive, self._study_uid = archive, study_uid

    @cached_property
    def _headers(self) -> list[Dataset]:
        """Read at the first use: a study that is not scored needs no further query."""
        return self._archive.our_reports(self._study_uid)

    def named(self, instance_uid: str) -> Dataset | None:
        return next((header for header in self._headers if header.SOPInstanceUID == instance_uid), None)

    def current_report_on(self, images: Iterable[str]) -> Dataset | None:
        """The measurement report that holds now on some of these images."""
        wanted = set(images)
        return next((header for header in current_reports(self._headers) if wanted & evidence_of(header)), None)

    def report_of(self, result: SeriesResult) -> Dataset | None:
        """The report of this very result, from an earlier run."""
        return self.named(Author.of(result).instance_uid(Kind.REPORT))

    def superseded_by(self, result: SeriesResult, source: DceSource) -> PreviousReport | None:
        """What the report of `result` replaces."""
        return previous_report(self._headers, result, source)

    def superseded_on(self, images: Iterable[str], but: str) -> tuple[PreviousReport, ...]:
        """All that a note on these images replaces, except the note itself: each of two breasts may have a report or a note."""
        return current_predecessors(self._headers, images, but)

    def edition_of(self, result: SeriesResult, written: ObjectSettings | None = None) -> int:
        """A result that holds again after another gets a report of its own; `written` are the objects that it must name."""
        return edition_of(self._headers, result, written)

    def first_edition(self, uid_of: Callable[[int], str]) -> int:
        """The first edition whose UID, by `uid_of`, is free or is that of the report that holds now."""
        return first_edition(self._headers, uid_of)
