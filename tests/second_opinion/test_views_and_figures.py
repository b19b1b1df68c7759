"""What the network is shown of a patient, and what is made of what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from phantom_series import phantom_case
from second_opinion.figures import auc, table
from second_opinion.judgement import Case, JudgedPiece, judged
from second_opinion.views import CHANNELS, STEP_MM, Features, views_of

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.resampling import mask_onto
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import Mask, image_of, mask_of
from tilscope.models.preparation.prepare import prepare
from tilscope.models.settings import PipelineSettings
from tilscope.phantom.spec import LesionSpec, PhantomSpec


@pytest.fixture(scope="module")
def case() -> Case:
    spec = replace(PhantomSpec.small(), lesion=LesionSpec(Laterality.LEFT, 28.0, necrotic_core=False))
    phantom = phantom_case(spec)
    assert phantom.study.truth.lesion is not None
    return Case("seed 1", prepare(phantom.series, PipelineSettings()), mask_of(phantom.study.truth.lesion))


@pytest.fixture(scope="module")
def gland(case: Case) -> Mask:
    return mask_of(find_fgt(case.prepared))


def test_the_network_is_shown_cubes_in_units_of_the_gland(case: Case, gland: Mask) -> None:
    grid, views = views_of(case.prepared, gland)
    assert grid.GetSpacing() == pytest.approx((STEP_MM,) * 3)
    assert views.shape == (CHANNELS, *grid.GetSize()[::-1])
    healthy = mask_onto(grid, image_of(gland & ~case.tumour, case.prepared.breast))
    assert np.median(views[0][healthy]) == pytest.approx(np.log(2), abs=0.15)
    tumour = mask_onto(grid, image_of(case.tumour, case.prepared.breast))
    assert np.median(views[1][tumour]) > 2 * np.median(views[1][healthy])


def test_the_order_in_which_rows_and_slices_are_stored_changes_nothing(case: Case, gland: Mask) -> None:
    prepared = case.prepared

    def flipped(stored: sitk.Image) -> sitk.Image:
        return sitk.Flip(stored, [False, True, True])

    phases = tuple(replace(one, stored=flipped(one.stored)) for one in prepared.series.phases)
    series = replace(prepared.series, phases=phases)
    assert prepared.bias_field is not None
    other = PreparedSeries(series, series, flipped(prepared.breast), flipped(prepared.bias_field))
    _, views = views_of(prepared, gland)
    _, of_other = views_of(other, mask_of(flipped(image_of(gland, prepared.breast))))
    assert of_other == pytest.approx(views, abs=1e-3)


def test_a_piece_is_judged_by_its_signs_the_network_and_the_truth(case: Case) -> None:
    def uptake(views: Features) -> np.ndarray:
        """In place of a network: whatever takes up much."""
        return np.clip(views[1], 0, 1)

    pieces = judged(case, uptake)
    assert [one.true for one in pieces].count(True) == 1
    found = next(one for one in pieces if one.true)
    assert found.diameter_mm == pytest.approx(28, rel=0.2)
    assert found.odds > 0
    assert 0.3 < found.opinion <= 1


def test_the_area_under_the_curve() -> None:
    assert auc(np.array([0.9, 0.8, 0.1, 0.2]), np.array([True, True, False, False])) == 1
    assert auc(np.array([0.9, 0.1, 0.8, 0.2]), np.array([True, True, False, False])) == 0.5
    assert np.isnan(auc(np.array([0.5]), np.array([True])))


def test_an_opinion_counts_where_signs_are_unsure_and_no_piece_is_too_small_for_it() -> None:
    unsure = JudgedPiece("a", 20.0, True, -0.5, 0.95)
    false = JudgedPiece("b", 20.0, False, 0.5, 0.05)
    small = JudgedPiece("c", 5.0, True, 3.0, 0.0)
    rows = {line.split("|")[1].strip(): line for line in table([unsure, false, small]).splitlines()}
    assert "2 pieces, 1 true" in rows
    assert rows["signs alone"] == "| signs alone | 0.000 | 1 | 0 | 1 (1) |"
    assert rows["signs, tipped by the network"] == "| signs, tipped by the network | 1.000 | 0 | 0 | 1 (0) |"
