"""The maps of PE and SER, read back by dcmqi: the very numbers that are measured, in the right place, and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import dicom_readers
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import Dataset
from scored_study import GRIDS, ScoredStudy, scored_study

from tilscope.dicom_io.identity import Author, Kind
from tilscope.dicom_io.objects.images.parametric_maps import NO_VALUE, build_map
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.voxels import image_of, mask_of, values_of
from tilscope.models.kinetics.maps import KineticMaps, kinetic_maps

MAPS = (Kind.PE_MAP, Kind.SER_MAP)


def map_of(kind: Kind, study: ScoredStudy) -> Dataset:
    return build_map(kind, study.series, study.regions, study.source, Author.of(study.result), datetime.now())


def measured(study: ScoredStudy) -> KineticMaps:
    return kinetic_maps(PreparedSeries(study.series, study.series, study.regions.breast, None))


def read_back(kind: Kind, study: ScoredStudy, folder: Path) -> np.ndarray:
    """As dcmqi gives it, on the grid of the study."""
    read = dicom_readers.read_map(dicom_readers.saved(map_of(kind, study), folder), folder / "read")
    assert read.GetSize() == study.series.grid.GetSize()
    placed = sitk.Resample(read, study.series.grid, sitk.Transform(), sitk.sitkNearestNeighbor, 1e9)
    return sitk.GetArrayFromImage(placed)


@pytest.mark.parametrize("grid", GRIDS)
def test_the_numbers_of_the_lesions_are_those_that_are_measured(grid: str, tmp_path: Path) -> None:
    study = scored_study(grid)
    expected = measured(study)
    lesions = np.logical_or.reduce([mask_of(lesion.mask) for lesion in study.regions.lesions])
    pe = values_of(expected.pe)
    np.testing.assert_array_equal(read_back(Kind.PE_MAP, study, tmp_path)[lesions], pe[lesions])
    enhancing = lesions & (pe >= 10)
    assert enhancing.any()
    ser = read_back(Kind.SER_MAP, study, tmp_path)
    np.testing.assert_array_equal(ser[enhancing], values_of(expected.ser)[enhancing])


def test_where_there_is_no_value_stands_one_that_none_can_be(tmp_path: Path) -> None:
    study = scored_study()
    outside = ~mask_of(study.regions.breast)
    for kind in MAPS:
        assert (read_back(kind, study, tmp_path)[outside] == NO_VALUE).all()
        obj = map_of(kind, study)
        (mapping,) = obj.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence
        assert obj.FloatPixelPaddingValue == NO_VALUE < mapping.DoubleFloatRealWorldValueFirstValueMapped
    flat = read_back(Kind.PE_MAP, study, tmp_path)
    slow = (flat != NO_VALUE) & (flat < 10)
    assert slow.any()
    assert (read_back(Kind.SER_MAP, study, tmp_path)[slow] == NO_VALUE).all(), "SER of what hardly enhances is noise"


def test_an_undefined_voxel_of_a_lesion_has_no_value(tmp_path: Path) -> None:
    study = scored_study()
    pre, *others = study.series.phases
    dark = values_of(pre.image).copy()
    k, j, i = np.argwhere(mask_of(study.regions.index_lesion.mask))[0]
    dark[k, j, i] = 0
    series = replace(study.series, phases=(replace(pre, stored=image_of(dark, pre.stored)), *others))
    assert read_back(Kind.PE_MAP, replace(study, series=series), tmp_path)[k, j, i] == NO_VALUE


def test_tissue_without_signal_before_contrast_has_no_value(tmp_path: Path) -> None:
    """Suppressed fat: noise over noise would cover the map with speckles of some thousand percent."""
    study = scored_study()
    fat = mask_of(study.regions.breast) & ~mask_of(study.regions.fgt)
    for lesion in study.regions.lesions:
        fat &= ~mask_of(lesion.mask)
    noise = np.abs(np.random.default_rng(5).normal(0, 6, (len(study.series.phases), *fat.shape))).astype(np.float32)
    phases = tuple(
        replace(phase, stored=image_of(np.where(fat, noise[number], values_of(phase.image)), phase.stored))
        for number, phase in enumerate(study.series.phases)
    )
    pe = read_back(Kind.PE_MAP, replace(study, series=replace(study.series, phases=phases)), tmp_path)
    assert (pe[fat] == NO_VALUE).mean() > 0.99
    assert (pe[mask_of(study.regions.fgt)] != NO_VALUE).mean() > 0.99


@pytest.mark.parametrize(("kind", "unit", "window"), [(Kind.PE_MAP, "%", (0, 200)), (Kind.SER_MAP, "{ratio}", (0, 3))])
def test_a_map_says_what_it_is_of(kind: Kind, unit: str, window: tuple[float, float], tmp_path: Path) -> None:
    obj = map_of(kind, scored_study())
    dicom_readers.read_map(dicom_readers.saved(obj, tmp_path), tmp_path)
    facts = json.loads((tmp_path / "meta.json").read_text())
    assert facts["QuantityValueCode"]["CodeValue"] == kind.name.removesuffix("_MAP")
    assert facts["QuantityValueCode"]["CodingSchemeDesignator"] == "99TILSCOPE"
    assert facts["MeasurementUnitsCode"]["CodeValue"] == unit
    assert facts["AnatomicRegionSequence"]["CodeMeaning"] == "Breast"
    assert facts["FrameLaterality"] == "L"
    (shown,) = obj.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence
    middle, width = float(shown.WindowCenter), float(shown.WindowWidth)
    assert (middle - width / 2, middle + width / 2) == window
    assert obj.ContentQualification == "RESEARCH"
