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
    """One manual ROI on the grid of the dynamic series."""

    mask: sitk.Image
    roi: ManualRoi


def regions_of_manual_roi(prepared: PreparedSeries, manual_lesions: Sequence[ManualLesion]) -> Regions:
    """The regions of a study whose lesions a person has drawn, one or more.

    Each manual ROI stays one lesion, however many pieces it has, and stays as it was drawn, even beyond the breast's mask.
    The largest is the index lesion. Where two overlap, the larger keeps the voxel.

    Parameters
    ----------
    prepared : PreparedSeries
        Breasts and glands are found in it as without manual ROIs.
    manual_lesions : sequence of ManualLesion
        Masks on the grid of the series; at least one is not empty.

    Returns
    -------
    Regions
        On the same grid.
    """
    lesions: list[Lesion] = []
    taken: Mask = np.zeros(prepared.breast.GetSize()[::-1], bool)
    for manual_lesion in sorted(
        manual_lesions, key=lambda manual_lesion: (-_voxels(manual_lesion), manual_lesion.roi.number)
    ):
        mask = mask_of(manual_lesion.mask) & ~taken
        if not mask.any():  # drawn twice
            continue
        taken |= mask
        image = image_of(mask, prepared.breast)
        side = side_of(image, prepared.breast, prepared.series.laterality)
        lesions.append(Lesion(len(lesions) + 1, image, side, 1.0, manual_lesion.roi))
    return regions_of(prepared, find_fgt(prepared), lesions)


def _voxels(manual_lesion: ManualLesion) -> int:
    return int(np.count_nonzero(mask_of(manual_lesion.mask)))
