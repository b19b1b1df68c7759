"""An archive that a study is still arriving in."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives.folder import FolderArchive


class Arriving(FolderArchive):
    """Holds what has come so far, as headers, under the name '1'."""

    def __init__(self, headers: list[Dataset]) -> None:
        super().__init__(Path(__file__).parent)
        self._headers = {"1": headers}
