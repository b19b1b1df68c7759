"""Where a person may point: into the images of the study, and nowhere else."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_layouts import LAYOUTS

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.manual_roi.assignment import Target
from tilscope.models.kinetics.ftv import BoxMm
from tilscope.models.lesions.steering import Steering
from tilscope.service.scoring.study_extent import reaches_of, why_elsewhere

AXIAL = reaches_of(inspect(LAYOUTS["one series"]()))
PAIR = reaches_of(inspect(LAYOUTS["sagittal pair"]()))
INSIDE = tuple((low + high) / 2 for low, high in zip(AXIAL[0].low, AXIAL[0].high, strict=True))


def seed(x: float, y: float, z: float) -> Steering:
    return Steering(seed_mm=(x, y, z))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_voxel_of_the_images_may_be_pointed_at(layout: str) -> None:
    sources = inspect(LAYOUTS[layout]()).require_sources()
    for source in sources:
        grid = Target.of(source).grid
        for index in ((0, 0, 0), tuple(size - 1 for size in grid.GetSize())):
            assert (
                why_elsewhere(seed(*grid.TransformIndexToPhysicalPoint(index)), reaches_of(inspect(LAYOUTS[layout]())))
                == ""
            )


@pytest.mark.parametrize("wrong", [1e308, -1e308, math.nan, math.inf, -math.inf, 2000.0])
@pytest.mark.parametrize("axis", range(3))
def test_what_lies_elsewhere_is_refused_with_the_limits(wrong: float, axis: int) -> None:
    at = [*INSIDE]
    at[axis] = wrong
    why = why_elsewhere(seed(*at), AXIAL)
    assert why.startswith("The seed lies outside the images of this study.")
    assert AXIAL[0].words in why
    assert len(why) < 250


def test_of_a_pair_either_breast_may_be_meant_and_what_lies_between_them_not() -> None:
    right, left = ([(low + high) / 2 for low, high in zip(one.low, one.high, strict=True)] for one in PAIR)
    assert why_elsewhere(seed(*right), PAIR) == why_elsewhere(seed(*left), PAIR) == ""
    between = [(a + b) / 2 for a, b in zip(right, left, strict=True)]
    assert "; or x from" in why_elsewhere(seed(*between), PAIR)


def test_a_box_may_reach_a_little_beyond_the_images() -> None:
    def box(beyond: float) -> Steering:
        low, high = ((*one,) for one in (AXIAL[0].low, AXIAL[0].high))
        return Steering(box_mm=BoxMm(INSIDE, (high[0] + beyond, low[1] - beyond, high[2] + beyond)))

    assert why_elsewhere(box(9.0), AXIAL) == ""
    assert why_elsewhere(box(11.0), AXIAL).startswith("The box lies outside the images of this study.")


def test_of_a_study_without_a_dynamic_series_nothing_is_known_but_what_scanners_reach() -> None:
    unknown = reaches_of(inspect([]))
    assert why_elsewhere(seed(500.0, 0.0, 0.0), unknown) == ""
    assert "x from -2000 to 2000" in why_elsewhere(seed(1e308, 0.0, 0.0), unknown)


@given(st.tuples(*[st.floats() for _ in range(3)]))
def test_no_number_is_too_strange_to_be_answered(point: tuple[float, float, float]) -> None:
    inside = all(low <= at <= high for low, at, high in zip(AXIAL[0].low, point, AXIAL[0].high, strict=True))
    assert (why_elsewhere(seed(*point), AXIAL) == "") == inside
