"""How a signal becomes stored values, and stored values become the bytes of a transfer syntax (PS3.5 8, A.4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tilscope.phantom.jpeg_lossless import encode as encode_jpeg_lossless
from tilscope.phantom.layouts import StoredScaling

Pixels = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.int16]

SYNTAXES: dict[str, UID] = {
    "explicit-le": ExplicitVRLittleEndian,
    "implicit-le": ImplicitVRLittleEndian,
    "explicit-be": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg-lossless": JPEGLosslessSV1,
    "jpeg-ls": JPEGLSLossless,
    "jpeg-2000": JPEG2000Lossless,
}


@dataclass(frozen=True)
class Storage:
    allocated: int
    stored: int
    signed: bool = False
    intercept: int = 0
    """RescaleIntercept that brings the signal into the range of stored values."""

    @property
    def dtype(self) -> type[np.generic]:
        return np.uint8 if self.allocated == 8 else np.int16 if self.signed else np.uint16

    @property
    def lowest(self) -> int:
        return -(1 << (self.stored - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        return self.lowest + (1 << self.stored) - 1


STORAGES: dict[str, Storage] = {
    "16-bit": Storage(16, 16),
    "12-bit": Storage(16, 12),
    "8-bit": Storage(8, 8),
    "signed-16-bit": Storage(16, 16, signed=True, intercept=1024),
}


@dataclass(frozen=True, eq=False)
class StoredVolume:
    pixels: Pixels
    slope: float = 1.0
    intercept: float = 0.0
    scale_slope: float | None = None
    """(2005,100E), where it is written."""
    rescaled: bool = False
    """Whether the rescale is written; a scanner that writes it does so for a slope of 1 too."""

    def displayed(self) -> NDArray[np.floating]:
        """After the rescale, which the window is about (PS3.3 C.11.2).

        Returns
        -------
        ndarray of float64, [slice, row, column]
            In the unit that viewers show.
        """
        return np.asarray(self.pixels * self.slope + self.intercept)


def storage_named(name: str) -> Storage:
    if name not in STORAGES:
        raise ValueError(f"no way of storing is called {name!r}; there are {', '.join(STORAGES)}")
    return STORAGES[name]


def syntax_named(name: str) -> UID:
    if name not in SYNTAXES:
        raise ValueError(f"no transfer syntax is called {name!r}; there are {', '.join(SYNTAXES)}")
    return SYNTAXES[name]


def store(signal: NDArray[np.float32], top: float, storage: Storage, scaling: StoredScaling | None) -> StoredVolume:
    """To the nearest stored value.

    Parameters
    ----------
    signal : ndarray of float32, of any shape
        In units of the signal.
    top : float
        The highest signal of all phases, so that one scale serves them all.
    storage : Storage
        The range of stored values.
    scaling : StoredScaling, optional
        A scanner's own slopes; a rescale that suffices without.

    Returns
    -------
    StoredVolume
        Of the same shape.

    Raises
    ------
    ValueError
        Values do not fit the storage.
    """
    if scaling is None:
        room = storage.highest - storage.lowest
        # A range that suffices is used as it is; else one slope for all phases, rounded up to what 16 characters hold.
        slope = 1.0 if top <= room else math.ceil(top / room * 1e4) / 1e4
        values = np.rint((signal - storage.intercept) / slope)
        stored = StoredVolume(
            _as(values, storage), slope, float(storage.intercept), rescaled=(slope, storage.intercept) != (1.0, 0)
        )
    elif scaling.scale_slope is not None:
        values = np.rint(signal * scaling.scale_slope)
        written = scaling.scale_slope if scaling.scale_slope_written else None
        stored = StoredVolume(_as(values, storage), scaling.slope, 0.0, written, rescaled=True)
    else:
        stored = StoredVolume(_as(np.rint(signal / scaling.slope), storage), scaling.slope, rescaled=True)
    return stored


def _as(values: NDArray[np.floating], storage: Storage) -> Pixels:
    if values.max() > storage.highest or values.min() < storage.lowest:
        raise ValueError(
            f"stored values {values.min():.0f} to {values.max():.0f} do not fit {storage.stored} bits"
            f"{' signed' if storage.signed else ''}"
        )
    pixels: Pixels = values.astype(storage.dtype)
    return pixels


def describe(image: Dataset, storage: Storage) -> None:
    """Image Pixel module (PS3.3 C.7.6.3) of this storage."""
    image.BitsAllocated, image.BitsStored, image.HighBit = storage.allocated, storage.stored, storage.stored - 1
    image.PixelRepresentation = 1 if storage.signed else 0


def put_pixels(image: Dataset, pixels: Pixels, syntax: UID) -> None:
    """Set PixelData in this syntax, and name the syntax.

    Parameters
    ----------
    image : Dataset
        Has its Image Pixel module already.
    pixels : ndarray, [row, column] or [frame, row, column]
        Stored values.
    syntax : UID
        The transfer syntax.
    """
    image.file_meta.TransferSyntaxUID = syntax
    if syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        image.compress(syntax, pixels, generate_instance_uid=False)
        return
    if syntax == JPEGLosslessSV1:
        frames = pixels if pixels.ndim == 3 else pixels[np.newaxis]
        image.PixelData = encapsulate([encode_jpeg_lossless(frame, image.BitsStored) for frame in frames])
        image["PixelData"].VR = "OB"
        image["PixelData"].is_undefined_length = True
        return
    big = syntax == ExplicitVRBigEndian
    raw = pixels.astype(pixels.dtype.newbyteorder(">" if big else "<")).tobytes()
    image.PixelData = raw + b"\0" * (len(raw) % 2)
    # Eight bits are bytes; a byte order concerns words only (PS3.5 8.1.2).
    image["PixelData"].VR = "OB" if image.BitsAllocated == 8 and not syntax.is_implicit_VR else "OW"
