"""Contrast agent in the blood after a bolus: the population average of Parker et al. 2006 (doi 10.1002/mrm.21066).

Two Gaussians (the bolus and its return) over a tail that decays. The tail is a sigmoid times an exponential, whose
convolution with a tissue's response has no elementary form; the Tofts integral is therefore summed. Steps of a quarter
of a second are far shorter than the bolus (sigma 3.4 s), so the trapezoid is right to a part in ten thousand.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Parker's table 1: (area in mmol min / l, centre and standard deviation in min) of bolus and return.
_GAUSSIANS = ((0.809, 0.17046, 0.0563), (0.330, 0.365, 0.132))
#: Height (mmol/l) and decay (1/min) of the tail, steepness (1/min) and moment (min) of its rise.
_TAIL_HEIGHT, _TAIL_DECAY, _RISE, _RISE_AT = 1.050, 0.1685, 38.078, 0.483
HAEMATOCRIT = 0.42
#: From the cubital vein to the heart, and on into the capillaries of the breast.
HEART_S, BREAST_S = 9.0, 15.0
_STEP_S = 0.25


def plasma_concentration(time_s: float, arrival_s: float = BREAST_S) -> float:
    """Contrast agent in the plasma, mmol/l, at a time after the injection."""
    minutes = (time_s - arrival_s) / 60
    return 0.0 if minutes <= 0 else float(_plasma(np.array([minutes]))[0])


def leaked(time_s: float, k_ep: float, arrival_s: float = BREAST_S) -> float:
    """The plasma curve convolved with exp(-k_ep t), mmol min / l: what a tissue has taken up per unit of k_trans."""
    if time_s <= arrival_s:
        return 0.0
    minutes, plasma = _history(time_s - arrival_s)
    return float(np.trapezoid(plasma * np.exp(-k_ep * (minutes[-1] - minutes)), minutes))


@lru_cache(maxsize=64)
def _history(seconds: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The plasma curve from the arrival to a moment after it."""
    minutes = np.linspace(0, seconds / 60, math.ceil(seconds / _STEP_S) + 2)
    return minutes, _plasma(minutes)


def _plasma(minutes: NDArray[np.float64]) -> NDArray[np.float64]:
    blood = _TAIL_HEIGHT * np.exp(-_TAIL_DECAY * minutes) / (1 + np.exp(-_RISE * (minutes - _RISE_AT)))
    for area, centre, width in _GAUSSIANS:
        blood += area / (width * math.sqrt(2 * math.pi)) * np.exp(-((minutes - centre) ** 2) / (2 * width**2))
    return np.asarray(blood / (1 - HAEMATOCRIT))
