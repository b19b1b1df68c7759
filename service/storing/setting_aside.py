"""Orthanc as a run sees it: objects that it does not take for a fault of its own are set aside, and the run goes on to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import httpx
from pydicom import Dataset

from tilscope.dicom_io.archives.orthanc import OrthancArchive
from tilscope.dicom_io.archives.orthanc_client import OrthancAddress
from tilscope.dicom_io.archives.whose_fault import is_of_the_archive
from tilscope.service.scoring.pictures import keep_picture
from tilscope.service.scoring.series_picture import SeriesPicture

T = TypeVar("T")


class SettingAside(OrthancArchive):
    """After the first fault nothing more is stored, so that the order of storing is kept."""

    def __init__(self, address: OrthancAddress) -> None:
        super().__init__(address)
        self.fault: httpx.HTTPError | None = None
        """Why anything was set aside."""
        self.objects: list[Dataset] = []
        self.pictures: list[SeriesPicture] = []
        self._files: frozenset[str] | None = None
        self._reports: list[Dataset] | None = None

    def input_files(self, study_uid: str) -> frozenset[str]:
        """As they were last seen, once something is set aside: whoever delivers it asks whether the study still holds."""
        if self.fault is None or self._files is None:
            self._files = self._or_last_seen(super().input_files, study_uid, self._files)
        return self._files

    def our_reports(self, study_uid: str) -> list[Dataset]:
        """As they were last seen, where it does not tell any more: what was computed meanwhile is not lost for that."""
        self._reports = self._or_last_seen(super().our_reports, study_uid, self._reports)
        return self._reports

    def _or_last_seen(self, ask: Callable[[str], T], study_uid: str, seen: T | None) -> T:
        """What was never seen is not made up: then the fault is the run's."""
        try:
            return ask(study_uid)
        except httpx.HTTPError as fault:
            if seen is None or not is_of_the_archive(fault):
                raise
            self.fault = fault
            return seen

    def store(self, objects: Iterable[Dataset]) -> None:
        for item in objects:
            if self.fault is not None or not self._stored(item):
                self.objects.append(item)

    def _stored(self, item: Dataset) -> bool:
        try:
            super().store((item,))
        except httpx.HTTPError as fault:
            if not is_of_the_archive(fault):
                raise
            self.fault = fault
            return False
        return True

    def show(self, picture: SeriesPicture) -> None:
        """Keep a picture beside the study; one of a result that waits waits with it."""
        if self.fault is None:
            keep_picture(self, picture)
        else:
            self.pictures.append(picture)
