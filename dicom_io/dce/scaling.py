"""From stored pixels to values that can be compared between phases (PS3.3 C.11.1).

PE and SER cancel a factor common to all phases, but neither an intercept nor a factor that differs between them. The
rescale of every slice is applied. Philips scanners choose it anew for each image; their rescaled "display" values are
comparable only after division by the private scale slope: value = (SV x RS + RI) / (RS x SS), SS in (2005,100E)
(dcm2niix, Philips notes; Chenevert 2014, PMC3998685).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.tag import Tag

from models.answers import Refused

#: Philips' private "MR Series Scale Slope".
SCALE_SLOPE = Tag(0x2005, 0x100E)


@dataclass(frozen=True)
class Scaling:
    """How one slice was stored."""

    slope: float
    intercept: float
    scale_slope: float | None
    """Philips' private one; None elsewhere."""
    is_philips: bool

    def apply(self, stored: NDArray[np.generic]) -> NDArray[np.float32]:
        """Real-world values; for Philips the floating-point ones, where they can be had."""
        values = stored.astype(np.float32)
        if self.slope != 1 or self.intercept != 0:
            values = values * np.float32(self.slope) + np.float32(self.intercept)
        if self.scale_slope is not None:
            values = values / np.float32(self.slope * self.scale_slope)
        return values


def scaling_of(header: Dataset) -> Scaling:
    slope, intercept = header.get("RescaleSlope"), header.get("RescaleIntercept")
    private = header.get(SCALE_SLOPE)
    scale_slope = _number(private.value) if private is not None else None
    return Scaling(
        slope=1.0 if slope in (None, "") else float(slope),
        intercept=0.0 if intercept in (None, "") else float(intercept),
        scale_slope=scale_slope or None,
        is_philips="philips" in str(header.get("Manufacturer") or "").lower(),
    )


def check_comparable(scalings: Sequence[Scaling], series: str) -> None:
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
