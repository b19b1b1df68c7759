"""One damaged file in a folder: the same volumes as before, or an answer that names the file, the image or its place."""

from __future__ import annotations

import random
import resource
import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
from benchmarks import big_study
from broken_values import GARBAGE, STUDIES, put

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.imaging.voxels import values_of
from tilscope.models.refusals import NoResult

PIXEL_KEYWORDS = (
    "RescaleSlope", "RescaleIntercept", "BitsAllocated", "SamplesPerPixel", "Rows", "Columns", "NumberOfFrames",
    "SOPInstanceUID", "SOPClassUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID",
    "ImagePositionPatient", "PixelSpacing",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("study")
    big_study.write(made, size=256, slices=8, phases=6)
    return made


def outcome(folder: Path) -> list[tuple[float, bytes]] | NoResult:
    """Times and values of the phases, or the answer why there are none."""
    try:
        archive = FolderArchive(folder)
        study = archive.only_study()
        (source,) = assemble(archive.headers(study))
        series = read_series(source, archive.fetch(study, source.files_needed, folder, lambda done, total: None))
    except NoResult as answer:
        return answer
    return [(phase.time_s, np.ascontiguousarray(values_of(phase.stored)).tobytes()) for phase in series.phases]


def cut(path: Path, chance: random.Random) -> str:
    content = path.read_bytes()
    length = chance.choice((chance.randrange(len(content)), chance.randrange(3000), len(content) - 1))
    path.write_bytes(content[:length])
    return f"cut to {length} bytes"


def garble(path: Path, chance: random.Random) -> str:
    keyword, value = chance.choice(PIXEL_KEYWORDS), chance.choice(GARBAGE)
    dataset = pydicom.dcmread(path)
    put(dataset, keyword, value)
    try:
        dataset.save_as(path, enforce_file_format=True)
    except Exception:  # pydicom cannot write every broken value; the file is left cut off then
        return f"{keyword} unwritable"
    return f"{keyword} = {value!r}"


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_one_damaged_file_is_never_silent(folder: Path) -> None:
    truth = outcome(folder)
    assert isinstance(truth, list)
    files = sorted(folder.iterdir())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(STUDIES // 4):
        chance = random.Random(number)
        path = chance.choice(files)
        whole = path.read_bytes()
        told = f"study {number}, {path.name}: {chance.choice((cut, garble))(path, chance)}"
        begun = time.process_time()
        try:
            found = outcome(folder)
        finally:
            path.write_bytes(whole)
        assert time.process_time() - begun < 10, told
        assert isinstance(found, NoResult) or found == truth, told
    # Kilobytes: no damage makes us ask for the memory that a header claims.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
