"""Result objects on the headers of a real scanner: sagittal, one breast, three phases in one GE series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dicom_readers
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import Dataset
from scored_study import lesion_measurements, scored_study

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.dicom_io.dce.assembly import assemble
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.dce.volumes import read_series
from tilscope.dicom_io.objects.results import ResultObjects, build_results
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.result import LesionResult, PhaseSummary


def regions_of(series: DceSeries, source: DceSource) -> Regions:
    """The brightest enhancement and what surrounds it; any mask of irregular shape will do here."""
    rise = sitk.SmoothingRecursiveGaussian(series.early - series.pre, 1.5)
    values = sitk.GetArrayViewFromImage(rise)
    blobs = sitk.RelabelComponent(sitk.ConnectedComponent(rise > float(np.percentile(values, 99.7))))
    lesion = sitk.Cast(blobs == 1, sitk.sitkUInt8)
    breast = sitk.Cast(sitk.SmoothingRecursiveGaussian(series.pre, 2.0) > 60, sitk.sitkUInt8) | lesion
    fgt = sitk.Cast(rise > float(np.percentile(values, 95)), sitk.sitkUInt8) & sitk.Cast(lesion == 0, sitk.sitkUInt8)
    return Regions(breast, fgt, (Lesion(1, lesion, source.laterality, 0.8),), "classical", "1")


@pytest.fixture(scope="module")
def exam(reference_data: Path) -> tuple[ResultObjects, Regions, DceSource]:
    archive = FolderArchive(reference_data / "nact" / "UCSF-BR-06")
    study = archive.only_study()
    (source,) = assemble(archive.headers(study))
    series = read_series(source, archive.fetch(study, source.instance_uids, Path(), lambda done, total: None))
    regions = regions_of(series, source)
    result = replace(
        scored_study().result,
        lesions=(LesionResult(1, source.laterality.value, 0.8, lesion_measurements(1.0), "plateau"),),
        study_uid=study,
        series_uids=source.series_uids,
        laterality=source.laterality.value,
        phases=tuple(PhaseSummary(i + 1, source.roles.name(i), p.time_s) for i, p in enumerate(source.phases)),
    )
    return build_results(result, series, regions, source), regions, source


def test_every_object_of_the_real_exam_conforms(exam: tuple[ResultObjects, Regions, DceSource], tmp_path: Path) -> None:
    for obj in exam[0]:
        assert dicom_readers.conformance_errors(dicom_readers.saved(obj, tmp_path)) == [], obj.SeriesDescription


def test_its_segmentation_comes_back_to_the_voxel(
    exam: tuple[ResultObjects, Regions, DceSource], tmp_path: Path
) -> None:
    objects, regions, _ = exam

    def read(obj: Dataset | None, name: str) -> dict[int, dicom_readers.ReadSegment]:
        assert obj is not None
        return dicom_readers.read_segments(dicom_readers.saved(obj, tmp_path), tmp_path / name)

    (lesion,) = read(objects.segmentation, "lesions").values()
    fgt, around = read(objects.tissue_segmentation, "tissue").values()
    breast, glands = read(objects.breast_segmentation, "breast").values()
    ring = around.on(regions.fgt)
    assert sitk.GetArrayViewFromImage(ring).any()
    for found, mask in (
        (lesion, regions.index_lesion.mask),
        (fgt, regions.fgt & sitk.Cast(ring == 0, sitk.sitkUInt8)),
        (breast, regions.breast),
        (glands, regions.fgt),
    ):
        np.testing.assert_array_equal(
            sitk.GetArrayFromImage(found.on(mask)), sitk.GetArrayFromImage(mask), err_msg=found.facts["SegmentLabel"]
        )


def test_its_patient_and_trial_are_kept_and_nothing_private_is(exam: tuple[ResultObjects, Regions, DceSource]) -> None:
    objects, _, source = exam
    header = source.early.headers[0]
    for obj in objects:
        for keyword in (
            "PatientID",
            "StudyInstanceUID",
            "StudyDate",
            "PatientIdentityRemoved",
            "ClinicalTrialProtocolID",
        ):
            assert obj.get(keyword) == header.get(keyword), keyword
        assert not [e.tag for e in obj.iterall() if e.tag.is_private]
