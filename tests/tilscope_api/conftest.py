"""A small study on disk, and what the API says of it: made once for all tests that only look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from study_on_disk import StudyOnDisk

import tilscope


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> StudyOnDisk:
    """Not to be written to."""
    folder = tmp_path_factory.mktemp("study")
    patient = tilscope.phantom.make_study(tilscope.phantom.PhantomSpec.small())
    tilscope.phantom.write_study(patient, folder)
    return StudyOnDisk(patient, folder / "dicom")


@pytest.fixture(scope="session")
def result(small_study: StudyOnDisk) -> tilscope.Result:
    return tilscope.score(small_study.folder)


@pytest.fixture
def with_defect(tmp_path: Path) -> Callable[[Callable[[Path], object]], Path]:
    """The folder of a small study in which something was broken."""

    def write(defect: Callable[[Path], object]) -> Path:
        tilscope.phantom.write_study(tilscope.phantom.make_study(tilscope.phantom.PhantomSpec.small()), tmp_path)
        defect(tmp_path)
        return tmp_path / "dicom"

    return write
