"""A study that is read where it is, while what is made of it stays in memory: for callers that must not write."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.with_manual_roi import WithManualRoi


class KeptApart(WithManualRoi):
    """Another archive, read only. `stored` holds what would have been stored there."""

    def __init__(self, archive: Archive, manual_roi: Dataset | None = None) -> None:
        """`manual_roi` is a Segmentation or RT structure set, whole, that counts as the only one in the study."""
        super().__init__(archive, manual_roi)
        self.stored: list[Dataset] = []

    def store(self, objects: Iterable[Dataset]) -> None:
        self.stored.extend(objects)
