"""Studies as volume files, made of the very voxels that a phantom's DICOM files hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from scipy.spatial.transform import Rotation

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.dicom_io.volume_files.facts import SIDE_FILE
from tilscope.models.imaging.series import DceSeries

#: Of `PhantomSpec.small`: middle of each phase, seconds after the injection.
TIMES_S = (-120.0, 90.0, 270.0, 450.0)
#: The same by when each began.
STARTS_S = (-210.0, 0.0, 180.0, 360.0)


def turned(about_z: float, about_x: float) -> tuple[float, ...]:
    """Directions of a grid turned about two axes of the patient."""
    z, x = Rotation.from_euler("z", about_z, degrees=True), Rotation.from_euler("x", about_x, degrees=True)
    return tuple((z * x).as_matrix().ravel().tolist())


OBLIQUE = turned(20, 30)


def series_in(folder: Path) -> DceSeries:
    """The one dynamic series of a folder of DICOM files."""
    archive = FolderArchive(folder)
    study = archive.only_study()
    (source,) = inspect(archive.headers(study)).require_sources()
    files = archive.fetch(study, source.files_needed, folder, lambda done, total: None)
    return read_series(source, files)


def tell(folder: Path, **facts: Any) -> None:
    """The side file."""
    (folder / SIDE_FILE).write_text(json.dumps(facts), encoding="utf-8")


def write_case(series: DceSeries, folder: Path, name: str = "case", suffix: str = ".nii.gz") -> list[Path]:
    """The phases, named as nnU-Net names channels."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}_{number:04d}{suffix}" for number in range(len(series.phases))]
    for path, phase in zip(files, series.phases, strict=True):
        sitk.WriteImage(phase.stored, str(path), useCompression=suffix != ".nii")
    return files


def small_volume(
    direction: tuple[float, ...] = (1, 0, 0, 0, 1, 0, 0, 0, 1),
    dtype: type = np.int16,
    scale: float = 1.0,
    seed: int = 0,
) -> sitk.Image:
    """A volume in which no two slices, rows or columns are alike."""
    values = np.random.default_rng(seed).integers(0, 1000, (10, 24, 30)) * scale
    image = sitk.GetImageFromArray(values.astype(dtype))
    image.SetSpacing((4.5, 4.0, 6.25))
    image.SetOrigin((-151.25, -77.5, 33.0))
    image.SetDirection(direction)
    return image


@dataclass(frozen=True)
class BothWays:
    """The same phases as DICOM and as NIfTI."""

    dicom: Path
    volumes: Path
    """Without a side file."""
    series: DceSeries
