"""Lesions as a person drew them, in place of the segmenter's. Breast and glands stay the segmenter's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, ManualRoi, Regions
from tilscope.models.imaging.sides import side_of
from tilscope.models.imaging.voxels import Mask, image_of, mask_of
from tilscope.models.lesions.classical import regions_of


@dataclass(frozen=True, eq=False)
class ManualLesion:
    """One outline on the grid of the dynamic series."""

    mask: sitk.Image
    drawn: ManualRoi


def regions_of_manual_roi(prepared: PreparedSeries, outlines: Sequence[ManualLesion]) -> Regions:
    """The regions of a study whose lesions a person has drawn, one or more.

    Each outline stays one lesion, however many pieces it has, and stays as it was drawn, even beyond the breast's mask.
    The largest is the index lesion. Where two overlap, the larger keeps the voxel.

    Parameters
    ----------
    prepared : PreparedSeries
        Breasts and glands are found in it as without an outline.
    outlines : sequence of ManualLesion
        Masks on the grid of the series; at least one is not empty.

    Returns
    -------
    Regions
        On the same grid.
    """
    lesions: list[Lesion] = []
    taken: Mask = np.zeros(prepared.breast.GetSize()[::-1], bool)
    for outline in sorted(outlines, key=lambda outline: (-_voxels(outline), outline.drawn.number)):
        mask = mask_of(outline.mask) & ~taken
        if not mask.any():  # drawn twice
            continue
        taken |= mask
        image = image_of(mask, prepared.breast)
        side = side_of(image, prepared.breast, prepared.series.laterality)
        lesions.append(Lesion(len(lesions) + 1, image, side, 1.0, outline.drawn))
    return regions_of(prepared, find_fgt(prepared), lesions)


def _voxels(outline: ManualLesion) -> int:
    return int(np.count_nonzero(mask_of(outline.mask)))
