"""One breast's part of the block: its glands, and all its lesions together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tilscope.models.breast.fgt_check import check_fgt
from tilscope.models.description.axes import greatest_distance
from tilscope.models.description.breast_categories import BPE, FGT, category
from tilscope.models.description.focality import focality
from tilscope.models.description.surfaces import surface_of
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import Mask, mask_of, values_of, voxel_cc
from tilscope.models.kinetics.maps import KineticMaps
from tilscope.models.result import DIGITS, BreastDescription, LesionDescription, Measurement, Missing, Term
from tilscope.models.settings import DescriptionSettings


def describe_breast(
    side: Laterality,
    breast: Mask,
    half: Mask,
    prepared: PreparedSeries,
    regions: Regions,
    maps: KineticMaps,
    lesions: Sequence[LesionDescription],
    is_decided: bool,
    settings: DescriptionSettings,
) -> BreastDescription:
    """A breast in BI-RADS' words.

    Parameters
    ----------
    side : Laterality
        Left or right.
    breast : ndarray of bool, [z, y, x]
        This breast alone.
    half : ndarray of bool, [z, y, x]
        The part of the grid on its side.
    prepared : PreparedSeries
        For the check of the glands.
    regions : Regions
        On the same grid.
    maps : KineticMaps
        On the same grid.
    lesions : sequence of LesionDescription
        Of all lesions of the series.
    is_decided : bool
        False where a reader must say which are lesions.
    settings : DescriptionSettings
        The thresholds.

    Returns
    -------
    BreastDescription
        What is doubtful has no value, and says why.
    """
    fgt = mask_of(regions.fgt) & half
    doubt = check_fgt(prepared, regions).doubt or (
        "" if breast.any() and fgt.any() else "no glandular tissue was found"
    )
    own = [lesion for lesion in regions.lesions if lesion.laterality is side]
    amount, enhancing = _glands(fgt, breast, maps, settings, doubt)
    extent = (_extent(own),) if own and is_decided else ()
    return BreastDescription(
        laterality=side.value,
        measurements=(amount, enhancing, *extent),
        terms=(
            _category("fgt", "Amount of fibroglandular tissue", FGT, amount, settings.fgt_percent, "of the breast"),
            _category(
                "bpe",
                "Background parenchymal enhancement",
                BPE,
                enhancing,
                settings.bpe_percent,
                f"of the glandular tissue enhances by {settings.bpe_voxel_percent:g} % or more",
            ),
            _lesions(own, lesions, is_decided),
        ),
        volume_cc=float(f"{float(breast.sum()) * voxel_cc(regions.breast):.{DIGITS}g}"),
    )


def _glands(
    fgt: Mask, breast: Mask, maps: KineticMaps, settings: DescriptionSettings, doubt: str
) -> tuple[Measurement, Measurement]:
    amount = ("fgt_amount", "Fibroglandular tissue of this breast")
    enhancing = ("bpe_share", "Fibroglandular tissue that enhances")
    if doubt:
        missing = (Measurement(id, name, None, "%", Missing.OUT_OF_RANGE, doubt) for id, name in (amount, enhancing))
        return next(missing), next(missing)
    reached = np.nan_to_num(values_of(maps.pe)[fgt], nan=-np.inf) >= settings.bpe_voxel_percent
    return (
        Measurement.of(*amount, 100 * float(fgt.sum()) / float(breast.sum()), "%"),
        Measurement.of(*enhancing, 100 * float(reached.mean()), "%"),
    )


def _category(
    id: str,
    name: str,
    words: tuple[str, str, str, str],
    measured: Measurement,
    borders: tuple[float, float, float],
    of: str,
) -> Term:
    if measured.value is None:
        return Term(id, name, None, measured.reason)
    limits = ", ".join(f"{border:g}" for border in borders)
    return Term(id, name, category(words, measured.value, borders), f"{measured.value:.0f} % {of}; borders {limits} %")


def _extent(own: Sequence[Lesion]) -> Measurement:
    points = np.concatenate([surface_of(mask_of(lesion.mask), lesion.mask).points for lesion in own])
    return Measurement.of("extent", "Extent of all lesions", greatest_distance(points), "mm")


def _lesions(own: Sequence[Lesion], lesions: Sequence[LesionDescription], is_decided: bool) -> Term:
    name = ("focality", "Lesions")
    if not own:
        return Term(*name, "none found", "nothing in this breast passed for a lesion")
    if not is_decided:
        return Term(*name, None, "a reader must decide which candidates are lesions")
    numbers = {lesion.number for lesion in own}
    places = [term.value for one in lesions if one.number in numbers for term in one.terms if term.id == "quadrant"]
    if None in places:
        return Term(*name, None, "the place of a lesion is not known")
    quadrants = [place for place in places if place is not None]
    told = ", ".join(dict.fromkeys(quadrants))
    return Term(
        *name, focality(quadrants), f"{len(own)} of them, {told}; multifocal in one quadrant, multicentric in more"
    )
