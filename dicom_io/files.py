"""Headers from DICOM files, with errors that name the file and what is wrong with it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

import pydicom
from pydicom import Dataset, FileDataset
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage

from tilscope.models.refusals import BadInput

#: Bytes before the letters DICM, of which nothing is read.
PREAMBLE = 128
_UNDEFINED_LENGTH = 0xFFFFFFFF


def is_dicom(path: Path) -> bool:
    """Has the file the Part 10 prefix? A stray text file in a folder of images is passed over, not an error."""
    with path.open("rb") as file:
        return file.read(PREAMBLE + 4)[PREAMBLE:] == b"DICM"


def study_in(file: IO[bytes]) -> str | None:
    """The Study Instance UID of a file that lies open; '' where it cannot be read, None where the file is no DICOM file."""
    if file.read(PREAMBLE + 4)[PREAMBLE:] != b"DICM":
        return None
    file.seek(0)
    try:
        with broken_told(""):
            header = pydicom.dcmread(file, specific_tags=["StudyInstanceUID"], stop_before_pixels=True)
            return str(header.get("StudyInstanceUID") or "")
    except BadInput:
        return ""


@contextmanager
def broken_told(name: str) -> Iterator[None]:
    """`BadInput` that names the file in place of whatever broken bytes lead pydicom to."""
    try:
        yield
    except Exception as problem:
        why = str(problem) or type(problem).__name__
        raise BadInput("unreadable-file", name=name, problem=why) from problem


def read_header(path: Path) -> FileDataset:
    """Everything but the pixels. An MR image that breaks off, even within its pixels, is refused by name."""
    with path.open("rb") as file:
        with broken_told(path.name):
            header = pydicom.dcmread(file, stop_before_pixels=True)
            str(header.get("SOPInstanceUID"))
        if header.get("SOPInstanceUID") in (None, ""):
            raise BadInput("unreadable-file", name=path.name, problem="it has no SOPInstanceUID; it may be cut off")
        if header.get("SOPClassUID") in (MRImageStorage, EnhancedMRImageStorage):
            _check_pixels_are_there(file, path, header)
    return header


def _check_pixels_are_there(file: BinaryIO, path: Path, header: FileDataset) -> None:
    """`file` is positioned at the PixelData element, where reading stopped (PS3.5 7.1: tag, VR, length)."""
    syntax = header.file_meta.TransferSyntaxUID
    if syntax.is_deflated:  # the file is one compressed stream: its position means nothing
        return
    head = file.read(8 if syntax.is_implicit_VR else 12)
    if len(head) < 8:
        raise BadInput("unreadable-file", name=path.name, problem="it ends before the pixels")
    length = struct.unpack("<I" if syntax.is_little_endian else ">I", head[-4:])[0]
    if length == _UNDEFINED_LENGTH:  # compressed frames: a cut shows when they are decoded
        return
    found = path.stat().st_size - file.tell()
    if found < length:
        raise BadInput("truncated-pixels", name=path.name, found=found, expected=length)


def to_bytes(dataset: Dataset) -> bytes:
    """The object as a Part 10 file."""
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
