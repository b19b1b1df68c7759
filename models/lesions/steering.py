"""A seed or a box from a person: which of the automatic lesions is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import SimpleITK as sitk

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.sides import side_of
from tilscope.models.imaging.voxels import image_of, mask_of, voxel_cc
from tilscope.models.kinetics.ftv import BoxMm
from tilscope.models.lesions import find_lesions
from tilscope.models.lesions.classical import regions_of
from tilscope.models.refusals import Refused
from tilscope.models.settings import MOST_LESIONS, PipelineSettings

#: A lesion belongs to a seed that lies in it or so near: a click beside a small lesion means that lesion.
SEED_REACH_MM = 10.0
#: What a person points at may be smaller than what is searched without guidance, and need not be among the likeliest.
SMALLEST_MM = 2.5


@dataclass(frozen=True)
class Steering:
    """Patient LPS, millimetres. Both together: the lesion at the seed, as far as it lies in the box."""

    seed_mm: tuple[float, float, float] | None = None
    box_mm: BoxMm | None = None

    def __post_init__(self) -> None:
        if self.seed_mm is None and self.box_mm is None:
            raise ValueError("a seed or a box is needed")

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Steering:
        """From plain values, as `plain` gives them."""
        seed, box = plain.get("seed_mm"), plain.get("box_mm")
        return cls(
            (float(seed[0]), float(seed[1]), float(seed[2])) if seed else None,
            BoxMm((box[0], box[1], box[2]), (box[3], box[4], box[5])) if box else None,
        )

    @property
    def plain(self) -> dict[str, list[float] | None]:
        """Values that JSON holds."""
        return {
            "seed_mm": list(self.seed_mm) if self.seed_mm else None,
            "box_mm": [*self.box_mm.corner, *self.box_mm.opposite] if self.box_mm else None,
        }

    @property
    def words(self) -> str:
        """For reports, and for the input hash."""
        parts = []
        if self.seed_mm is not None:
            parts.append(f"at the seed {_point(self.seed_mm)}")
        if self.box_mm is not None:
            parts.append(f"in the box from {_point(self.box_mm.corner)} to {_point(self.box_mm.opposite)}")
        return " ".join(parts)


def steered(prepared: PreparedSeries, settings: PipelineSettings, steering: Steering) -> Regions:
    """The regions of a study with the lesions that a person has pointed at.

    At a seed the one lesion counts that holds it or lies nearest, however small. A box cuts off what lies outside it.

    Parameters
    ----------
    prepared : PreparedSeries
        Motion and shading taken out, breasts found.
    settings : PipelineSettings
        Thresholds and least sizes.
    steering : Steering
        A seed, a box or both: patient LPS, mm.

    Returns
    -------
    Regions
        On the grid of the series.

    Raises
    ------
    Refused
        `no-lesion-there`: nothing enhances where the person points.
    """
    glands = find_fgt(prepared)
    wanted = settings.segmentation
    limits = replace(
        wanted,
        minimum_lesion_diameter_mm=min(SMALLEST_MM, wanted.minimum_lesion_diameter_mm),
        minimum_further_lesion_diameter_mm=min(SMALLEST_MM, wanted.minimum_further_lesion_diameter_mm),
        most_lesions=MOST_LESIONS,
    )
    # Where a person points, slow uptake is searched even if something faster enhances elsewhere.
    for percent in (wanted.lesion_pe_percent, wanted.slow_lesion_pe_percent):
        slower = replace(settings, segmentation=replace(limits, lesion_pe_percent=percent))
        try:
            found = find_lesions(prepared, glands, slower, asked=True)
        except Refused as reason:
            if reason.code != "no-lesion":
                raise
            continue
        if meant := _meant(found, steering, prepared, wanted.minimum_lesion_diameter_mm, wanted.most_lesions):
            return regions_of(prepared, glands, meant)
    raise Refused("no-lesion-there", where=steering.words)


def _meant(
    found: tuple[Lesion, ...], steering: Steering, prepared: PreparedSeries, smallest_mm: float, most: int
) -> tuple[Lesion, ...]:
    """The lesions that a seed or box means, numbered anew; the likeliest first, as they come."""
    if steering.box_mm is not None:
        inside = steering.box_mm.mask(prepared.breast)
        cut = (replace(x, mask=image_of(mask_of(x.mask) & inside, prepared.breast)) for x in found)
        found = tuple(lesion for lesion in cut if mask_of(lesion.mask).any())
    if steering.seed_mm is not None:
        near = [(distance, x) for x in found if (distance := _distance(steering.seed_mm, x.mask)) <= SEED_REACH_MM]
        found = (min(near, key=lambda one: one[0])[1],) if near else ()
    # The first is what was pointed at; small ones beside it are no lesions, as without steering.
    lesions = [lesion for n, lesion in enumerate(found) if n == 0 or _diameter_mm(lesion.mask) >= smallest_mm][:most]
    return tuple(
        replace(x, number=number, laterality=side_of(x.mask, prepared.breast, prepared.series.laterality))
        for number, x in enumerate(lesions, start=1)
    )


def _distance(seed: tuple[float, float, float], mask: sitk.Image) -> float:
    """From a point to the nearest voxel's centre, mm."""
    index = np.argwhere(mask_of(mask))[:, ::-1]
    step = np.array(mask.GetDirection()).reshape(3, 3) * np.array(mask.GetSpacing())
    away = index @ step.T + np.array(mask.GetOrigin()) - np.array(seed)
    return float(np.sqrt((away**2).sum(axis=1).min()))


def _diameter_mm(mask: sitk.Image) -> float:
    """Of the ball of the same volume."""
    return float((6 / np.pi * mask_of(mask).sum() * voxel_cc(mask) * 1000) ** (1 / 3))


def _point(point: tuple[float, float, float]) -> str:
    return "(" + ", ".join(f"{v:g}" for v in point) + ")"
