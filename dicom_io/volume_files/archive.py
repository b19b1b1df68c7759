"""Volume files as an archive: each study is made into DICOM when it is first asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import Tick
from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.files import read_header
from tilscope.dicom_io.objects.seg.manual_mask import segmentation_of_mask
from tilscope.dicom_io.volume_files.case import VolumeCase
from tilscope.dicom_io.volume_files.derived_images import write_derived_images
from tilscope.dicom_io.volume_files.find_cases import volume_cases
from tilscope.dicom_io.volume_files.masks import read_mask
from tilscope.models.readable_lists import first_few
from tilscope.models.refusals import BadInput


class VolumeArchive(FolderArchive):
    """The cases of a folder. What is made of them lies in `work`, and results go to `out`."""

    def __init__(self, folder: Path, cases: Sequence[VolumeCase], work: Path, out: Path | None = None) -> None:
        super().__init__(folder, out, files=())
        self.cases = {case.study_uid: case for case in cases}
        self._work = work

    def studies(self, tick: Tick = lambda done, total: None) -> list[str]:
        return list(self.cases)

    def study_named(self, study: str, tick: Tick = lambda done, total: None) -> str:
        """By the name of its case, too."""
        by_name = {case.name: uid for uid, case in self.cases.items()}
        if not study and len(by_name) > 1:
            raise BadInput("several-studies", place=self.folder, count=len(by_name), studies=first_few(list(by_name)))
        return super().study_named(by_name.get(study, study), tick)

    def headers(self, study_uid: str) -> list[Dataset]:
        if study_uid in self.cases and study_uid not in self._headers:
            self._make(self.cases[study_uid])
        return self._headers.get(study_uid, [])

    def images_of(self, study_uid: str) -> list[Path]:
        """The files of the images that were made, for those who keep them."""
        return [self._files[str(header.SOPInstanceUID)] for header in self.headers(study_uid)]

    def _make(self, case: VolumeCase) -> None:
        folder = self._work / case.study_uid
        folder.mkdir(exist_ok=True)
        files = write_derived_images(case, folder)
        headers: list[Dataset] = [read_header(path) for path in files]
        if case.mask is not None:
            # Where the images are refused, so is the study: the reason is theirs.
            for source in inspect(headers).sources[:1]:
                drawn = segmentation_of_mask(read_mask(case.mask), source, str(case.mask))
                files.append(folder / "mask.dcm")
                drawn.save_as(files[-1], enforce_file_format=True)
                headers.append(drawn)
        self._headers[case.study_uid] = headers
        self._files |= {str(header.SOPInstanceUID): path for header, path in zip(headers, files, strict=True)}


@contextmanager
def opened_folder(
    folder: Path, out: Path | None = None, files: Sequence[Path] | None = None, about: Path | None = None
) -> Iterator[FolderArchive]:
    """A folder of DICOM files, or of volume files, whichever it holds.

    `files` are those to be read, where they are known; `about` is a side file of volumes that lies elsewhere.
    """
    cases = volume_cases(folder, about, files)
    if not cases:
        yield FolderArchive(folder, out, files)
        return
    with tempfile.TemporaryDirectory(prefix="tilscope-") as work:
        yield VolumeArchive(folder, cases, Path(work), out)
