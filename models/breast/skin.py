"""The skin by its measured thickness: what lies beneath it is tissue of the breast.

The body's mask reaches some millimetres into the air, more where a scanner blurs. From its surface inwards the signal
tells the rest: it rises from air to skin, and where fat is suppressed falls again to fat; without suppression it goes
on rising from skin to fat. Skin of the breast is 1 to 3 mm thick, more at the areola and after radiation. Where gland
or a tumour lies directly beneath, no such fall is seen: there the thickness is that of the skin around.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tilscope.models.breast.depth import STEP_MM, Depth, Table, filled
from tilscope.models.imaging.voxels import Mask, Volume

#: The air before the skin, as the body's mask has it.
MOST_AIR_MM = 12.0

#: Skin begins where the signal has risen by this part from air to the brightest near it.
RISE = 0.5
#: ... and, where the brightest is fat and skin is darker, by this part.
RISE_BEFORE_BRIGHT_FAT = 0.3

#: Beneath suppressed fat's skin, the signal has fallen to fat but for this part.
LEFT_OF_SKIN = 0.2
#: Without suppression it has risen to this part of fat.
RISEN_TO_FAT = 0.85

#: The next tissue beneath is sought so far from the brightest skin.
BENEATH_MM = 8.0

#: A fall that is less than this part of the skin's brightness shows no border.
LEAST_FALL = 0.2

#: No skin is thinner or thicker than this, blur included, and this is assumed where it is seen nowhere.
THINNEST_MM, THICKEST_MM, USUAL_MM = 1.5, 6.0, 3.5

#: Patches of which fewer voxels are seen show nothing.
FEWEST_VOXELS = 30

#: The mean signal by depth, patch by patch: [patch, depth]; or one level or place of each patch.
Profiles = NDArray[np.float64]


def beneath_skin(signal: Volume, depth: Depth, dark_fat: bool) -> Mask:
    """What lies beneath the skin, and within the body.

    Parameters
    ----------
    signal : ndarray of float32, [head, back, left]
        The mean of all phases or one of them, in units of the signal.
    depth : Depth
        Beneath the surface of the body's mask.
    dark_fat : bool
        Whether fat is suppressed.

    Returns
    -------
    ndarray of bool, [head, back, left]
        On the whole grid.
    """
    begins, ends = skin_borders(signal[depth.thin], depth, dark_fat)
    outer = filled(begins, _median(begins, 0.0))
    thickness = np.clip(ends - begins, THINNEST_MM, THICKEST_MM)
    inner = outer + filled(thickness, _median(thickness, USUAL_MM))
    below = depth.fine(depth.mm - depth.at_each_voxel(inner))
    beneath: Mask = below > 0
    return beneath


def skin_borders(signal: Volume, depth: Depth, dark_fat: bool) -> tuple[Table, Table]:
    """Where skin begins and ends beneath the surface of the body's mask, patch by patch.

    Parameters
    ----------
    signal : ndarray of float32, [head, back, left]
        In units of the signal, on the coarse grid of `depth`.
    depth : Depth
        Beneath the surface of the body's mask.
    dark_fat : bool
        Whether fat is suppressed.

    Returns
    -------
    tuple of ndarray of float64, [a, b, c]
        mm for each patch; NaN where no border is seen.
    """
    means, counts = depth.profiles(signal)
    begins = np.full(means.shape[:3], np.nan)
    ends = begins.copy()
    seen = counts[..., : int(MOST_AIR_MM / STEP_MM)].sum(axis=3) >= FEWEST_VOXELS
    del counts  # as large as what follows, where preparation holds the most memory
    borders = _before_dark_fat if dark_fat else _before_bright_fat
    begins[seen], ends[seen] = borders(means[seen])
    return begins * STEP_MM, ends * STEP_MM


def _before_dark_fat(profiles: Profiles) -> tuple[Profiles, Profiles]:
    """In steps: a bright peak, of which the first one is the skin's."""
    front = profiles[:, : int(MOST_AIR_MM / STEP_MM)]
    air = front[:, :6].min(axis=1)
    risen = _first(front >= _part_way(RISE, air, front.max(axis=1)))
    falls: Mask = np.ones(front.shape, bool)
    falls[:, :-1] = front[:, 1:] <= front[:, :-1]
    peak = _first(falls & _from(risen, front.shape[1]))
    skin = front[np.arange(len(front)), peak]
    beneath = _beneath(peak, profiles.shape[1])
    fat = np.where(beneath, profiles, np.inf).min(axis=1)
    begins = _first(front >= _part_way(RISE, air, skin)).astype(np.float64)
    ends = _first(beneath & (profiles <= _part_way(LEFT_OF_SKIN, fat, skin))).astype(np.float64)
    ends[skin - fat < LEAST_FALL * (skin - air)] = np.nan
    return begins, ends


def _before_bright_fat(profiles: Profiles) -> tuple[Profiles, Profiles]:
    """In steps: a shoulder on the way from air to fat."""
    front = profiles[:, : int(MOST_AIR_MM / STEP_MM)]
    air = front[:, :6].min(axis=1)
    rise = _first(front >= _part_way(RISE_BEFORE_BRIGHT_FAT, air, front.max(axis=1)))
    beneath = _beneath(rise, profiles.shape[1])
    fat = np.where(beneath, profiles, -np.inf).max(axis=1)
    begins = _first(front >= _part_way(RISE_BEFORE_BRIGHT_FAT, air, fat))
    ends = _first(beneath & (profiles >= _part_way(RISEN_TO_FAT, air, fat)))
    return begins.astype(np.float64), ends.astype(np.float64)


def _part_way(part: float, low: Profiles, high: Profiles) -> Profiles:
    """A level between two for each profile, in a column."""
    return (low + part * (high - low))[:, None]


def _first(where: Mask) -> NDArray[np.intp]:
    """The first place along each profile."""
    found: NDArray[np.intp] = where.argmax(axis=1)
    return found


def _from(first: NDArray[np.intp], steps: int) -> Mask:
    """The places from this one on, for each profile."""
    found: Mask = np.arange(steps) >= first[:, None]
    return found


def _beneath(first: NDArray[np.intp], steps: int) -> Mask:
    """The places in which the next tissue is sought."""
    return _from(first, steps) & ~_from(first + int(BENEATH_MM / STEP_MM), steps)


def _median(values: Table, otherwise: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else otherwise
