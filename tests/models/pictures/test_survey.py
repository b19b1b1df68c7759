"""Pictures for a reader who must decide: the whole breast, its candidates, and where in the patient each point lies."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scored_study import GRIDS, ScoredStudy, scored_study
from seen_pictures import lines_of, texts

from tilscope.models.finding import Finding
from tilscope.models.imaging.inner_point import inner_point
from tilscope.models.imaging.regions import Regions
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.voxels import image_of, mask_of, values_of
from tilscope.models.pictures.colours import BREAST_COLOUR, lesion_colour
from tilscope.models.pictures.drawing import Drawing
from tilscope.models.pictures.montage import Montage, PagePictures, montage
from tilscope.models.pictures.picture_map import Box, PictureMap


def of_candidates(study: ScoredStudy) -> Montage:
    return montage(study.series, replace(study.regions, finding=Finding.CANDIDATES))


def middle(box: Box) -> tuple[float, float]:
    left, upper, right, lower = box
    return (left + right) / 2, (upper + lower) / 2


def places_of(sheet: Montage) -> PictureMap:
    assert sheet.map is not None
    return sheet.map


@pytest.mark.parametrize("grid", GRIDS)
def test_a_click_on_a_candidate_means_a_point_inside_it(grid: str) -> None:
    study = scored_study(grid)
    places = places_of(of_candidates(study))
    projection = places.areas[0]
    assert [one.number for one in projection.regions] == [1, 2], "the projection shows every candidate"
    for area in places.areas:
        for region in area.regions:
            spot = places.at(*middle(region.box))
            assert spot is not None
            assert spot.region == region.number
            mask = study.regions.lesions[spot.region - 1].mask
            assert mask.GetPixel(mask.TransformPhysicalPointToIndex(spot.point_mm)) == 1


@pytest.mark.parametrize("grid", GRIDS)
def test_a_click_on_what_is_brightest_in_the_projection_means_that_very_voxel(grid: str) -> None:
    """Whichever way the slices lie: the slice of a projection's pixel is the one that is seen there."""
    study = scored_study(grid)
    voxel = (31, 12, 7)
    sheet = montage(with_one_bright_voxel(study, voxel), Regions.of_breast(study.regions.breast))
    projection = places_of(sheet).areas[0]
    pixels = np.asarray(Image.open(io.BytesIO(sheet.png())).convert("L"), np.float64)
    left, upper, right, lower = projection.box
    height, width = pixels.shape
    # The letters and the scale bar are white too: they lie at the edge.
    edge = 0.12
    top, first = round((upper + edge * (lower - upper)) * height), round((left + edge * (right - left)) * width)
    bottom, last = round((lower - edge * (lower - upper)) * height), round((right - edge * (right - left)) * width)
    down, across = np.argwhere(pixels[top:bottom, first:last] > 200).mean(axis=0) + 0.5
    spot = places_of(sheet).at((first + across) / width, (top + down) / height)
    assert spot is not None
    assert study.series.grid.TransformPhysicalPointToIndex(spot.point_mm) == voxel


def with_one_bright_voxel(study: ScoredStudy, voxel: tuple[int, int, int]) -> DceSeries:
    """Nothing else enhances."""
    pre = np.full(values_of(study.series.pre).shape, 100.0, np.float32)
    early = pre.copy()
    early[voxel[::-1]] = 5000.0
    volumes = (pre, early, early)
    phases = tuple(
        Phase(image_of(volume, study.series.grid), phase.time_s)
        for volume, phase in zip(volumes, study.series.phases, strict=True)
    )
    return replace(study.series, phases=phases)


def test_between_the_pictures_nothing_is_meant() -> None:
    places = places_of(of_candidates(scored_study()))
    first, second = places.areas[:2]
    gap = (first.box[2] + second.box[0]) / 2
    assert places.at(gap, middle(first.box)[1]) is None
    assert places.at(0.0, 0.0) is None


def test_a_map_is_the_same_after_it_was_kept() -> None:
    places = places_of(of_candidates(scored_study("oblique")))
    again = PictureMap.from_json(places.to_json())
    for x in np.linspace(0, 1, 17):
        for y in np.linspace(0, 1, 17):
            assert again.at(x, y) == places.at(x, y)


def test_candidates_are_outlined_and_numbered_within_the_breasts_outline() -> None:
    drawing = of_candidates(scored_study()).drawing
    assert {"1", "2"} <= texts(drawing).keys()
    assert all(lines_of(drawing, lesion_colour(index)) for index in (0, 1))
    assert lines_of(drawing, BREAST_COLOUR)


def test_where_nothing_was_found_the_breasts_outline_is_all_that_is_drawn() -> None:
    study = scored_study()
    drawing = montage(study.series, Regions.of_breast(study.regions.breast)).drawing
    assert lines_of(drawing, BREAST_COLOUR)
    assert not lines_of(drawing, lesion_colour(0))
    assert "1" not in texts(drawing)


def test_what_is_scored_has_no_map() -> None:
    study = scored_study()
    assert montage(study.series, study.regions).map is None


@pytest.mark.parametrize("grid", GRIDS)
def test_every_picture_lies_on_its_sheet_and_on_paper_within_its_room(grid: str) -> None:
    study = scored_study(grid)
    regions = replace(study.regions, finding=Finding.CANDIDATES)
    assert inside(montage(study.series, regions).drawing)
    on_paper = PagePictures.of(study.series, regions).drawn(516, 300)
    assert inside(on_paper)
    assert on_paper.height <= 300


def inside(drawing: Drawing) -> bool:
    words = texts(drawing).values()
    return all(mark.box[0] >= -0.01 and mark.box[2] <= drawing.width + 0.01 for mark in words)


def test_a_point_inside_lies_in_a_rim_and_not_in_its_hole() -> None:
    study = scored_study()
    rim = np.zeros(values_of(study.series.grid).shape, np.uint8)
    rim[3:8, 10:30, 10:30] = 1
    rim[4:7, 14:26, 14:26] = 0
    mask = image_of(rim, study.series.grid)
    assert mask_of(mask)[mask.TransformPhysicalPointToIndex(inner_point(mask))[::-1]]
