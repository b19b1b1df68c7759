"""Another reading of Qian et al. 2024: what pyradiomics' own example settings for MR of 3 mm would have computed.

The paper counts 1648 features and names pyradiomics 3.0.1, neither image types nor settings. Those example settings name 86
features of intensity (18 first-order, 22 GLCM, 16 GLRLM, 16 GLSZM, 14 GLDM) and four Laplacians; with the eight wavelets and
every other image type, 14 + 19 x 86 = 1648. They are an inference, and no model of the paper is computed from them here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tilscope.models.features import ImageKey, Intensity, NoValue, Region, Values
from tilscope.models.features.sets import WAVELETS, FeatureSet, intensity, shape
from tilscope.models.signatures.base import SignatureCase
from tilscope.models.signatures.complete_set import CompleteSet, Table
from tilscope.models.signatures.qian2024.model import QIAN_2024

NAME = "qian2024-stock-mr"
BIN_WIDTH = 5.0
#: Added to values of which energies are made: three standard deviations of the normalised image.
SHIFT = 300.0
STOCK_IMAGE = ImageKey("post 1", Intensity.WHOLE_IMAGE, (2.0, 2.0, 2.0))
FILTERS = (
    "original", *WAVELETS, *(f"log-sigma-{sigma}-mm-3D" for sigma in (2, 3, 4, 5)),
    "square", "squareroot", "logarithm", "exponential", "gradient", "lbp-2D",
)  # fmt: skip
#: Classes and features that the example settings leave out.
_WITHOUT = ("ngtdm_", "glcm_SumAverage", "glcm_MCC")
_ENERGIES = ("Energy", "TotalEnergy", "RootMeanSquared")

PARAMETERS = (
    "Variant of qian2024, inferred from the paper's count of 1648 features: pyradiomics' example settings for MR of 3 mm, with all image "
    "types. First post-contrast phase, bias field of the pre-contrast image divided out, z-scored over the whole image, times 100; 2 mm "
    "isotropic along the patient's axes, linear (the settings: B-spline), masks from a half on; bin width 5 through every filter; 300 "
    "added for energies. Filters on the lesion's box and 20 mm around it (the settings: 5 voxels). Ring as in qian2024."
)

_SIGNATURE = replace(QIAN_2024, id=NAME, title=f"{QIAN_2024.title}, stock settings", parameters=PARAMETERS)


def stock_1648(region: Region) -> FeatureSet:
    """14 of shape and 86 of each of 19 images."""
    names = intensity(NAME, "P1", STOCK_IMAGE, FILTERS, region, BIN_WIDTH)
    chosen = shape(NAME, STOCK_IMAGE, region)
    for name, wanted in names.items():
        if not f"{wanted.family}_{wanted.feature}".startswith(_WITHOUT):
            chosen[name] = replace(wanted, bin_width=BIN_WIDTH)
    return chosen


_WANTED = stock_1648(Region.TUMOUR) | stock_1648(Region.RING_5)


def _table(case: SignatureCase, values: Values) -> Table:
    return {name: _shifted(name, values) for name in _WANTED}


def _shifted(name: str, values: Values) -> float | NoValue:
    """The feature; energies of values to which `SHIFT` was added, from those to which nothing was."""
    prefix, _, feature = name.rpartition("_firstorder_")
    if not prefix or feature not in _ENERGIES:
        return values[_WANTED[name]]
    parts = [values[_WANTED[f"{prefix}_firstorder_{part}"]] for part in ("Energy", "RootMeanSquared", "Mean")]
    numbers = [part for part in parts if not isinstance(part, NoValue)]
    if len(numbers) < len(parts):
        return next(part for part in parts if isinstance(part, NoValue))
    energy, root, mean = numbers
    # An image of zeros was refused: it has one intensity everywhere.
    voxels = energy / root**2
    shifted = energy + voxels * SHIFT * (2 * mean + SHIFT)
    volume = float(np.prod(STOCK_IMAGE.spacing_mm))
    return {"Energy": shifted, "TotalEnergy": shifted * volume, "RootMeanSquared": float(np.sqrt(shifted / voxels))}[
        feature
    ]


STOCK_MR = CompleteSet(
    _SIGNATURE,
    "variant of qian2024, tumour and 5 mm ring: 14 of shape and 86 through each of 19 filters, as pyradiomics' example for MR",
    tuple(_WANTED),
    lambda case: tuple(_WANTED.values()),
    _table,
    lambda case: (STOCK_IMAGE.phase,),
)
