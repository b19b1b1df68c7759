"""A lesion that a reader has rejected is left out of the score and of every object, and the result says which it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.models.imaging.series import Laterality
from tilscope.models.lesions.steering import Steering
from tilscope.models.refusals import Refused
from tilscope.models.result import StudyResult
from tilscope.models.settings import PipelineSettings
from tilscope.phantom import LesionSpec, PhantomSpec, make_study, write_study
from tilscope.service.scoring.score import score

pytestmark = pytest.mark.slow


def scored(folder: Path, steering: Steering | None = None) -> StudyResult:
    archive = FolderArchive(folder / "dicom", folder / "results")
    return score(archive, archive.only_study(), PipelineSettings(), lambda stage, fraction: None, steering)


def test_what_was_rejected_is_left_out_and_the_result_says_so(tmp_path: Path) -> None:
    second = LesionSpec(Laterality.LEFT, 14.0, necrotic_core=False)
    write_study(make_study(replace(PhantomSpec.small(), more_lesions=(second,))), tmp_path, companions=False)
    before = scored(tmp_path)
    (series,) = before.dynamic_series
    points = [lesion.point_mm for lesion in series.lesions]
    assert len(points) >= 2
    assert points[0] is not None

    after = scored(tmp_path, Steering(rejected_mm=(points[0],)))
    (left,) = after.dynamic_series
    assert [lesion.point_mm for lesion in left.lesions] == points[1:]
    assert [lesion.number for lesion in left.lesions] == list(range(1, len(points)))
    assert left.segmentation.source == "automatic"
    assert left.segmentation.rejected_mm == (points[0],)
    assert "What a reader has rejected is left out: at (" in left.segmentation.sentence
    assert after.input_hash != before.input_hash
    assert {one.sop_instance_uid for one in after.objects} & {one.sop_instance_uid for one in before.objects} == set()

    every = Steering(rejected_mm=tuple(point for point in points if point is not None))
    with pytest.raises(Refused) as told:
        scored(tmp_path, every)
    assert told.value.code == "every-lesion-rejected"
