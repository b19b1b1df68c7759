"""Image filters under pyradiomics' names, with its values to the bit on the same domain.

Only what is asked for is computed, and wavelets in the box that is measured: pyradiomics makes all eight decompositions of
the whole domain to give one.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from skimage.feature import local_binary_pattern

from tilscope.models.features.wavelets import Box, Wavelets
from tilscope.models.imaging.voxels import values_of

#: What `catch_warnings` puts back belongs to all threads, and outlines are measured on several.
_ONE_AT_A_TIME = threading.Lock()
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FilteredImage:
    """One image through any filters, looked at in one box. Some filters scale by the whole image."""

    values: Array
    """[z, y, x]: the whole image, in any unit."""
    spacing: tuple[float, float, float]
    """x, y, z in mm."""
    box: Box

    @cached_property
    def wavelets(self) -> Wavelets:
        return Wavelets(self.values, self.box)

    def through(self, name: str) -> Array:
        """The box through the filter of this name.

        Parameters
        ----------
        name : str
            One of those that `FeatureRequest.filter` names.

        Returns
        -------
        ndarray of float64, [z, y, x]
            In the image's unit but for local binary patterns.
        """
        if name.startswith("wavelet-"):
            return self.wavelets.decomposition(name.removeprefix("wavelet-"))
        return filtered(self.values, self.spacing, name)[self.box]


def filtered(values: Array, spacing: tuple[float, float, float], name: str) -> Array:
    """An array through the filter of this name.

    Parameters
    ----------
    values : ndarray of float64, [z, y, x]
        In any unit.
    spacing : tuple of float
        x, y, z in mm.
    name : str
        One of those that `FeatureRequest.filter` names.

    Returns
    -------
    ndarray of float64, [z, y, x]
        Of the same shape, and of the same unit but for local binary patterns; the array itself for 'original'.
    """
    if name == "original":
        return values
    if name.startswith("wavelet-"):
        depth, height, width = values.shape
        whole = (slice(0, depth), slice(0, height), slice(0, width))
        return Wavelets(values, whole).decomposition(name.removeprefix("wavelet-"))
    if name.startswith("log-sigma-"):
        sigma = float(name.removeprefix("log-sigma-").removesuffix("-mm-3D").replace("-", "."))
        return laplacian_of_gaussian(values, spacing, sigma)
    if name == "gradient":
        return gradient_magnitude(values, spacing)
    return _BY_NAME[name](values)


def square(values: Array) -> Array:
    """The square, scaled back to the range of the domain.

    Parameters
    ----------
    values : ndarray of float64, of any shape
        In any unit.

    Returns
    -------
    ndarray of float64, of the same shape
        In the same unit.
    """
    result: Array = (values * (1 / np.sqrt(np.abs(values).max()))) ** 2 if values.any() else values
    return result


def square_root(values: Array) -> Array:
    """The root of the magnitude with its sign, scaled back to the range of the domain.

    Parameters
    ----------
    values : ndarray of float64, of any shape
        In any unit.

    Returns
    -------
    ndarray of float64, of the same shape
        In the same unit.
    """
    result: Array = np.sign(values) * np.sqrt(np.abs(values) * np.abs(values).max())
    return result


def logarithm(values: Array) -> Array:
    """The logarithm of the magnitude and 1, with its sign, scaled back to the range of the domain.

    Parameters
    ----------
    values : ndarray of float64, of any shape
        In any unit.

    Returns
    -------
    ndarray of float64, of the same shape
        In the same unit.
    """
    if not values.any():
        return values
    logs: Array = np.sign(values) * np.log(np.abs(values) + 1)
    result: Array = logs * (np.abs(values).max() / np.abs(logs).max())
    return result


def exponential(values: Array) -> Array:
    """The exponential, scaled so that the greatest magnitude of the domain stays.

    Parameters
    ----------
    values : ndarray of float64, of any shape
        In any unit.

    Returns
    -------
    ndarray of float64, of the same shape
        In the same unit.
    """
    if not values.any():
        return values
    most = np.abs(values).max()
    result: Array = np.exp(np.log(most) / most * values)
    return result


def gradient_magnitude(values: Array, spacing: tuple[float, float, float]) -> Array:
    """How steep the image is.

    Parameters
    ----------
    values : ndarray of float64, [z, y, x]
        In any unit.
    spacing : tuple of float
        x, y, z in mm.

    Returns
    -------
    ndarray of float64, [z, y, x]
        In that unit per mm.
    """
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(spacing)
    return np.array(values_of(sitk.GradientMagnitude(image)), dtype=np.float64)


def local_binary_patterns(values: Array) -> Array:
    """Slice by slice, eight neighbours at a radius of one voxel, uniform patterns: values 0 to 9.

    Parameters
    ----------
    values : ndarray of float64, [z, y, x]
        In any unit.

    Returns
    -------
    ndarray of float64, [z, y, x]
        Whole numbers without a unit.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        # skimage would rather have integers, but rounding would make ties where there are none; pyradiomics rounds not.
        warnings.filterwarnings("ignore", "Applying `local_binary_pattern` to floating-point", UserWarning)
        planes = [local_binary_pattern(plane, P=8, R=1, method="uniform") for plane in values]
    return np.stack(planes).astype(np.float64)


def laplacian_of_gaussian(values: Array, spacing: tuple[float, float, float], sigma_mm: float) -> Array:
    """The Laplacian of the smoothed array, scaled so that different widths can be compared.

    Parameters
    ----------
    values : ndarray of float64, [z, y, x]
        In any unit.
    spacing : tuple of float
        x, y, z in mm.
    sigma_mm : float
        The Gaussian's standard deviation.

    Returns
    -------
    ndarray of float64, [z, y, x]
        In the same unit: the second derivative per mm2 times the variance in mm2.
    """
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(spacing)
    laplacian = sitk.LaplacianRecursiveGaussianImageFilter()
    laplacian.SetNormalizeAcrossScale(True)
    laplacian.SetSigma(sigma_mm)
    result = laplacian.Execute(image)
    return np.array(values_of(result), dtype=np.float64)


_BY_NAME: dict[str, Callable[[Array], Array]] = {
    "square": square,
    "squareroot": square_root,
    "logarithm": logarithm,
    "exponential": exponential,
    "lbp-2D": local_binary_patterns,
}
