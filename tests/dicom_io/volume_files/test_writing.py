"""What is written as NIfTI: phases, masks and maps that lie on the images, in a folder that is a study again."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scored_study import GRIDS, TIMES_S, scored_study
from volume_study import small_volume, tell

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.dicom_io.volume_files.archive import opened_folder
from tilscope.dicom_io.volume_files.find_cases import volume_cases
from tilscope.dicom_io.volume_files.writing import write_nifti
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import image_of

NAMES = ["mask_breast", "mask_fgt", "mask_lesion_1", "mask_lesion_2", "mask_ring", "pe", "phase_0000", "phase_0001", "phase_0002", "ser"]  # fmt: skip


def floats_in(path: Path) -> np.ndarray:
    """As they are in the file: ITK reads 0 for what is no number."""
    raw = gzip.decompress(path.read_bytes())
    return np.frombuffer(raw, "<f4", offset=int(np.frombuffer(raw, "<f4", 1, offset=108)[0]))


@pytest.mark.parametrize("grid", GRIDS)
def test_everything_lies_on_the_images(tmp_path: Path, grid: str) -> None:
    study = scored_study(grid)
    written = write_nifti(tmp_path, study.series, study.regions, study.source)
    assert sorted(path.name.removesuffix(".nii.gz") for path in written[:-1]) == NAMES
    lesion = sitk.ReadImage(str(tmp_path / "mask_lesion_1.nii.gz"))
    there = study.regions.lesions[0].mask
    np.testing.assert_array_equal(sitk.GetArrayFromImage(lesion), sitk.GetArrayFromImage(there))
    columns, rows, slices = there.GetSize()
    for corner in ((0, 0, 0), (columns, rows, slices)):
        here = [image.TransformIndexToPhysicalPoint(corner) for image in (lesion, there)]
        np.testing.assert_allclose(here[0], here[1], atol=2e-5)


def test_a_map_is_empty_outside_and_has_the_values_of_the_parametric_map(tmp_path: Path) -> None:
    study = scored_study()
    write_nifti(tmp_path, study.series, study.regions, study.source)
    pe = floats_in(tmp_path / "pe.nii.gz").reshape(study.series.grid.GetSize()[::-1])
    inside = sitk.GetArrayFromImage(study.regions.breast) != 0
    assert np.isnan(pe[~inside]).all()
    lesion = sitk.GetArrayFromImage(study.regions.lesions[0].mask) != 0
    pre, early = (sitk.GetArrayFromImage(image) for image in (study.series.pre, study.series.early))
    np.testing.assert_allclose(pe[lesion], 100 * (early[lesion] / pre[lesion] - 1), rtol=1e-4)


def test_the_folder_is_a_study_with_its_times(tmp_path: Path) -> None:
    tags = {"ScanOptions": "FS", "MagneticFieldStrength": 1.5, "FlipAngle": 10, "PatientPosition": "FFP"}
    study = scored_study(tags=tags)
    write_nifti(tmp_path, study.series, study.regions, study.source)
    (case,) = volume_cases(tmp_path)
    assert case.facts.times_s == TIMES_S
    told = json.loads((tmp_path / "tilscope-study.json").read_text(encoding="utf-8"))
    assert told["patient"] == "T-1"
    assert (told["fat_suppressed"], told["field_strength_t"], told["flip_degrees"]) == (True, 1.5, 10)
    assert told["patient_position"] == "FFP"


def test_an_injection_that_was_assumed_is_not_written_as_known(tmp_path: Path) -> None:
    study = scored_study()
    write_nifti(
        tmp_path, study.series, study.regions, replace(study.source, time_zero_assumed=True, phase_duration_s=100.0)
    )
    (case,) = volume_cases(tmp_path)
    assert case.facts.times_s == ()
    assert case.facts.starts_s == (-110, 100, 400)
    assert case.facts.injection_s is None


def test_of_volumes_everything_is_listed_as_it_was_there(tmp_path: Path) -> None:
    """A radiological NIfTI: its masks have its own order of slices."""
    came = tmp_path / "came"
    came.mkdir()
    for number in range(4):
        sitk.WriteImage(small_volume(seed=number)[:, :, ::-1], str(came / f"case_{number:04d}.nii.gz"))
    tell(came, times_s=(-120, 90, 270, 450))
    with opened_folder(came) as archive:
        (uid,) = archive.studies()
        (source,) = inspect(archive.headers(uid)).require_sources()
        series = read_series(source, archive.fetch(uid, source.files_needed, came, lambda done, total: None))
    drawn = np.zeros((10, 24, 30), bool)
    drawn[2:4, 8:14, 10:16] = True
    everywhere = image_of(np.ones_like(drawn), series.grid)
    lesion = Lesion(1, image_of(drawn, series.grid), Laterality.LEFT, 1.0)
    regions = Regions(everywhere, image_of(~drawn, series.grid), (lesion,), "by construction", "1")
    write_nifti(tmp_path / "out", series, regions, source)
    image, mask = (
        sitk.ReadImage(str(path)) for path in (came / "case_0000.nii.gz", tmp_path / "out" / "mask_lesion_1.nii.gz")
    )
    assert mask.GetOrigin() == image.GetOrigin()
    assert mask.GetDirection() == image.GetDirection()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(mask), drawn[::-1])
