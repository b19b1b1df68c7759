"""How the signal moves after contrast: percent enhancement, signal enhancement ratio, curve type.

PE  = (early - pre) / pre, in percent        undefined where pre is not above 0
SER = (early - pre) / (late - pre)           undefined where late equals pre

An undefined voxel is NaN in the maps, never 0: 0 is a measured value. SER is negative where the signal rose early
and fell below its first value late (or the reverse); it is kept, since the trial's rule excludes it by name (SER >= 0).
A factor common to all phases cancels in both, so raw and bias-corrected phases give the same maps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import SimpleITK as sitk

from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.voxels import Volume, image_of, values_of

#: A curve rises or falls when late differs from early by more than this part of the early signal (BI-RADS 2013,
#: "delayed phase": persistent, plateau within 10 %, washout).
PLATEAU_FRACTION = 0.10


#: SER is averaged only where there is enough enhancement, and within the range that the papers show.
LEAST_PE_PERCENT = 10.0
SER_RANGE = (0.0, 3.0)


class CurveType(StrEnum):
    PERSISTENT = "persistent"
    PLATEAU = "plateau"
    WASHOUT = "washout"


@dataclass(frozen=True, eq=False)
class KineticMaps:
    """PE and SER on the grid of the series; NaN where undefined."""

    pe: sitk.Image
    """Percent."""
    ser: sitk.Image
    """A ratio."""


def kinetic_maps(prepared: PreparedSeries) -> KineticMaps:
    """PE and SER of a whole series, from the phases as they were acquired.

    Parameters
    ----------
    prepared : PreparedSeries
        Its even phases are not used.

    Returns
    -------
    KineticMaps
        On the grid of the series.
    """
    series = prepared.series
    pre, early, late = values_of(series.pre), values_of(series.early), values_of(series.late)
    return KineticMaps(
        pe=image_of(percent_enhancement(pre, early), series.grid),
        ser=image_of(signal_enhancement_ratio(pre, early, late), series.grid),
    )


def percent_enhancement(pre: Volume, early: Volume) -> Volume:
    """(early - pre) / pre in percent; NaN where pre <= 0.

    Parameters
    ----------
    pre : ndarray of float32, of any shape
        Pre-contrast signal.
    early : ndarray of float32, of the same shape
        Early signal.

    Returns
    -------
    ndarray of float32, of the same shape
        Percent.

    Examples
    --------
    >>> percent_enhancement(np.float32([100, 0]), np.float32([170, 30])).tolist()
    [70.0, nan]
    """
    out = np.full(pre.shape, np.nan, np.float32)
    np.divide(100.0 * (early - pre), pre, out=out, where=pre > 0)
    return out


def signal_enhancement_ratio(pre: Volume, early: Volume, late: Volume) -> Volume:
    """(early - pre) / (late - pre); NaN where late equals pre.

    Parameters
    ----------
    pre : ndarray of float32, of any shape
        Pre-contrast signal.
    early : ndarray of float32, of the same shape
        Early signal.
    late : ndarray of float32, of the same shape
        Late signal.

    Returns
    -------
    ndarray of float32, of the same shape
        A ratio: above 1 the signal washes out, below 1 it still rises.

    Examples
    --------
    >>> signal_enhancement_ratio(np.float32([100, 100]), np.float32([190, 190]), np.float32([200, 100])).tolist()
    [0.8999999761581421, nan]
    """
    out = np.full(pre.shape, np.nan, np.float32)
    rise = late - pre
    np.divide(early - pre, rise, out=out, where=rise != 0)
    return out


def bounded_ser(pe: Volume, ser: Volume) -> Volume:
    """SER for averaging over a region: clipped to [0, 3], NaN where PE is below 10 % (SIGNATURES, section 1).

    Where hardly anything enhances, SER is one small difference over another and would drown the rest.

    Parameters
    ----------
    pe : ndarray of float32, of any shape
        Percent enhancement.
    ser : ndarray of float32, of the same shape
        Signal enhancement ratio.

    Returns
    -------
    ndarray of float32, of the same shape
        A ratio.
    """
    bounded: Volume = np.where(pe >= LEAST_PE_PERCENT, np.clip(ser, *SER_RANGE), np.float32(np.nan))
    return bounded


def curve_type(early: float, late: float) -> CurveType:
    """The shape of the curve after the early phase; a change of exactly 10 % is still a plateau.

    >>> [str(curve_type(100, late)) for late in (111, 110, 90, 89)]
    ['persistent', 'plateau', 'plateau', 'washout']
    """
    change = late - early
    # Compared with a hair of tolerance, so that the border does not hang on how 0.1 is stored.
    limit = PLATEAU_FRACTION * abs(early) * (1 + 1e-9)
    if change > limit:
        return CurveType.PERSISTENT
    return CurveType.WASHOUT if change < -limit else CurveType.PLATEAU
