"""The built-in segmenter: classical, explainable, without weights. From prepared volumes to regions."""

from __future__ import annotations

from collections.abc import Sequence

import SimpleITK as sitk

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.finding import Finding
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions, lesion_free
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.lesions.search import LesionSearch
from tilscope.models.lesions.surroundings import Level, Surroundings
from tilscope.models.lesions.uptake import Uptake
from tilscope.models.refusals import Refused
from tilscope.models.settings import PipelineSettings

ALGORITHM = "TILscope classical segmentation"
ALGORITHM_VERSION = "4"


def segment(prepared: PreparedSeries, settings: PipelineSettings, other_breast: Level | None = None) -> Regions:
    """Glands against the fat beside them, then lesions by what speaks for each piece of uptake.

    Parameters
    ----------
    prepared : PreparedSeries
        Motion and shading taken out, breasts found.
    settings : PipelineSettings
        Thresholds and least sizes.
    other_breast : Level, optional
        What the gland of the other breast does, where that was imaged in a series of its own.

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
    search = LesionSearch(prepared, mask_of(glands), settings.segmentation, other_breast)
    found = search.found()
    if not found.lesions:
        raise Refused("no-lesion", **search.how_much_enhances())
    return regions_of(prepared, glands, found.lesions, found.finding)


def gland_level(prepared: PreparedSeries) -> Level | None:
    """What the gland of one breast does, for the search in the other one.

    Parameters
    ----------
    prepared : PreparedSeries
        Of one breast; its phases need not be registered.

    Returns
    -------
    Level or None
        None where there is too little gland.
    """
    return Surroundings.of(prepared, Uptake.of(prepared, mask_of(find_fgt(prepared)))).of_whole_breast()


def regions_of(
    prepared: PreparedSeries, glands: sitk.Image, lesions: Sequence[Lesion], finding: Finding = Finding.MASS
) -> Regions:
    """The regions of a study whose lesions are known: what is lesion is no gland, what only may be one is.

    Parameters
    ----------
    prepared : PreparedSeries
        Its breasts are the regions'.
    glands : SimpleITK.Image
        Fibroglandular tissue with the lesions in it, 0 and 1, on the grid of the series.
    lesions : sequence of Lesion
        On the same grid, index lesion first.
    finding : Finding
        Of what kind the lesions are.

    Returns
    -------
    Regions
        On the same grid.
    """
    gland = mask_of(glands)
    fgt = gland if finding is Finding.CANDIDATES else lesion_free(gland, lesions)
    return Regions(
        breast=prepared.breast,
        fgt=image_of(fgt, prepared.breast),
        lesions=tuple(lesions),
        algorithm=ALGORITHM,
        algorithm_version=ALGORITHM_VERSION,
        finding=finding,
    )
