"""Where a lesion lies: cut off by the edge of the images, or against the chest wall."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from tilscope.models.imaging.orientation import PatientAxes
from tilscope.models.imaging.regions import Lesion
from tilscope.models.imaging.voxels import Mask, mask_of

#: So close to the back of the breast, a lesion may have grown into the muscle, or be a part of it.
NEAR_MM = 3.0


def part_at_the_edge(lesion: Lesion) -> float:
    """The fraction of the lesion's voxels on the outermost layer of the images.

    Parameters
    ----------
    lesion : Lesion
        On the grid of the series; not empty.

    Returns
    -------
    float
        0 to 1.
    """
    inside = mask_of(lesion.mask)
    inner = inside[1:-1, 1:-1, 1:-1]
    return 1 - float(inner.sum()) / float(inside.sum())


def part_at_the_chest_wall(lesion: Lesion, breast: sitk.Image) -> float:
    """The fraction of the lesion's columns from front to back that end where the breast ends, at the chest.

    Parameters
    ----------
    lesion : Lesion
        On the grid of the series; not empty.
    breast : SimpleITK.Image
        The breasts' mask on the same grid, 0 and 1.

    Returns
    -------
    float
        0 to 1; a column counts where it ends within `NEAR_MM` of the breast's back.
    """
    axes = PatientAxes(breast)
    inside, tissue = axes.array(lesion.mask) > 0, axes.array(breast) > 0
    columns = inside.any(axis=1)
    near = (_last_rows(tissue)[columns] - _last_rows(inside)[columns]) * axes.spacing[1] <= NEAR_MM
    return float(near.mean())


def _last_rows(mask: Mask) -> NDArray[np.intp]:
    """Of each line from front to back; -1 where there is nothing."""
    last: NDArray[np.intp] = np.where(mask.any(axis=1), mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1), -1)
    return last
