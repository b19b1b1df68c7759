"""What a signature asks the engine for, as plain values that can be compared, sorted and shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

#: pyradiomics' default, for intensities in the hundreds.
DEFAULT_BIN_WIDTH = 25.0

#: Every class of features that depends on intensities; 93 features in all by pyradiomics' default.
CLASSES = ("firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm")


class Region(StrEnum):
    """Where a feature is measured; `models.features.feature_regions` makes each."""

    TUMOUR = "tumour"
    RING_5 = "5 mm ring"
    """From the tumour's border to 5 mm outside."""
    RING_2_2 = "2+2 mm ring"
    """From 2 mm inside the border to 2 mm outside."""
    STROMA_20 = "20 mm stroma"


class Intensity(StrEnum):
    """What a paper does to the values before anything is measured. The bias field is divided out in any case."""

    AS_MEASURED = "as measured"
    OVER_PARENCHYMA = "over the parenchyma's mean"
    Z_SCORE = "z-score"
    WHOLE_IMAGE = "z-score over the whole image"
    """Air and chest included, as pyradiomics normalises."""


@dataclass(frozen=True, order=True)
class ImageKey:
    """One image: a phase or the difference of two, its intensities and its voxels."""

    phase: str
    """'pre', 'early', 'late', 'post 1' to 'post n', 'middle' or 'last' of them; 'early - pre' is a difference."""
    intensity: Intensity
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, order=True)
class FeatureRequest:
    """One feature of one region of one image through one filter."""

    image: ImageKey
    filter: str
    """'original', 'wavelet-LLH', 'square', 'squareroot', 'logarithm', 'exponential', 'gradient', 'lbp-2D', 'log-sigma-2-mm-3D'."""
    region: Region
    family: str
    """'shape' or one of `CLASSES`."""
    feature: str
    bin_width: float = DEFAULT_BIN_WIDTH


@dataclass(frozen=True)
class NoValue:
    """A feature that has no value here, and why, in words."""

    why: str


Values = Mapping[FeatureRequest, float | NoValue]
