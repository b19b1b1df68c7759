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
    borders = _before_dark_fat if dark_fat else _before_bright_fat
    for patch in np.argwhere(counts[..., : int(MOST_AIR_MM / STEP_MM)].sum(axis=3) >= FEWEST_VOXELS):
        here = tuple(patch)
        begins[here], ends[here] = borders(means[here], int(BENEATH_MM / STEP_MM))
    return begins * STEP_MM, ends * STEP_MM


def _before_dark_fat(profile: NDArray[np.float64], reach: int) -> tuple[float, float]:
    """In steps: a bright peak, of which the first one is the skin's."""
    front = profile[: int(MOST_AIR_MM / STEP_MM)]
    air = front[:6].min()
    peak = int(np.argmax(front >= air + RISE * (front.max() - air)))
    while peak + 1 < front.size and front[peak + 1] > front[peak]:
        peak += 1
    skin = front[peak]
    beneath = profile[peak : peak + reach]
    fat = beneath.min()
    begin = float(np.argmax(front >= air + RISE * (skin - air)))
    if skin - fat < LEAST_FALL * (skin - air):
        return begin, np.nan
    return begin, peak + float(np.argmax(beneath <= fat + LEFT_OF_SKIN * (skin - fat)))


def _before_bright_fat(profile: NDArray[np.float64], reach: int) -> tuple[float, float]:
    """In steps: a shoulder on the way from air to fat."""
    front = profile[: int(MOST_AIR_MM / STEP_MM)]
    air = front[:6].min()
    rise = int(np.argmax(front >= air + RISE_BEFORE_BRIGHT_FAT * (front.max() - air)))
    beneath = profile[rise : rise + reach]
    fat = beneath.max()
    begin = int(np.argmax(front >= air + RISE_BEFORE_BRIGHT_FAT * (fat - air)))
    return float(begin), rise + float(np.argmax(beneath >= air + RISEN_TO_FAT * (fat - air)))


def _median(values: Table, otherwise: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else otherwise
