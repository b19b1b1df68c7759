"""Where in the breast a lesion lies: quadrant, clock face and depth, as the reader facing the patient names them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilscope.models.description.landmarks import Landmarks
from tilscope.models.description.surfaces import Points
from tilscope.models.imaging.series import Laterality
from tilscope.models.settings import DescriptionSettings

CENTRAL = "central"
_DEPTHS = ("anterior third", "middle third", "posterior third")


@dataclass(frozen=True)
class PlaceInBreast:
    """Of one lesion."""

    quadrant: str
    """upper outer, upper inner, lower outer, lower inner or central."""
    clock: int | None
    """1 to 12; None in the centre, where there is none."""
    shares: tuple[tuple[str, float], ...]
    """Each quadrant that holds some of it with the percentage of its voxels, the largest first; the centre apart."""
    offset_mm: tuple[float, float, float]
    """Of its middle from the nipple: towards the patient's left, back and head."""
    from_axis_mm: float
    """Across, from the line through the nipple to the lesion's middle."""
    depth: str | None
    depth_part: float | None
    """0 at the nipple, 1 at the chest wall."""
    from_nipple_mm: float
    from_skin_mm: float | None
    from_chest_wall_mm: float | None


def place_of(
    points: Points, voxels: Points, side: Laterality, breast: Landmarks, settings: DescriptionSettings
) -> PlaceInBreast:
    """The place of a lesion.

    Parameters
    ----------
    points : ndarray of float64, [n, 3]
        Its surface, patient LPS in mm.
    voxels : ndarray of float64, [n, 3]
        Its voxels' centres, patient LPS in mm.
    side : Laterality
        Left or right.
    breast : Landmarks
        Of the breast that it lies in.
    settings : DescriptionSettings
        What counts as central.

    Returns
    -------
    PlaceInBreast
        Distances from the lesion's border, in mm.
    """
    middle = voxels.mean(axis=0)
    left, back, head = (float(way) for way in middle - breast.nipple)
    away = float(np.hypot(left, head))
    part = breast.depth_part(middle)
    is_central = away < settings.central_mm
    return PlaceInBreast(
        quadrant=CENTRAL if is_central else quadrant(left, head, side),
        clock=None if is_central else clock_face(left, head),
        shares=_shares(voxels - breast.nipple, side, settings),
        offset_mm=(left, back, head),
        from_axis_mm=away,
        depth=None if part is None else depth_third(part),
        depth_part=part,
        from_nipple_mm=breast.from_nipple(points),
        from_skin_mm=breast.from_skin(points),
        from_chest_wall_mm=breast.from_chest_wall(points),
    )


def _shares(ways: Points, side: Laterality, settings: DescriptionSettings) -> tuple[tuple[str, float], ...]:
    central = np.hypot(ways[:, 0], ways[:, 2]) < settings.central_mm
    parts = {CENTRAL: float(central.mean())}
    for left in (1.0, -1.0):
        for head in (1.0, -1.0):
            there = ~central & ((ways[:, 0] > 0) == (left > 0)) & ((ways[:, 2] >= 0) == (head > 0))
            parts[quadrant(left, head, side)] = float(there.mean())
    return tuple((name, 100 * part) for name, part in sorted(parts.items(), key=lambda one: -one[1]) if part > 0)


def quadrant(left: float, head: float, side: Laterality) -> str:
    """From the way from the nipple towards the patient's left and towards her head.

    >>> quadrant(10, 10, Laterality.LEFT), quadrant(10, -10, Laterality.RIGHT)
    ('upper outer', 'lower inner')
    """
    is_outer = left > 0 if side is Laterality.LEFT else left < 0
    return f"{'upper' if head >= 0 else 'lower'} {'outer' if is_outer else 'inner'}"


def clock_face(left: float, head: float) -> int:
    """The nearest hour as seen from before the patient, whose left is at three.

    >>> [clock_face(*way) for way in ((0, 1), (1, 0), (0, -1), (-1, 0), (-1, 1.8))]
    [12, 3, 6, 9, 11]
    """
    return round(float(np.degrees(np.arctan2(left, head))) / 30) % 12 or 12


def depth_third(part: float) -> str:
    """Of the way from the nipple to the chest wall.

    >>> depth_third(0.2), depth_third(0.5), depth_third(1.1)
    ('anterior third', 'middle third', 'posterior third')
    """
    return _DEPTHS[min(2, max(0, int(part * 3)))]
