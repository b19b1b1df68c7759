"""Pixels become volumes: every transfer syntax and depth, and what is broken is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import values_of
from tilscope.models.refusals import BadInput
from tilscope.phantom import PhantomSpec, PhantomStudy, make_study, write_study
from tilscope.phantom.pixels import STORAGES, SYNTAXES


@pytest.fixture(scope="module")
def patient() -> PhantomStudy:
    return make_study(PhantomSpec.small())


def read(folder: Path) -> DceSeries:
    archive = FolderArchive(folder / "dicom")
    study = archive.only_study()
    (source,) = assemble(archive.headers(study))
    return read_series(source, archive.fetch(study, source.files_needed, folder, lambda done, total: None))


@pytest.fixture(scope="module")
def plain(patient: PhantomStudy, tmp_path_factory: pytest.TempPathFactory) -> DceSeries:
    folder = tmp_path_factory.mktemp("plain")
    write_study(patient, folder, companions=False)
    return read(folder)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_transfer_syntax_gives_the_same_volumes(syntax: str, patient, plain: DceSeries, tmp_path: Path) -> None:
    write_study(patient, tmp_path, companions=False, syntax=syntax)
    found = read(tmp_path)
    assert len(found.phases) == len(plain.phases)
    for ours, theirs in zip(found.phases, plain.phases, strict=True):
        np.testing.assert_array_equal(values_of(ours.image), values_of(theirs.image))
        assert ours.image.GetOrigin() == theirs.image.GetOrigin()


@pytest.mark.parametrize("stored", STORAGES)
def test_every_depth_gives_the_same_picture(stored: str, patient, plain: DceSeries, tmp_path: Path) -> None:
    write_study(patient, tmp_path, companions=False, stored=stored)
    found = sitk.GetArrayFromImage(read(tmp_path).early).ravel()
    expected = values_of(plain.early).ravel()
    # Coarser storage rounds; what it shows is the same.
    assert np.corrcoef(found, expected)[0, 1] > 0.999


@pytest.mark.parametrize("syntax", ["jpeg-ls", "jpeg-2000", "rle"])
def test_a_broken_compressed_image_is_named(syntax: str, patient, tmp_path: Path) -> None:
    paths = write_study(patient, tmp_path, companions=False, syntax=syntax)
    damaged = pydicom.dcmread(paths[30])
    damaged.PixelData = damaged.PixelData[: len(damaged.PixelData) // 4 * 2]
    damaged.save_as(paths[30], enforce_file_format=True)
    with pytest.raises(BadInput) as told:
        read(tmp_path)
    assert told.value.code in ("undecodable-pixels", "unreadable-file")
    assert damaged.SOPInstanceUID in str(told.value) or paths[30].name in str(told.value)
