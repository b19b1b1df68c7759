"""Which studies lie in a folder, a zip archive or behind a DICOMDIR, whatever else lies there."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.archives.many_studies import files_of_studies
from tilscope.dicom_io.archives.study_query import ArchiveQuery
from tilscope.dicom_io.archives.zipped import unpack
from tilscope.models.refusals import BadInput

ONE, OTHER = "1.2.3.1", "1.2.3.2"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A small MR instance of a study, as a file of some name below the test's folder."""

    def instance(name: str, study: str = ONE, day: str = "20240301") -> Path:
        header = pydicom.Dataset()
        header.file_meta = FileMetaDataset()
        header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = MRImageStorage
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        header.StudyInstanceUID, header.SeriesInstanceUID, header.Modality = study, f"{study}.1", "MR"
        header.PatientID, header.PatientName, header.StudyID = "P", "P", "1"
        header.StudyDate, header.StudyTime = day, "120000"
        header.SeriesNumber = header.InstanceNumber = 1
        header.Rows = header.Columns = header.SamplesPerPixel = 1
        header.BitsAllocated = header.BitsStored = 16
        header.HighBit, header.PixelRepresentation, header.PhotometricInterpretation = 15, 0, "MONOCHROME2"
        header.PixelData = b"\0\0"
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        header.save_as(path, enforce_file_format=True)
        return path

    return instance


def pack(archive: Path, **members: Path | bytes) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content if isinstance(content, bytes) else content.read_bytes())
    return archive


def test_a_study_lies_in_folders_and_in_zip_archives_at_once(write: Write, tmp_path: Path) -> None:
    write("cohort/a/1.dcm")
    write("cohort/b/deep/2.dcm", OTHER)
    pack(tmp_path / "cohort/rest.ZIP", **{"x/1": write("1"), "x/2": write("2", OTHER), "read me": b"no DICOM" * 40})
    found = files_of_studies(tmp_path / "cohort")
    assert {study: len(files) for study, files in found.by_study.items()} == {ONE: 1, OTHER: 1}
    assert {study: [file.name for file in files] for study, files in found.zipped.items()} == {
        ONE: ["x/1"],
        OTHER: ["x/2"],
    }
    assert found.unreadable == ()


def test_what_is_unpacked_lies_inside_the_folder_whatever_it_is_called(write: Write, tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", **{"../../evil.dcm": write("1"), "/etc/other.dcm": write("2")})
    (tmp_path / "out").mkdir()
    paths = unpack(files_of_studies(archive).zipped[ONE], tmp_path / "out")
    assert [path.parent for path in paths] == [tmp_path / "out"] * 2
    assert len(FolderArchive(tmp_path / "out").headers(ONE)) == 2
    assert not (tmp_path.parent / "evil.dcm").exists()


def test_what_cannot_be_read_is_named_and_the_rest_is_found(write: Write, tmp_path: Path) -> None:
    (tmp_path / "cohort").mkdir()
    (tmp_path / "cohort/broken.zip").write_bytes(b"PK\x03\x04 and nothing more")
    locked = pack(tmp_path / "cohort/locked.zip", secret=write("1"))
    content = bytearray(locked.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # as an encrypted part is marked in the table of contents
    locked.write_bytes(content)
    write("cohort/2.dcm", OTHER)
    found = files_of_studies(tmp_path / "cohort")
    assert found.by_study.keys() == {OTHER}
    assert {path.name for path in found.unreadable} == {"broken.zip", "secret"}


def test_a_dicomdir_names_its_files_in_whatever_letters_the_disk_has(write: Write, tmp_path: Path) -> None:
    files = FileSet()
    for path in (write("1"), write("2", OTHER), write("3", OTHER)):
        files.add(path)
    files.write(tmp_path / "cd")
    write("cd/stray.dcm", "1.2.3.9")
    found = files_of_studies(tmp_path / "cd" / "DICOMDIR")
    assert {study: len(paths) for study, paths in found.by_study.items()} == {ONE: 1, OTHER: 2}, "only what it names"
    for path in sorted((tmp_path / "cd").rglob("*"), key=lambda one: -len(one.parts)):
        path.rename(path.with_name(path.name.lower()))
    copied = files_of_studies(tmp_path / "cd" / "dicomdir")
    assert {study: len(paths) for study, paths in copied.by_study.items()} == {ONE: 1, OTHER: 2}
    copied.by_study[ONE][0].unlink()
    without = files_of_studies(tmp_path / "cd" / "dicomdir")
    assert (without.by_study.keys(), len(without.unreadable)) == ({OTHER}, 1)


def test_a_dicomdir_cannot_lead_out_of_its_folder(write: Write, tmp_path: Path) -> None:
    files = FileSet()
    files.add(write("1"))
    files.write(tmp_path / "cd")
    contents = pydicom.dcmread(tmp_path / "cd" / "DICOMDIR")
    contents.DirectoryRecordSequence[-1].ReferencedFileID = ["..", "1"]
    contents.save_as(tmp_path / "cd" / "DICOMDIR")
    with pytest.raises(BadInput, match="leads elsewhere"):
        files_of_studies(tmp_path / "cd" / "DICOMDIR")


def test_another_file_is_no_place_for_studies(write: Write) -> None:
    with pytest.raises(BadInput) as refused:
        files_of_studies(write("1.dcm"))
    assert refused.value.code == "not-a-folder"


def test_a_query_chooses_by_day_and_number_the_newest_first(write: Write, tmp_path: Path) -> None:
    for number, day in enumerate(("20240105", "20240301", "20240302", "")):
        write(f"{number}.dcm", f"1.2.3.{number}", day)
    archive = FolderArchive(tmp_path)

    def days(query: ArchiveQuery) -> list[str]:
        return [found.day for found in archive.studies_matching(query)]

    assert days(ArchiveQuery()) == ["20240302", "20240301", "20240105", ""]
    assert days(ArchiveQuery(newest=2)) == ["20240302", "20240301"]
    assert days(ArchiveQuery(since=date(2024, 3, 1))) == ["20240302", "20240301"]
    assert days(ArchiveQuery(until=date(2024, 3, 1))) == ["20240301", "20240105"]
    with pytest.raises(BadInput) as refused:
        archive.studies_matching(ArchiveQuery(sender="SCANNER"))
    assert refused.value.code == "sender-unknown"
