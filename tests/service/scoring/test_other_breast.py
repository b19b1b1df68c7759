"""The other breast of a pair, where one breast by itself does not decide: asked for its gland, and for nothing else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import inspect
from tilscope.models.lesions.surroundings import Level
from tilscope.models.settings import PipelineSettings
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.phantom.spec import Background
from tilscope.service.scoring.other_breast import level_of_other_breast

HEALTHY = replace(PhantomSpec.small(), lesion=None, density=0.8)


def level_of_right_breast(folder: Path) -> Level | None:
    archive = FolderArchive(folder / "dicom")
    right, left = inspect(archive.headers(archive.only_study())).require_sources()
    assert (right.laterality.word, left.laterality.word) == ("right", "left")
    return level_of_other_breast(archive, right, PipelineSettings())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Marked background."""
    folder = tmp_path_factory.mktemp("marked")
    write_study(make_study(replace(HEALTHY, background=Background.MARKED)), folder, "sagittal-pair", companions=False)
    return folder


def test_its_gland_reaches_what_its_background_is(folder: Path, tmp_path: Path) -> None:
    write_study(
        make_study(replace(HEALTHY, background=Background.MINIMAL)), tmp_path, "sagittal-pair", companions=False
    )
    marked, minimal = level_of_right_breast(folder), level_of_right_breast(tmp_path)
    assert marked is not None
    assert minimal is not None
    assert marked.reached > 2 * minimal.reached


def test_a_breast_that_is_refused_tells_nothing_and_refuses_nothing(folder: Path, tmp_path: Path) -> None:
    """Its own refusal is said where it is scored."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    damaged = next(
        file
        for file in sorted((tmp_path / "dicom").rglob("*.dcm"))
        if float(pydicom.dcmread(file, stop_before_pixels=True).ImagePositionPatient[0]) < 0
    )
    header = pydicom.dcmread(damaged)
    header.RescaleSlope, header.RescaleIntercept = "2", "0"
    header.save_as(damaged)
    assert level_of_right_breast(tmp_path) is None
