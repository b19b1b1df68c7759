"""Pictures of phantoms, told by facts: their words, lines and boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from phantom_series import PhantomCase, phantom_case

from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.pictures.drawing import Drawing, Line, Text
from tilscope.models.pictures.exhibit import Exhibit
from tilscope.phantom.spec import LesionSpec, PhantomSpec

TWO_LESIONS = replace(
    PhantomSpec.small(), lesion=LesionSpec(side=Laterality.LEFT), more_lesions=(LesionSpec(side=Laterality.RIGHT),)
)
HEIGHT = 200.0


def true_regions(case: PhantomCase) -> Regions:
    """The truth in place of a segmentation: what is looked at here is the drawing."""
    truth = case.study.truth
    lesions = tuple(Lesion(n, one.mask, one.spec.side, 1.0) for n, one in enumerate(truth.lesions, start=1))
    return Regions(truth.breast, truth.fgt, lesions, "truth", "1")


def exhibit_of(spec: PhantomSpec) -> Exhibit:
    case = phantom_case(spec)
    return Exhibit.of(case.series, true_regions(case))


def texts(drawing: Drawing) -> dict[str, Text]:
    return {mark.words: mark for mark in drawing.marks if isinstance(mark, Text)}


def lines_of(drawing: Drawing, colour: tuple[int, int, int]) -> list[Line]:
    return [mark for mark in drawing.marks if isinstance(mark, Line) and mark.colour == colour]


def boxes(drawing: Drawing, colour: tuple[int, int, int]) -> tuple[float, float, float, float]:
    """Left, upper, right, lower of all lines of a colour."""
    points = np.array([point for line in lines_of(drawing, colour) for point in line.points])
    return (*points.min(axis=0), *points.max(axis=0))
