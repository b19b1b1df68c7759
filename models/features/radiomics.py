"""pyradiomics, called on a crop of our own and for named features only.

The stock extractor loads, checks, crops and computes everything for every call; here its feature classes are called
directly on arrays that are ready, with the values unchanged (SIGNATURES, "Beside the signatures"; DESIGN, decision 7).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from radiomics import firstorder, glcm, gldm, glrlm, glszm, ngtdm, shape
from scipy import ndimage

from tilscope.models.imaging.voxels import Mask

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


def feature_names(family: str) -> tuple[str, ...]:
    """Every feature of a class that is computed by default, in pyradiomics' order.

    >>> len(feature_names("shape")), len(feature_names("glcm"))
    (14, 24)
    """
    return tuple(name for name, deprecated in _CLASSES[family].getFeatureNames().items() if not deprecated)


def extract(
    values: NDArray[np.floating],
    inside: Mask,
    spacing: Sequence[float],
    wanted: Mapping[str, Sequence[str]],
    **settings: Any,
) -> dict[str, float]:
    """The wanted features of the voxels `inside`.

    Parameters
    ----------
    values : ndarray, [z, y, x]
        In any unit.
    inside : ndarray of bool, [z, y, x]
        Not empty.
    spacing : sequence of float
        x, y, z in mm.
    wanted : mapping of str to sequence of str
        Features by class: `{"glcm": ["Correlation"]}`.
    **settings
        pyradiomics' own, such as `binWidth`.

    Returns
    -------
    dict of str to float
        By class and feature: `{"glcm_Correlation": ...}`, in pyradiomics' units.

    Examples
    --------
    >>> ball = np.ones((9, 9, 9), np.float32)
    >>> extract(ball, ball > 0, (1, 1, 1), {"shape": ["VoxelVolume"]})
    {'shape_VoxelVolume': 729.0}
    """
    (box,) = ndimage.find_objects(inside.astype(np.uint8))
    # pyradiomics refuses a mask without background: one voxel of it is kept on each side.
    image = sitk.GetImageFromArray(np.pad(values[box], 1).astype(np.float64))
    mask = sitk.GetImageFromArray(np.pad(inside[box], 1).astype(np.uint8))
    for item in (image, mask):
        item.SetSpacing([float(s) for s in spacing])
    found: dict[str, float] = {}
    for name, features in wanted.items():
        calculator = _CLASSES[name](image, mask, additionalInfo=False, **settings)
        calculator.disableAllFeatures()
        for feature in features:
            calculator.enableFeatureByName(feature, True)
        # Eigenvalues are complex by type from numpy 2.5 on, also where they are real.
        found |= {f"{name}_{feature}": float(np.real(value)) for feature, value in calculator.execute().items()}
    return found
