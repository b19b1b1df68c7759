"""A study with a manual ROI that is not in its archive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive, Tick
from tilscope.dicom_io.archives.passed_on import PassedOn


class WithManualRoi(PassedOn):
    """Another archive, in which this manual ROI counts as the only one of the study."""

    def __init__(self, archive: Archive, manual_roi: Dataset | None) -> None:
        """`manual_roi` is a Segmentation or RT structure set, whole; None leaves those of the archive."""
        super().__init__(archive)
        self._manual_roi = manual_roi

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
