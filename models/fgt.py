"""Fibroglandular tissue: the glands against the fat, by fuzzy c-means on the pre-contrast signal (as Wu 2018, Methods)."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from models.fat import fat_is_dark
from models.fuzzy_clusters import cluster_centres
from models.preparation import PreparedSeries
from models.voxels import Mask, image_of, mask_of, values_of


def find_fgt(prepared: PreparedSeries) -> sitk.Image:
    """Fibroglandular tissue inside the breast, lesions not yet taken out.

    Two clusters; which of them is gland is not told by brightness, since fat is the darker one with fat suppression and
    the brighter one without: `models.fat` tells which.
    """
    breast = mask_of(prepared.breast)
    # A little smoothing within the slice's plane keeps speckle from being called gland.
    smooth = sitk.SmoothingRecursiveGaussian(prepared.corrected.pre, _sigma_mm(prepared.corrected.pre))
    signal = values_of(smooth)[breast]
    centres = cluster_centres(signal, 2)
    bright = signal > centres.mean()
    pre, early = values_of(prepared.series.pre), values_of(prepared.series.early)
    dark = fat_is_dark(pre, early, breast, np.array(prepared.breast.GetSpacing()[::-1]))
    gland = bright if dark else ~bright
    found: Mask = np.zeros(breast.shape, bool)
    found[breast] = gland
    return image_of(found, prepared.breast)


def _sigma_mm(grid: sitk.Image) -> float:
    return float(min(grid.GetSpacing()))
