"""The turning projection: the right side comes forward, on any grid, and nothing but the breasts is in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from scored_study import GRIDS, ScoredStudy, scored_study

from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import image_of, mask_of, values_of
from tilscope.models.pictures.turning import FRAMES, TurningProjection, View

#: Two places inside the breast of `scored_study`, x, y, z.
ONE, OTHER = (10, 12, 3), (40, 33, 8)


def with_early(study: ScoredStudy, values: np.ndarray) -> DceSeries:
    series = study.series
    early = series.roles.early
    phases = list(series.phases)
    phases[early] = replace(phases[early], stored=image_of(values.astype(np.float32), series.grid))
    return replace(series, phases=tuple(phases))


def lit(study: ScoredStudy, *places: tuple[int, int, int], signal: float = 1e5) -> TurningProjection:
    """Nothing enhances but what lies at these places."""
    values = values_of(study.series.pre).copy()
    for x, y, z in places:
        values[z, y, x] = signal
    return TurningProjection.of(with_early(study, values), study.regions, "")


def seen_at(turning: TurningProjection, view: View) -> np.ndarray:
    """Column and row of the middle of what is bright, in mm."""
    plane = turning.projected(view)
    bright = np.where(plane > 0.3 * plane.max(), plane, 0)
    rows, columns = np.indices(plane.shape)
    return np.array([(bright * columns).sum(), (bright * rows).sum()]) / bright.sum() * turning.spacing_mm


@pytest.mark.parametrize("grid", GRIDS)
def test_what_lies_to_the_left_goes_right_from_the_front_and_what_lies_behind_from_the_left(grid: str) -> None:
    study = scored_study(grid)
    points = [np.array(study.series.grid.TransformIndexToPhysicalPoint(place)) for place in (ONE, OTHER)]
    apart = points[1] - points[0]
    one, other = lit(study, ONE), lit(study, OTHER)
    for degrees, toward_right in ((0, (1, 0, 0)), (90, (0, 1, 0)), (180, (-1, 0, 0)), (270, (0, -1, 0))):
        moved = seen_at(other, View(degrees)) - seen_at(one, View(degrees))
        assert moved == pytest.approx([apart @ toward_right, -apart[2]], abs=0.8), degrees


def test_a_turn_ends_where_it_began_and_behind_is_the_mirror_of_the_front() -> None:
    turning = lit(scored_study(), ONE, OTHER)
    assert len(turning.projections) == FRAMES
    for number in (1, FRAMES // 3):
        behind = turning.projections[number + FRAMES // 2]
        view = View(360 / FRAMES * (number + FRAMES // 2))
        assert np.abs(behind - turning.projected(view)).max() < 0.01 * behind.max()


def test_the_heart_is_not_in_it() -> None:
    study = scored_study()
    outside = np.argwhere(~mask_of(study.regions.breast))
    beyond = [tuple(int(v) for v in place[::-1]) for place in outside[:: len(outside) // 50]]
    with_heart, without = lit(study, ONE, *beyond), lit(study, ONE)
    assert (with_heart.frames() == without.frames()).all()


def test_a_lesion_that_leaves_the_breast_is_in_it() -> None:
    study = scored_study()
    values = mask_of(study.regions.breast).astype(np.uint8)
    values[:, :26] = 0  # lesion 1 lies there
    cut = replace(study, regions=replace(study.regions, breast=image_of(values.astype(bool), study.series.grid)))
    x, y, z = 12, 20, 4
    assert mask_of(study.regions.index_lesion.mask)[z, y, x]
    assert lit(cut, (x, y, z)).projections[0].max() > 1e4


def test_nothing_flickers_and_a_weak_lesion_does_not_sink() -> None:
    """One window for all frames, its floor well below white."""
    black, white = lit(scored_study(), ONE, OTHER, signal=400).window
    assert 0 <= black <= white / 3


def test_an_exam_in_which_nothing_enhances_is_black() -> None:
    study = scored_study()
    flat = replace(study.series, phases=(study.series.phases[0],) * len(study.series.phases))
    turning = TurningProjection.of(flat, study.regions, "")
    rows, columns = turning.frames().shape[1:]
    middle = turning.frames()[:, rows // 4 : rows // 2 - 12, columns // 4 : 3 * columns // 4]
    assert middle.max() == 0


def test_anisotropic_voxels_keep_their_proportion() -> None:
    """Slices of 2.5 mm, pixels of 1.1: a sphere stays round."""
    study = scored_study()
    grid = study.series.grid
    at = sitk.PhysicalPointSource(
        sitk.sitkVectorFloat32, grid.GetSize(), grid.GetOrigin(), grid.GetSpacing(), grid.GetDirection()
    )
    middle = np.array(grid.TransformIndexToPhysicalPoint((26, 22, 5)))
    ball = np.linalg.norm(sitk.GetArrayFromImage(at) - middle, axis=-1) < 8
    turning = TurningProjection.of(with_early(study, values_of(study.series.pre) + 1e4 * ball), study.regions, "")
    for degrees in (0, 45, 90):
        bright = turning.projected(View(degrees)) > 5e3
        wide, high = bright.any(axis=0).sum(), bright.any(axis=1).sum()
        assert wide * turning.spacing_mm == pytest.approx(16, abs=2.5)
        assert high * turning.spacing_mm == pytest.approx(16, abs=2.5)
