"""What is alike in archives that are asked for the headers of one modality at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pydicom import Dataset

from tilscope.dicom_io.archives import MANUAL_ROI_MODALITIES
from tilscope.dicom_io.identity import MANUFACTURER


class ArchiveByModality(ABC):
    """Headers of images, of our reports and of what people may have drawn; documented with `Archive`."""

    @abstractmethod
    def _headers_of_modality(self, study_uid: str, modality: str) -> list[Dataset]: ...

    def headers(self, study_uid: str) -> list[Dataset]:
        return self._headers_of_modality(study_uid, "MR")

    def our_reports(self, study_uid: str) -> list[Dataset]:
        return [h for h in self._headers_of_modality(study_uid, "SR") if h.get("Manufacturer") == MANUFACTURER]

    def manual_roi_candidates(self, study_uid: str) -> list[Dataset]:
        found = (h for modality in MANUAL_ROI_MODALITIES for h in self._headers_of_modality(study_uid, modality))
        return [h for h in found if h.get("Manufacturer") != MANUFACTURER]
