"""Signal over time, per tissue: contrast agent in the tissue by the extended Tofts model, signal by the spoiled gradient echo.

The arterial input is the biexponential of Weinmann (1984), for which the Tofts integral has a closed form; what
follows is therefore exact at every moment and needs no time steps. Relaxation times are rounded from the usual
1.5 T values; nothing downstream depends on them beyond their giving realistic enhancement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from phantom.spec import Background, Curve

#: Weinmann's plasma curve: dose x sum of amplitude (kg/l) x exp(-rate t), rates per minute.
DOSE_MMOL_PER_KG = 0.1
PLASMA_TERMS = ((3.99, 0.144), (4.78, 0.0111))
#: From the cubital vein to the breast.
ARRIVAL_S = 15.0
HAEMATOCRIT = 0.42
#: Gadolinium chelate at 1.5 T, l/(mmol s).
RELAXIVITY = 4.3

REPETITION_TIME_MS = 5.2
ECHO_TIME_MS = 2.4
FLIP_ANGLE_DEGREES = 12.0
#: Brings the dynamic series into the range of stored values that scanners use.
GAIN = 11500.0


class Tissue(StrEnum):
    FAT = "fat"
    SKIN = "skin"
    GLAND = "gland"
    ACTIVE_GLAND = "active gland"
    MUSCLE = "muscle"
    LUNG = "lung"
    BLOOD = "blood"
    LESION = "lesion"
    LESION_CORE = "lesion core"


@dataclass(frozen=True)
class Exchange:
    """Extended Tofts: transfer constant (1/min), extravascular volume fraction, plasma volume fraction."""

    k_trans: float
    v_e: float
    v_p: float


@dataclass(frozen=True)
class Contrast:
    """How a tissue looks before contrast: proton density as each sequence sees it, and T1."""

    t1_s: float
    fat_saturated: float
    t2_weighted: float
    not_saturated: float


NO_EXCHANGE = Exchange(0.0, 0.2, 0.0)

APPEARANCE: dict[Tissue, Contrast] = {
    Tissue.FAT: Contrast(0.35, 0.045, 0.30, 1.00),
    Tissue.SKIN: Contrast(0.90, 0.70, 0.25, 0.60),
    Tissue.GLAND: Contrast(1.30, 1.00, 0.55, 1.00),
    Tissue.ACTIVE_GLAND: Contrast(1.30, 1.00, 0.60, 1.00),
    Tissue.MUSCLE: Contrast(1.05, 0.75, 0.20, 0.75),
    Tissue.LUNG: Contrast(1.20, 0.08, 0.05, 0.08),
    Tissue.BLOOD: Contrast(1.45, 0.70, 0.10, 0.85),
    Tissue.LESION: Contrast(1.40, 1.10, 0.50, 1.05),
    Tissue.LESION_CORE: Contrast(1.70, 1.10, 0.95, 1.05),
}

_FIXED_EXCHANGE: dict[Tissue, Exchange] = {
    Tissue.FAT: NO_EXCHANGE,
    Tissue.LUNG: NO_EXCHANGE,
    Tissue.SKIN: Exchange(0.020, 0.25, 0.01),
    Tissue.MUSCLE: Exchange(0.012, 0.12, 0.005),
    Tissue.BLOOD: Exchange(0.0, 0.2, 1 - HAEMATOCRIT),
    Tissue.LESION_CORE: Exchange(0.060, 0.50, 0.01),
}
_LESION_EXCHANGE: dict[Curve, Exchange] = {
    # A fast exchange follows the plasma down; a slow one still fills at the last phase.
    Curve.WASHOUT: Exchange(0.55, 0.36, 0.06),
    Curve.PLATEAU: Exchange(0.22, 0.46, 0.02),
    Curve.PERSISTENT: Exchange(0.10, 0.52, 0.00),
}
_BACKGROUND_K_TRANS: dict[Background, float] = {
    Background.MINIMAL: 0.006,
    Background.MILD: 0.020,
    Background.MODERATE: 0.050,
    Background.MARKED: 0.120,
}


def exchange(tissue: Tissue, curve: Curve, background: Background) -> Exchange:
    """The tissue's exchange constants, given the lesion's curve and the gland's background enhancement."""
    if tissue is Tissue.LESION:
        return _LESION_EXCHANGE[curve]
    if tissue is Tissue.ACTIVE_GLAND:
        return Exchange(_BACKGROUND_K_TRANS[background], 0.35, 0.005)
    if tissue is Tissue.GLAND:
        return Exchange(_BACKGROUND_K_TRANS[background] / 4, 0.35, 0.002)
    return _FIXED_EXCHANGE[tissue]


def plasma_concentration(time_s: float) -> float:
    """Contrast agent in the plasma, mmol/l, at a time after the injection."""
    minutes = (time_s - ARRIVAL_S) / 60
    if minutes <= 0:
        return 0.0
    return DOSE_MMOL_PER_KG * sum(a * math.exp(-m * minutes) for a, m in PLASMA_TERMS)


def tissue_concentration(time_s: float, constants: Exchange) -> float:
    """Contrast agent in the tissue, mmol/l: v_p Cp + k_trans times Cp convolved with exp(-k_ep t), in closed form."""
    minutes = (time_s - ARRIVAL_S) / 60
    if minutes <= 0:
        return 0.0
    k_ep = constants.k_trans / constants.v_e
    leaked = sum(a * (math.exp(-m * minutes) - math.exp(-k_ep * minutes)) / (k_ep - m) for a, m in PLASMA_TERMS)
    return constants.v_p * plasma_concentration(time_s) + constants.k_trans * DOSE_MMOL_PER_KG * leaked


def spoiled_gradient_echo(t1_s: float, concentration: float) -> float:
    """Steady-state signal of a spoiled gradient echo for unit proton density; T2* decay is left out."""
    rate = 1 / t1_s + RELAXIVITY * concentration
    decay = math.exp(-REPETITION_TIME_MS / 1000 * rate)
    angle = math.radians(FLIP_ANGLE_DEGREES)
    return math.sin(angle) * (1 - decay) / (1 - math.cos(angle) * decay)


def dynamic_signal(tissue: Tissue, time_s: float, curve: Curve, background: Background) -> float:
    """The tissue's signal in the fat-saturated dynamic series, in stored units."""
    appearance = APPEARANCE[tissue]
    concentration = tissue_concentration(time_s, exchange(tissue, curve, background))
    return GAIN * appearance.fat_saturated * spoiled_gradient_echo(appearance.t1_s, concentration)
