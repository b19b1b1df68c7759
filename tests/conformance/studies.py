"""Studies whose images lie on disk, on any grid and in any encoding, and are scored by decree.

Masks and numbers are known, so that what is read back can be compared with them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from scored_description import described
from scored_study import ScoredStudy, lesion_measurements, scored_study

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.source import DceSource, SourcePhase
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Laterality
from tilscope.models.imaging.voxels import values_of
from tilscope.models.result import LesionResult, OtherBreast, PhaseSummary, SeriesResult
from tilscope.phantom import LAYOUTS, PhantomSpec, make_study, write_study
from tilscope.phantom.lesion_spec import LesionSpec
from tilscope.phantom.study import PhantomStudy

#: A patient with a lesion in each breast, on as few voxels as show them.
TINY = replace(
    PhantomSpec.small(),
    matrix=(80, 80, 16),
    spacing_mm=(4.4, 4.4, 7.5),
    lesion=LesionSpec(side=Laterality.LEFT, diameter_mm=34.0),
    more_lesions=(LesionSpec(side=Laterality.RIGHT, diameter_mm=26.0),),
)


#: Of a series of one breast in the layouts that have such.
_OTHERS = {Laterality.LEFT: OtherBreast("R"), Laterality.RIGHT: OtherBreast("L")}


def images_in(folder: Path) -> Path:
    """Where a case keeps what was in the archive before its objects came."""
    return folder / "images"


def on_grid(
    folder: Path,
    grid: str = "axial",
    laterality: Laterality = Laterality.BOTH,
    tags: dict[str, Any] | None = None,
    private: bool = False,
    **choices: Any,
) -> list[ScoredStudy]:
    """One series with all phases, on one of `scored_study.GRIDS`; the headers are those of the files."""
    images = images_in(folder)
    study = scored_study(grid, laterality, tags, **choices)
    phases = []
    for number, (source, phase) in enumerate(zip(study.source.phases, study.series.phases, strict=True)):
        volume = np.rint(values_of(phase.stored)).astype(np.uint16)
        headers = []
        for k, header in enumerate(source.headers):
            path = images / f"{number}-{k:02d}.dcm"
            _write(header, volume[k], path, private)
            headers.append(pydicom.dcmread(path, stop_before_pixels=True))
        phases.append(SourcePhase(tuple(headers), source.time_s))
    return [replace(study, source=replace(study.source, phases=tuple(phases)))]


def _write(header: Dataset, pixels: np.ndarray, path: Path, private: bool) -> None:
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 16, 15, 0
    header.PixelData = pixels.tobytes()
    if private:
        header.add_new(0x00090010, "LO", "MAKER")
        header.add_new(0x00091001, "LO", "a private value")
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.save_as(path, enforce_file_format=True)


@cache
def phantom(spec: PhantomSpec) -> PhantomStudy:
    return make_study(spec)


def in_layout(folder: Path, layout: str, spec: PhantomSpec = TINY, reversed_slices: bool = False) -> list[ScoredStudy]:
    """A phantom in one of the encodings of docs/layouts.md, divided into regions by its truth."""
    write_study(phantom(spec), images_in(folder), layout, reversed_slices=reversed_slices, companions=False)
    archive = FolderArchive(images_in(folder))
    study_uid = archive.only_study()
    found = []
    truths = {one.imaged: phantom(one) for one in LAYOUTS[layout].examinations(spec)}
    for source in inspect(archive.headers(study_uid)).require_sources():
        files = archive.fetch(study_uid, source.files_needed, folder, lambda done, total: None)
        series = read_series(source, files)
        regions = _true_regions(truths[source.laterality], series)
        found.append(ScoredStudy(_decreed(source, regions, layout), series, regions, source))
    return found


def _true_regions(truth: PhantomStudy, series: DceSeries) -> Regions:
    def on_the_images(mask: sitk.Image) -> sitk.Image:
        return sitk.Resample(mask, series.grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)

    lesions = tuple(
        Lesion(number, on_the_images(one.mask), one.spec.side, 0.9)
        for number, one in enumerate(truth.truth.lesions, start=1)
    )
    return Regions(on_the_images(truth.truth.breast), on_the_images(truth.truth.fgt), lesions, "truth", "1")


def _decreed(source: DceSource, regions: Regions, name: str) -> SeriesResult:
    curves = ("washout", "persistent")
    block = described(source.laterality)
    # Each breast of a pair has UIDs of its own, which follow from the hashes.
    mark = f"{name} {source.laterality.value}".encode().hex()[-16:].rjust(16, "0")
    return replace(
        scored_study().result,
        study_uid=source.study_uid,
        series_uids=source.series_uids,
        input_hash=mark,
        measurement_hash=mark[::-1],
        laterality=source.laterality.value,
        other_breast=_OTHERS.get(source.laterality),
        time_zero=source.time_zero,
        time_zero_assumed=source.time_zero_assumed,
        phases=tuple(PhaseSummary(i + 1, source.roles.name(i), p.time_s) for i, p in enumerate(source.phases)),
        lesions=tuple(
            LesionResult(one.number, one.laterality.value, one.confidence, lesion_measurements(1 / one.number), curve)
            for one, curve in zip(regions.lesions, curves, strict=False)
        ),
        description=replace(block, lesions=block.lesions[: len(regions.lesions)]),
    )
