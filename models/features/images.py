"""The images that features are read from: a phase or a difference, with the intensities that a paper asks for."""

from __future__ import annotations

import re

import numpy as np
import SimpleITK as sitk

from models.features.domain import Domain, Surroundings
from models.features.filters import Array
from models.features.wanted import ImageKey, Intensity, NoValue
from models.series import DceSeries
from models.voxels import mask_of, values_of

#: z-scored intensities are multiplied by this, so that pyradiomics' bins of 25 are a quarter of a standard deviation.
Z_SCALE = 100.0


def image_on(domain: Domain, key: ImageKey) -> Array | NoValue:
    """The image's values on the domain, or the reason why it cannot be had."""
    indexes = [phase_index(domain.around.series, name) for name in key.phase.split(" - ")]
    if None in indexes:
        return NoValue(f"there is no phase '{key.phase}'")
    phases = [domain.around.series.phases[index].image for index in indexes if index is not None]
    first = scaled(domain.around, phases[0], key.intensity, domain)
    if isinstance(first, NoValue) or len(phases) == 1:
        return first
    second = scaled(domain.around, phases[1], key.intensity, domain)
    return second if isinstance(second, NoValue) else first - second


def phase_index(series: DceSeries, name: str) -> int | None:
    """Which phase a name means; None where the series has none such."""
    roles = {"pre": series.roles.pre, "early": series.roles.early, "late": series.roles.late}
    if name in roles:
        return roles[name]
    posts = [i for i, phase in enumerate(series.phases) if phase.time_s >= 0]
    if name == "last":
        return posts[-1]
    number = int(match[1]) if (match := re.fullmatch(r"post (\d+)", name)) else 0
    return posts[number - 1] if 1 <= number <= len(posts) else None


def scaled(around: Surroundings, phase: sitk.Image, intensity: Intensity, domain: Domain) -> Array | NoValue:
    """One phase on the domain, divided or z-scored as the paper does."""
    values = domain.values(phase).astype(np.float64)
    if intensity is Intensity.OVER_PARENCHYMA:
        gland = values_of(around.series.pre)[around.parenchyma]
        if not gland.size:
            return NoValue("there is no parenchyma on the tumour's side to normalise by")
        values /= float(gland.mean(dtype=np.float64))
    elif intensity is Intensity.Z_SCORE:
        breast = values_of(phase)[mask_of(around.regions.breast)]
        spread = float(breast.std(dtype=np.float64))
        if not spread > 0:
            return NoValue("the breast has one intensity everywhere")
        values = (values - float(breast.mean(dtype=np.float64))) * (Z_SCALE / spread)
    return values
