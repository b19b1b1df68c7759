"""pyradiomics, called on a crop of our own and for named features only.

The stock extractor loads, checks, crops and computes everything for every call; here its feature classes are called
directly on arrays that are ready, with the values unchanged (SIGNATURES, "Beside the signatures"; DESIGN, decision 7).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask

try:
    from radiomics import firstorder, glcm, gldm, glrlm, glszm, ngtdm, shape
except ModuleNotFoundError as missing:
    words = "pyradiomics is not installed: python -m tilscope.extractor, or leave the setting `extractor` as it was"
    raise ModuleNotFoundError(words, name=missing.name) from missing

logging.getLogger("radiomics").setLevel(logging.ERROR)

_CLASSES = {
    "shape": shape.RadiomicsShape,
    "firstorder": firstorder.RadiomicsFirstOrder,
    "glcm": glcm.RadiomicsGLCM,
    "glrlm": glrlm.RadiomicsGLRLM,
    "glszm": glszm.RadiomicsGLSZM,
    "gldm": gldm.RadiomicsGLDM,
    "ngtdm": ngtdm.RadiomicsNGTDM,
}


def stock_names(family: str) -> tuple[str, ...]:
    """Every feature of a class that pyradiomics computes by default, in its order.

    >>> len(stock_names("shape")), len(stock_names("glcm"))
    (14, 24)
    """
    return tuple(name for name, deprecated in _CLASSES[family].getFeatureNames().items() if not deprecated)


@dataclass(frozen=True, eq=False)
class StockRegion:
    """A region as pyradiomics takes it."""

    image: sitk.Image
    mask: sitk.Image
    settings: Mapping[str, Any]
    """pyradiomics' own, such as `binWidth`."""

    @classmethod
    def of(cls, values: NDArray[np.floating], inside: Mask, spacing: Sequence[float], **settings: Any) -> StockRegion:
        """The region, cut out of a larger array.

        Parameters
        ----------
        values : ndarray, [z, y, x]
            In any unit.
        inside : ndarray of bool, [z, y, x]
            Not empty.
        spacing : sequence of float
            x, y, z in mm.
        **settings
            pyradiomics' own.

        Returns
        -------
        StockRegion
            Nothing of it is computed yet.
        """
        (box,) = ndimage.find_objects(inside.astype(np.uint8))
        # pyradiomics refuses a mask without background: one voxel of it is kept on each side.
        image = sitk.GetImageFromArray(np.pad(values[box], 1).astype(np.float64))
        mask = sitk.GetImageFromArray(np.pad(inside[box], 1).astype(np.uint8))
        for item in (image, mask):
            item.SetSpacing([float(s) for s in spacing])
        return cls(image, mask, settings)

    def features(self, family: str, names: Iterable[str]) -> dict[str, float]:
        """By the names of the class and of its features."""
        calculator = _CLASSES[family](self.image, self.mask, additionalInfo=False, **self.settings)
        calculator.disableAllFeatures()
        for name in names:
            calculator.enableFeatureByName(name, True)
        # Eigenvalues are complex by type from numpy 2.5 on, also where they are real.
        return {name: float(np.real(value)) for name, value in calculator.execute().items()}
