"""A seed or a box from a person: where the lesion is."""

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
from tilscope.models.imaging.voxels import Mask, image_of, mask_of, voxel_cc
from tilscope.models.kinetics.ftv import BoxMm, functional_tumour_volume
from tilscope.models.lesions.classical import regions_of
from tilscope.models.lesions.search import LesionSearch
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings

#: A lesion belongs to a seed that lies in it or so near: a click beside a small lesion means that lesion.
SEED_REACH_MM = 10.0
#: What a person points at may be smaller than what is searched without guidance.
SMALLEST_MM = 2.5
#: Of what the trial's rule has around a seed where no piece is.
CONFIDENCE_BY_RULE = 0.3
#: Of what passes the trial's rule in the box, what is found at the seed is this part at least.
LEAST_OF_THE_RULE = 0.1


@dataclass(frozen=True)
class Steering:
    """Patient LPS, millimetres. Seed and box together: the lesion at the seed, as far as it lies in the box."""

    seed_mm: tuple[float, float, float] | None = None
    box_mm: BoxMm | None = None
    rejected_mm: tuple[tuple[float, float, float], ...] = ()
    """A point inside each lesion that a person has rejected; it holds where lesions are searched for everywhere."""

    def __post_init__(self) -> None:
        if not self.points and not self.rejected_mm:
            raise ValueError("a seed or a box is needed")

    @property
    def points(self) -> bool:
        """Whether it says where the lesion is, and not only where none is."""
        return self.seed_mm is not None or self.box_mm is not None

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Steering:
        """From plain values, as `plain` gives them."""
        seed, box = plain.get("seed_mm"), plain.get("box_mm")
        return cls(
            (float(seed[0]), float(seed[1]), float(seed[2])) if seed else None,
            BoxMm((box[0], box[1], box[2]), (box[3], box[4], box[5])) if box else None,
            tuple((float(x), float(y), float(z)) for x, y, z in plain.get("rejected_mm") or ()),
        )

    @property
    def plain(self) -> dict[str, list[float] | None]:
        """Values that JSON holds, of the place."""
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
        if not parts:
            parts.append(f"everywhere but at {', '.join(map(_point, self.rejected_mm))}")
        return " ".join(parts)


def steered(prepared: PreparedSeries, settings: PipelineSettings, steering: Steering) -> Regions:
    """The regions of a study with the lesion that a person has pointed at: a person's word wins over every rule of ours.

    In a box the trial's rule is the lesion, as it is where readers draw such boxes. At a seed it is the piece that holds it
    or lies nearest, however small and whatever it looks like; where no piece is, what the trial's rule has there. With both,
    the box cuts off what of the seed's lesion lies outside it.

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
        `no-lesion-there`: nothing enhances where the person points. `implausible-lesion`: what does is a small part of what
        passes the trial's rule there.
    """
    glands = find_fgt(prepared)
    box = steering.box_mm
    in_box = None if box is None else _by_the_trials_rule(prepared, settings, box)
    if steering.seed_mm is None:
        mask, confidence = in_box, 1.0
    else:
        mask, confidence = _at_seed(prepared, mask_of(glands), settings, steering.seed_mm)
    if mask is not None and box is not None:
        mask &= box.mask(prepared.breast)
    if mask is None or not mask.any():
        raise Refused("no-lesion-there", where=steering.words)
    if in_box is not None and mask.sum() < LEAST_OF_THE_RULE * in_box.sum():
        cc = voxel_cc(prepared.breast)
        raise Refused("implausible-lesion", where=steering.words, found=mask.sum() * cc, rule=in_box.sum() * cc)
    image = image_of(mask, prepared.breast)
    side = side_of(image, prepared.breast, prepared.series.laterality)
    return regions_of(prepared, glands, (Lesion(1, image, side, confidence),))


def _by_the_trials_rule(prepared: PreparedSeries, settings: PipelineSettings, where: BoxMm | sitk.Image) -> Mask:
    """What the rule of functional tumour volume counts in a box or mask, on the phases as acquired."""
    series = prepared.series
    return mask_of(functional_tumour_volume(series.pre, series.early, series.late, where, settings.ftv).mask)


def _at_seed(
    prepared: PreparedSeries, gland: Mask, settings: PipelineSettings, seed_mm: tuple[float, float, float]
) -> tuple[Mask | None, float]:
    """The lesion at a seed, and how sure it is by itself."""
    smallest = min(SMALLEST_MM, settings.segmentation.minimum_lesion_diameter_mm)
    search = LesionSearch(
        prepared, gland, replace(settings.segmentation, minimum_lesion_diameter_mm=smallest), asked=True
    )
    seed = np.array(prepared.breast.TransformPhysicalPointToContinuousIndex(seed_mm))[::-1] * search.uptake.spacing
    meant = search.nearest(seed, SEED_REACH_MM)
    if meant is not None:
        return search.on_the_grid(meant.piece), round(meant.sureness, 3)
    reach = BoxMm(
        (seed_mm[0] - SEED_REACH_MM, seed_mm[1] - SEED_REACH_MM, seed_mm[2] - SEED_REACH_MM),
        (seed_mm[0] + SEED_REACH_MM, seed_mm[1] + SEED_REACH_MM, seed_mm[2] + SEED_REACH_MM),
    )
    found = _by_the_trials_rule(prepared, settings, reach)
    return (found, CONFIDENCE_BY_RULE) if found.any() else (None, 0.0)


def _point(point: tuple[float, float, float]) -> str:
    return "(" + ", ".join(f"{v:g}" for v in point) + ")"
