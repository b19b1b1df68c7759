"""The built-in segmenter: classical, explainable, without weights. From prepared volumes to regions."""

from __future__ import annotations

from collections.abc import Sequence

import SimpleITK as sitk

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.lesions import find_lesions
from tilscope.models.settings import PipelineSettings

ALGORITHM = "TILscope classical segmentation"
ALGORITHM_VERSION = "1"


def segment(prepared: PreparedSeries, settings: PipelineSettings) -> Regions:
    """Glands by fuzzy c-means, then lesions by enhancement.

    Parameters
    ----------
    prepared : PreparedSeries
        Motion and shading taken out, breasts found.
    settings : PipelineSettings
        Thresholds and least sizes.

    Returns
    -------
    Regions
        On the grid of the series.

    Raises
    ------
    Refused
        `no-lesion`: nothing enhances as a lesion does.
    """
    glands = find_fgt(prepared)
    return regions_of(prepared, glands, find_lesions(prepared, glands, settings))


def regions_of(prepared: PreparedSeries, glands: sitk.Image, lesions: Sequence[Lesion]) -> Regions:
    """The regions of a study whose lesions are known: what is lesion is no gland.

    Parameters
    ----------
    prepared : PreparedSeries
        Its breasts are the regions'.
    glands : SimpleITK.Image
        Fibroglandular tissue with the lesions in it, 0 and 1, on the grid of the series.
    lesions : sequence of Lesion
        On the same grid, index lesion first.

    Returns
    -------
    Regions
        On the same grid.
    """
    fgt = mask_of(glands).copy()
    for lesion in lesions:
        fgt &= ~mask_of(lesion.mask)
    return Regions(prepared.breast, image_of(fgt, prepared.breast), tuple(lesions), ALGORITHM, ALGORITHM_VERSION)
