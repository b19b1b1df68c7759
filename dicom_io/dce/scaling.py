"""From stored pixels to values that can be compared between phases (PS3.3 C.11.1).

PE and SER cancel a factor common to all phases, but neither an intercept nor a factor that differs between them. The
rescale of every slice is applied. Philips scanners choose it anew for each image; their rescaled "display" values are
comparable only after division by the private scale slope: value = (SV x RS + RI) / (RS x SS), SS in (2005,100E)
(dcm2niix, Philips notes; Chenevert 2014, PMC3998685).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.tag import Tag

from tilscope.dicom_io.dce.values import number, text
from tilscope.models.refusals import BadInput, Refused

#: Philips' private "MR Series Scale Slope".
SCALE_SLOPE = Tag(0x2005, 0x100E)

#: So few slices of a phase are odd ones; more are a scanner that rescales by slice.
_ODD = 0.1


@dataclass(frozen=True)
class PixelScaling:
    """How one slice was stored."""

    slope: float
    intercept: float
    scale_slope: float | None
    """Philips' private one; None elsewhere."""
    is_philips: bool

    def apply(self, stored: NDArray[np.generic]) -> NDArray[np.generic]:
        """Real-world values; for Philips the floating-point ones, where they can be had. As stored where nothing is applied.

        Parameters
        ----------
        stored : ndarray, [row, column]
            The slice's stored values.

        Returns
        -------
        ndarray, [row, column]
            In units of the signal: float32, or the stored values themselves.
        """
        if self.slope == 1 and self.intercept == 0 and self.scale_slope is None:
            return stored
        values = stored.astype(np.float32)
        if self.slope != 1 or self.intercept != 0:
            values = values * np.float32(self.slope) + np.float32(self.intercept)
        if self.scale_slope is not None:
            values = values / np.float32(self.slope * self.scale_slope)
        return values


def scaling_of(header: Dataset) -> PixelScaling:
    """Where no rescale is given it is none; one that cannot be is a damaged header."""
    slope, intercept = _rescale(header, "RescaleSlope", 1.0), _rescale(header, "RescaleIntercept", 0.0)
    if slope == 0:
        raise _damaged(header, "RescaleSlope")
    private = header.get(SCALE_SLOPE)
    scale_slope = _number(private.value) if private is not None else None
    return PixelScaling(
        slope,
        intercept,
        scale_slope=scale_slope or None,
        is_philips="philips" in str(header.get("Manufacturer") or "").lower(),
    )


def _rescale(header: Dataset, keyword: str, absent: float) -> float:
    found = number(header, keyword)
    if found is not None:
        return found
    element = header.get_item(keyword)
    if element is None or not element.value:
        return absent
    raise _damaged(header, keyword)


def _damaged(header: Dataset, keyword: str) -> BadInput:
    return BadInput(
        "unreadable-file", name=text(header, "SOPInstanceUID"), problem=f"its {keyword} is no number that can be"
    )


def check_alike(scalings: Mapping[str, PixelScaling], series: str) -> None:
    """Refuse a phase of which a few slices (by UID) were rescaled unlike all others: damaged headers, not a scanner's.

    Where the private scale slope is there, the rescale may change from slice to slice: it is undone.
    """
    rescales = {uid: (s.slope, s.intercept) for uid, s in scalings.items() if s.scale_slope is None}
    usual = {rescale for rescale, _ in Counter(rescales.values()).most_common(1)}
    odd = [uid for uid, rescale in rescales.items() if rescale not in usual]
    if odd and len(odd) <= max(1, _ODD * len(rescales)) < len(rescales) - len(odd):
        slope, intercept = rescales[odd[0]]
        detail = f"instance {odd[0]} has rescale slope {slope:g} and intercept {intercept:g}, the other slices do not"
        raise Refused("scaling-differs", series=series, detail=detail)


def check_comparable(scalings: Sequence[PixelScaling], series: str) -> None:
    """Refuse a series whose slices were scaled apart by Philips and whose scale slopes were removed."""
    lacking = [s for s in scalings if s.is_philips and s.scale_slope is None]
    if not lacking:
        return
    if len(lacking) < len(scalings) or len({(s.slope, s.intercept) for s in scalings}) > 1:
        slopes = sorted({s.slope for s in scalings})
        detail = (
            f"rescale slopes from {slopes[0]:g} to {slopes[-1]:g}, and the scale slope (2005,100E) that would undo it "
            f"is missing on {len(lacking)} of {len(scalings)} images"
        )
        raise Refused("scaling-differs", series=series, detail=detail)


def _number(value: object) -> float | None:
    """A private element may have been read without its type: as bytes it is one 32-bit float."""
    if isinstance(value, bytes):
        return float(np.frombuffer(value[:4], "<f4")[0]) if len(value) >= 4 else None
    try:
        return float(str(value))
    except ValueError:
        return None
