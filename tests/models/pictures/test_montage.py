"""Whole sheets: any study fits, and equal studies give equal bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from phantom_series import phantom_case
from PIL import Image
from scored_study import GRIDS, ScoredStudy, scored_study
from seen_pictures import exhibit_of, true_regions

from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries
from tilscope.models.imaging.voxels import image_of, values_of
from tilscope.models.pictures.drawing import Line, Picture, Text
from tilscope.models.pictures.montage import PagePictures, montage
from tilscope.phantom.grid import SlicePlane
from tilscope.phantom.spec import PhantomSpec

# ------------------------------------------------------------------------------------------------------- whole sheets


def edge_lesion(study: ScoredStudy) -> Regions:
    mask = values_of(study.regions.index_lesion.mask) * 0
    mask[0, 0:3, 0:4] = 1
    return with_mask(study, mask)


def one_voxel(study: ScoredStudy) -> Regions:
    mask = values_of(study.regions.index_lesion.mask) * 0
    mask[5, 20, 20] = 1
    return with_mask(study, mask)


def with_mask(study: ScoredStudy, mask: np.ndarray) -> Regions:
    lesion = replace(study.regions.index_lesion, mask=image_of(mask, study.series.grid))
    return replace(study.regions, lesions=(lesion,))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("regions_of", [lambda study: study.regions, edge_lesion, one_voxel])
def test_any_study_has_a_montage_within_its_sheet(grid: str, regions_of: Callable[[ScoredStudy], Regions]) -> None:
    study = scored_study(grid)
    regions = regions_of(study)
    for drawing in (montage(study.series, regions).drawing, PagePictures.of(study.series, regions).drawn(516, 300)):
        for mark in drawing.marks:
            if isinstance(mark, Picture):
                assert mark.x >= 0
                assert mark.x + mark.width <= drawing.width + 0.01
                assert mark.y + mark.height <= drawing.height + 0.01
            elif isinstance(mark, Text):
                assert mark.box[0] >= -0.01, mark.words
                assert mark.box[2] <= drawing.width + 0.01, mark.words
            elif isinstance(mark, Line):
                points = np.array(mark.points)
                assert points.min() >= 0
                assert (points.max(axis=0) <= (drawing.width + 0.01, drawing.height + 0.01)).all()


@pytest.mark.parametrize("grid", GRIDS)
def test_the_pictures_of_a_page_take_the_room_that_they_get(grid: str) -> None:
    """And no more, down to what can still be looked at."""
    study = scored_study(grid)
    pictures = PagePictures.of(study.series, study.regions)
    heights = {most: pictures.drawn(516, most).height for most in (1, 200, 280, 340)}
    assert all(height <= most for most, height in heights.items() if most > 1)
    assert heights[200] < heights[280] < heights[340]
    assert heights[280] > 250
    assert 150 < heights[1] < 200


def test_at_most_six_slices_from_the_lesions_first_to_its_last() -> None:
    exhibit = exhibit_of(replace(PhantomSpec.small(), spacing_mm=(2.8, 2.8, 2.0), matrix=(128, 128, 60)))
    cut = np.flatnonzero(exhibit.index.mask.any(axis=(1, 2)))
    assert len(cut) > 6
    assert len(exhibit.slices) == 6
    assert (exhibit.slices[0], exhibit.slices[-1]) == (cut[0], cut[-1])
    assert np.ptp(np.diff(exhibit.slices)) <= 1


@pytest.mark.parametrize("plane", [SlicePlane.AXIAL, SlicePlane.SAGITTAL])
def test_equal_studies_give_equal_bytes(plane: SlicePlane) -> None:
    spec = PhantomSpec.small() if plane is SlicePlane.AXIAL else PhantomSpec.small().sagittal()
    case = phantom_case(spec)
    one, two = (montage(case.series, true_regions(case)).png() for _ in range(2))
    assert one == two
    assert Image.open(io.BytesIO(one)).size[0] == 1600


def test_stored_integers_and_floats_look_the_same() -> None:
    """Phases are kept in the scanner's own type: differences of unsigned integers must not wrap."""
    case = phantom_case(PhantomSpec.small())
    whole = [np.round(np.clip(values_of(p.image), 0, 65535)) for p in case.series.phases]

    def series_of(kind: type) -> DceSeries:
        made = tuple(
            replace(p, stored=image_of(values.astype(kind), p.stored))
            for p, values in zip(case.series.phases, whole, strict=True)
        )
        return replace(case.series, phases=made)

    one, two = (montage(series_of(kind), true_regions(case)).png() for kind in (np.uint16, np.float32))
    assert one == two
