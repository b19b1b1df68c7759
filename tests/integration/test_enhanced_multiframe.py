"""An enhanced multi-frame study, scored whole: the results refer to the frames of the one instance that there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from dicom_readers import conformance_errors, read_segments

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.models.settings import PipelineSettings
from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.service.scoring.score import score

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["philips-enhanced", "siemens-xa-enhanced"])
def scored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    write_study(make_study(PhantomSpec.small()), folder, request.param)
    archive = FolderArchive(folder / "dicom", folder / "out")
    score(archive, archive.only_study(), PipelineSettings(), lambda stage, fraction: None)
    return folder


def test_every_object_conforms(scored: Path) -> None:
    for path in (scored / "out").glob("*.dcm"):
        assert conformance_errors(path) == [], path.name


def test_every_reference_is_to_an_instance_that_exists(scored: Path) -> None:
    there = {str(pydicom.dcmread(p, stop_before_pixels=True).SOPInstanceUID) for p in scored.rglob("*.dcm")}
    for path in (scored / "out").glob("*.dcm"):
        for item in pydicom.dcmread(path).iterall():
            if item.keyword == "ReferencedSOPInstanceUID":
                assert item.value in there, path.name


def test_each_frame_of_the_segmentation_names_the_frame_it_was_drawn_on(scored: Path) -> None:
    segmentation = pydicom.dcmread(scored / "out" / "tilscope_lesions.dcm")
    sources = {
        str(h.SOPInstanceUID): h for p in (scored / "dicom").rglob("*.dcm") if "PerFrameFunctionalGroupsSequence" in (h := pydicom.dcmread(p, stop_before_pixels=True))
    }  # fmt: skip
    for frame in segmentation.PerFrameFunctionalGroupsSequence:
        (source,) = frame.DerivationImageSequence[0].SourceImageSequence
        drawn_on = sources[source.ReferencedSOPInstanceUID].PerFrameFunctionalGroupsSequence[
            source.ReferencedFrameNumber - 1
        ]
        ours, theirs = ([float(v) for v in f.PlanePositionSequence[0].ImagePositionPatient] for f in (frame, drawn_on))
        assert ours == pytest.approx(theirs, abs=0.01)


def test_the_lesion_lies_where_the_truth_says(scored: Path, tmp_path: Path) -> None:
    truth = sitk.ReadImage(str(scored / "truth" / "lesion.nii.gz"))
    segments = read_segments(scored / "out" / "tilscope_lesions.dcm", tmp_path)
    found = sitk.GetArrayFromImage(segments[1].on(truth)) > 0
    wanted = sitk.GetArrayFromImage(truth) > 0
    dice = 2 * np.count_nonzero(found & wanted) / (found.sum() + wanted.sum())
    assert dice > 0.85
