"""Signal over time, per tissue: contrast agent by the extended Tofts model, signal by the spoiled gradient echo.

Relaxation times are rounded from the usual 1.5 T values; nothing downstream depends on them beyond their giving
realistic enhancement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from tilscope.phantom.arterial_input import BREAST_S, HAEMATOCRIT, HEART_S, leaked, plasma_concentration
from tilscope.phantom.body_traits import BodyTraits
from tilscope.phantom.lesion_spec import CurveShape
from tilscope.phantom.spec import Background, PhantomSpec

#: Brings the dynamic series into the range of stored values that scanners use.
GAIN = 11500.0


class Tissue(StrEnum):
    FAT = "fat"
    SKIN = "skin"
    GLAND = "gland"
    ACTIVE_GLAND = "active gland"
    VIVID_GLAND = "vividly enhancing gland"
    MUSCLE = "muscle"
    LUNG = "lung"
    BLOOD = "blood"
    PERSISTENT_LESION = "lesion, persistent"
    PLATEAU_LESION = "lesion, plateau"
    WASHOUT_LESION = "lesion, washout"
    DULL_TUMOUR = "tumour, hardly perfused"
    LESION_CORE = "lesion core"
    NECROSIS = "necrosis"
    NODE = "lymph node"
    CYST = "cyst"
    BRIGHT_CYST = "cyst with protein or old blood"
    SILICONE = "silicone"


LESION_WITH = MappingProxyType(
    {
        CurveShape.PERSISTENT: Tissue.PERSISTENT_LESION,
        CurveShape.PLATEAU: Tissue.PLATEAU_LESION,
        CurveShape.WASHOUT: Tissue.WASHOUT_LESION,
    }
)


@dataclass(frozen=True)
class Exchange:
    """Extended Tofts: transfer constant (1/min), extravascular volume fraction, plasma volume fraction."""

    k_trans: float
    v_e: float
    v_p: float
    arrival_s: float = BREAST_S


@dataclass(frozen=True)
class Contrast:
    """How a tissue looks before contrast: proton density as each sequence sees it, and T1."""

    t1_s: float
    fat_saturated: float
    t2_weighted: float
    not_saturated: float


NO_EXCHANGE = Exchange(0.0, 0.2, 0.0)
_LESION = Contrast(1.40, 1.10, 0.50, 1.05)

APPEARANCE: dict[Tissue, Contrast] = {
    Tissue.FAT: Contrast(0.35, 0.045, 0.30, 1.00),
    Tissue.SKIN: Contrast(0.90, 0.70, 0.25, 0.60),
    Tissue.GLAND: Contrast(1.30, 1.00, 0.55, 1.00),
    Tissue.ACTIVE_GLAND: Contrast(1.30, 1.00, 0.60, 1.00),
    Tissue.VIVID_GLAND: Contrast(1.30, 1.00, 0.60, 1.00),
    Tissue.MUSCLE: Contrast(1.05, 0.75, 0.20, 0.75),
    Tissue.LUNG: Contrast(1.20, 0.08, 0.05, 0.08),
    Tissue.BLOOD: Contrast(1.45, 0.70, 0.10, 0.85),
    Tissue.PERSISTENT_LESION: _LESION,
    Tissue.PLATEAU_LESION: _LESION,
    Tissue.WASHOUT_LESION: _LESION,
    Tissue.DULL_TUMOUR: _LESION,
    Tissue.LESION_CORE: Contrast(1.70, 1.10, 0.95, 1.05),
    Tissue.NECROSIS: Contrast(2.60, 1.00, 1.10, 0.95),
    Tissue.NODE: Contrast(1.25, 1.00, 0.60, 1.00),
    Tissue.CYST: Contrast(3.00, 1.15, 1.30, 1.15),
    Tissue.BRIGHT_CYST: Contrast(0.55, 1.10, 0.90, 1.10),
    # Silicone is neither water nor fat: fat saturation leaves a part of it.
    Tissue.SILICONE: Contrast(0.95, 0.22, 0.45, 0.35),
}

_EXCHANGE: dict[Tissue, Exchange] = {
    Tissue.FAT: NO_EXCHANGE,
    Tissue.LUNG: NO_EXCHANGE,
    Tissue.CYST: NO_EXCHANGE,
    Tissue.BRIGHT_CYST: NO_EXCHANGE,
    Tissue.SILICONE: NO_EXCHANGE,
    Tissue.SKIN: Exchange(0.006, 0.25, 0.003),
    Tissue.MUSCLE: Exchange(0.005, 0.12, 0.002),
    Tissue.BLOOD: Exchange(0.0, 0.2, 1 - HAEMATOCRIT, HEART_S),
    # A fast exchange follows the plasma down; a slow one still fills at the last phase.
    Tissue.WASHOUT_LESION: Exchange(0.16, 0.37, 0.02),
    Tissue.PLATEAU_LESION: Exchange(0.09, 0.42, 0.005),
    Tissue.PERSISTENT_LESION: Exchange(0.04, 0.55, 0.0),
    Tissue.DULL_TUMOUR: Exchange(0.055, 0.40, 0.0),
    Tissue.LESION_CORE: Exchange(0.02, 0.50, 0.0),
    Tissue.NECROSIS: Exchange(0.002, 0.50, 0.0),
    Tissue.NODE: Exchange(0.14, 0.32, 0.02),
}
_BACKGROUND_K_TRANS: dict[Background, float] = {
    Background.MINIMAL: 0.0025,
    Background.MILD: 0.008,
    Background.MODERATE: 0.022,
    Background.MARKED: 0.050,
}
_GLANDULAR = frozenset({Tissue.GLAND, Tissue.ACTIVE_GLAND, Tissue.VIVID_GLAND})
_TUMOUR = frozenset({*LESION_WITH.values(), Tissue.DULL_TUMOUR})
#: Lobules that enhance most, over the rest of the active gland.
_VIVID_OVER_ACTIVE = 2.0


def exchange(tissue: Tissue, background: Background) -> Exchange:
    """The tissue's exchange constants, given how the gland enhances."""
    if tissue is Tissue.ACTIVE_GLAND:
        return Exchange(_BACKGROUND_K_TRANS[background], 0.35, 0.002)
    if tissue is Tissue.VIVID_GLAND:
        return Exchange(_VIVID_OVER_ACTIVE * _BACKGROUND_K_TRANS[background], 0.35, 0.005)
    if tissue is Tissue.GLAND:
        return Exchange(_BACKGROUND_K_TRANS[background] / 4, 0.35, 0.001)
    return _EXCHANGE[tissue]


def tissue_concentration(time_s: float, constants: Exchange) -> float:
    """Contrast agent in the tissue, mmol/l: v_p Cp + k_trans times Cp convolved with exp(-k_ep t)."""
    in_vessels = constants.v_p * plasma_concentration(time_s, constants.arrival_s)
    if constants.k_trans == 0:
        return in_vessels
    return in_vessels + constants.k_trans * leaked(time_s, constants.k_trans / constants.v_e, constants.arrival_s)


def _gain(tissue: Tissue, body: BodyTraits) -> float:
    """This patient's exchange over the usual one."""
    if tissue in _GLANDULAR:
        return body.background_gain
    return body.tumour_gain if tissue in _TUMOUR else 1.0


def dynamic_signal(spec: PhantomSpec, tissue: Tissue, time_s: float) -> float:
    """The tissue's signal in the dynamic series, in stored units."""
    seen = APPEARANCE[tissue]
    protons = seen.fat_saturated if spec.fat_saturated else seen.not_saturated
    constants = exchange(tissue, spec.background)
    constants = replace(constants, k_trans=constants.k_trans * _gain(tissue, spec.body))
    concentration = tissue_concentration(time_s, constants)
    return GAIN * protons * spec.sequence.signal(seen.t1_s, concentration)
