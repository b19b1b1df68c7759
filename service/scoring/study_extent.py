"""Where a lesion of a study can be: the part of the patient that its dynamic series image, from headers alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite

import numpy as np
import SimpleITK as sitk

from tilscope.dicom_io.dce.assembly import Assembly
from tilscope.dicom_io.manual_roi.assignment import Target
from tilscope.models.lesions.steering import Steering

#: A box may reach a little beyond the images: it is drawn by hand, around a lesion that may end at their border.
_BEYOND_MM = 10.0
#: What no scanner reaches, whatever the images are.
_FARTHEST_MM = 2000.0

PointMm = Sequence[float]


@dataclass(frozen=True)
class Reach:
    """A box along the patient's axes (LPS, mm)."""

    low: PointMm
    high: PointMm

    @classmethod
    def of(cls, grid: sitk.Image) -> Reach:
        """Of all voxels of a grid, to their outer faces."""
        ends = [(-0.5, size - 0.5) for size in grid.GetSize()]
        corners = np.array([grid.TransformContinuousIndexToPhysicalPoint(corner) for corner in product(*ends)])
        return cls(corners.min(axis=0).tolist(), corners.max(axis=0).tolist())

    def holds(self, point: PointMm, beyond_mm: float = 0.0) -> bool:
        """False of a point that has a coordinate which is no number."""
        sides = zip(self.low, point, self.high, strict=True)
        return all(low - beyond_mm <= at <= high + beyond_mm for low, at, high in sides)

    @property
    def words(self) -> str:
        axes = zip("xyz", self.low, self.high, strict=True)
        return ", ".join(f"{name} from {low:.0f} to {high:.0f}" for name, low, high in axes)


_ANYWHERE = Reach([-_FARTHEST_MM] * 3, [_FARTHEST_MM] * 3)


def reaches_of(assembly: Assembly) -> tuple[Reach, ...]:
    """Of each dynamic series that could be made out; of a study without one, all that a scanner reaches."""
    sources = [one.source for one in assembly.dynamic_series if one.source is not None]
    return tuple(Reach.of(Target.of(source).grid) for source in sources) or (_ANYWHERE,)


def why_elsewhere(steering: Steering, reaches: Iterable[Reach]) -> str:
    """Why a person cannot mean a lesion of the study there, with the limits; '' where a lesion can be."""
    places = list(reaches)
    if not any(_holds(place, steering) for place in places):
        limits = "; or ".join(place.words for place in places)
        what = " and ".join(name for name, given in (("seed", steering.seed_mm), ("box", steering.box_mm)) if given)
        numbers = [*(steering.seed_mm or ()), *_corners(steering)]
        wrong = "" if all(map(isfinite, numbers)) else " A coordinate is no number."
        return f"The {what} lies outside the images of this study.{wrong} They reach, in mm (patient LPS): {limits}."
    return ""


def _holds(place: Reach, steering: Steering) -> bool:
    in_place = steering.seed_mm is None or place.holds(steering.seed_mm)
    corners = _corners(steering)
    return in_place and (not corners or (place.holds(corners[:3], _BEYOND_MM) and place.holds(corners[3:], _BEYOND_MM)))


def _corners(steering: Steering) -> list[float]:
    return [*steering.box_mm.corner, *steering.box_mm.opposite] if steering.box_mm else []
