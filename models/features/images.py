"""The images that features are read from: a phase or a difference, with the intensities that a paper asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import SimpleITK as sitk

from tilscope.models.breast.fgt_check import check_fgt
from tilscope.models.features.domain import Domain, NativeVoxels
from tilscope.models.features.feature_request import ImageKey, Intensity, NoValue
from tilscope.models.features.filters import Array
from tilscope.models.imaging.series import DceSeries, Phase
from tilscope.models.imaging.voxels import mask_of, values_of

#: z-scored intensities are multiplied by this, so that pyradiomics' bins of 25 are a quarter of a standard deviation.
Z_SCALE = 100.0


def image_on(domain: Domain, key: ImageKey) -> Array | NoValue:
    """The image's values on the domain, or the reason why it cannot be had.

    Parameters
    ----------
    domain : Domain
        The grid wanted.
    key : ImageKey
        Phases, intensities and voxels.

    Returns
    -------
    ndarray of float64, [z, y, x], or NoValue
        On the domain's grid, in the unit that `key.intensity` makes.
    """
    phases: list[Array] = []
    for name in key.phase.split(" - "):
        index = phase_index(domain.around.series, name)
        if index is None:
            return NoValue(f"there is no phase '{name}'")
        values = scaled(domain.around, domain.around.series.phases[index], key.intensity, domain)
        if isinstance(values, NoValue):
            return values
        phases.append(values)
    image = phases[0] if len(phases) == 1 else phases[0] - phases[1]
    # One such value would spread through a filter, unseen, or become a pattern like any other.
    return image if np.isfinite(image).all() else NoValue("the image holds values that are no numbers")


def phase_index(series: DceSeries, name: str) -> int | None:
    """Which phase a name means; None where the series has none such.

    Parameters
    ----------
    series : DceSeries
        Only its roles and the number of its phases count.
    name : str
        As in `ImageKey.phase`, without differences.

    Returns
    -------
    int or None
        An index into `series.phases`.
    """
    roles = {"pre": series.roles.pre, "early": series.roles.early, "late": series.roles.late}
    if name in roles:
        return roles[name]
    posts = post_phases(series)
    # The earlier of the two in the middle: of two phases, the other is the last.
    numbers = {"middle": (len(posts) + 1) // 2, "last": len(posts)}
    number = int(match[1]) if (match := re.fullmatch(r"post (\d+)", name)) else numbers.get(name, 0)
    return posts[number - 1] if 1 <= number <= len(posts) else None


def post_phases(series: DceSeries) -> list[int]:
    """The phases after the injection, in time order: 'post 1' is the first of them.

    Parameters
    ----------
    series : DceSeries
        Only its roles and the number of its phases count.

    Returns
    -------
    list of int
        Indices into `series.phases`.
    """
    return list(range(series.first_post, len(series.phases)))


def scaled(around: NativeVoxels, phase: Phase, intensity: Intensity, domain: Domain) -> Array | NoValue:
    """One phase on the domain, divided or z-scored as the paper does.

    Parameters
    ----------
    around : NativeVoxels
        Gives parenchyma and breast that values are scaled by.
    phase : Phase
        The even one, on the grid of the series.
    intensity : Intensity
        As measured, over the parenchyma's mean, or a z-score over the breast or the whole image times `Z_SCALE`.
    domain : Domain
        The grid wanted.

    Returns
    -------
    ndarray of float64, [z, y, x], or NoValue
        On the domain's grid; in units of the signal where it is as measured, else without a unit.
    """
    values = domain.values(phase).astype(np.float64)
    if intensity is Intensity.OVER_PARENCHYMA:
        if doubt := check_fgt(around.prepared, around.regions).doubt:
            return NoValue(doubt)
        if not around.parenchyma.any():
            return NoValue("there is no parenchyma on the tumour's side to normalise by")
        mean = around.parenchyma_mean
        if not mean > 0:
            return NoValue("the parenchyma has no signal to normalise by")
        values /= mean
    elif intensity is Intensity.Z_SCORE:
        breast = _BreastLevel.of(phase, around.regions.breast)
        if breast.why_not:
            return NoValue(breast.why_not)
        values = (values - breast.mean) * (Z_SCALE / breast.spread)
    elif intensity is Intensity.WHOLE_IMAGE:
        whole = values_of(phase.image).astype(np.float64)
        spread = float(whole.std())
        if not spread > 0:
            return NoValue("the image has one intensity everywhere, or holds values that are no numbers")
        values = (values - float(whole.mean())) * (Z_SCALE / spread)
    return values


@dataclass(frozen=True, eq=False)
class _BreastLevel:
    """What a phase measures in the breasts: the mean and the standard deviation, or why they cannot be had."""

    mask: sitk.Image
    mean: float = 0.0
    spread: float = 0.0
    why_not: str = ""

    @classmethod
    def of(cls, phase: Phase, mask: sitk.Image) -> _BreastLevel:
        """Asked again about the same breasts it answers at once: every outline of a lesion is measured against them."""
        known = _BREASTS.get(phase)
        if known is None or known.mask is not mask:
            known = _BREASTS[phase] = cls._measured(phase, mask)
        return known

    @classmethod
    def _measured(cls, phase: Phase, mask: sitk.Image) -> _BreastLevel:
        inside = mask_of(mask)
        signal = phase.at(inside).astype(np.float64) if inside.any() else np.zeros(0)
        if not np.isfinite(signal).all():
            return cls(mask, why_not="the breast holds values that are no numbers")
        spread = float(signal.std()) if signal.size else 0.0
        if not spread > 0:
            return cls(mask, why_not="the breast has one intensity everywhere")
        return cls(mask, float(signal.mean()), spread)


_BREASTS: WeakKeyDictionary[Phase, _BreastLevel] = WeakKeyDictionary()
