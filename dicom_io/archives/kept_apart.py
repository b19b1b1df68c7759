"""A study that is read where it is, while what is made of it stays in memory: for callers that must not write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive, Tick
from tilscope.dicom_io.archives.passed_on import PassedOn


class KeptApart(PassedOn):
    """Another archive, read only. `stored` holds what would have been stored there."""

    def __init__(self, archive: Archive, manual_roi: Dataset | None = None) -> None:
        """`manual_roi` is a Segmentation or RT structure set, whole, that counts as the only one in the study."""
        super().__init__(archive)
        self._manual_roi = manual_roi
        self.stored: list[Dataset] = []

    def manual_roi_candidates(self, study_uid: str) -> list[Dataset]:
        return super().manual_roi_candidates(study_uid) if self._manual_roi is None else [self._manual_roi]

    def fetch(self, study_uid: str, instance_uids: Sequence[str], folder: Path, tick: Tick) -> dict[str, Path]:
        if self._manual_roi is None or self._manual_roi.SOPInstanceUID not in instance_uids:
            return super().fetch(study_uid, instance_uids, folder, tick)
        uid = str(self._manual_roi.SOPInstanceUID)
        others = [other for other in instance_uids if other != uid]
        files = super().fetch(study_uid, others, folder, tick) if others else {}
        path = folder / "drawn.dcm"
        self._manual_roi.save_as(path, enforce_file_format=True)
        return {**files, uid: path}

    def store(self, objects: Iterable[Dataset]) -> None:
        self.stored.extend(objects)
