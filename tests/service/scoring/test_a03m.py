"""The real exam TCGA-AO-A03M through scoring: marked background in both breasts, and one cancer that washes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from a03m_exam import STORAGES, lesion_by_eye, stored

import tilscope
from tilscope.models.finding import Finding


@pytest.mark.slow
@pytest.mark.parametrize("storage", STORAGES)
def test_the_cancer_is_the_one_lesion_however_the_exam_is_stored(a03m: Path, tmp_path: Path, storage: str) -> None:
    result = tilscope.score(stored(a03m, storage, tmp_path / "study"))
    lesions = [(series, lesion) for series in result.series for lesion in series.lesions]
    assert [(series.finding, lesion.laterality) for series, lesion in lesions] == [(Finding.MASS, "L")]
    eye = lesion_by_eye(a03m)
    found = sitk.Resample(
        result.of("L").mask("lesion 1") if len(result.series) > 1 else result.mask("lesion 1"),
        eye,
        sitk.Transform(),
        sitk.sitkNearestNeighbor,
    )
    both = [sitk.GetArrayFromImage(mask) > 0 for mask in (found, eye)]
    assert 2 * np.logical_and(*both).sum() / sum(mask.sum() for mask in both) > 0.8
