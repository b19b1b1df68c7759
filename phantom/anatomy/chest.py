"""Muscle, ribs, lungs, heart, great vessels and spine, from the muscle's front face backwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilscope.phantom.anatomy.breasts import MUSCLE_DEPTH
from tilscope.phantom.anatomy.shapes import Coordinates, around, capsule, inside
from tilscope.phantom.grid import Volume

#: The pectoral muscle where it is thickest.
_MUSCLE_THICKNESS = 14.0
_WALL_OF_HEART_MM = 8.0
#: Blood in the chambers, which trabeculae share, and in the wall, which takes up contrast far faster than other muscle.
_BLOOD_OF_CHAMBERS, _BLOOD_OF_WALL = 0.85, 0.40
#: Start, end and radius: ascending aorta, arch, descending aorta, superior vena cava, pulmonary trunk.
_GREAT_VESSELS = (
    ((-4.0, 82.0, 20.0), (-6.0, 82.0, 66.0), 14.0),
    ((-6.0, 82.0, 66.0), (22.0, 136.0, 82.0), 12.5),
    ((22.0, 136.0, 82.0), (24.0, 140.0, -200.0), 10.5),
    ((-30.0, 92.0, 12.0), (-28.0, 88.0, 130.0), 8.5),
    ((22.0, 70.0, 28.0), (14.0, 86.0, 60.0), 12.0),
)


@dataclass(frozen=True, eq=False)
class Chest:
    muscle: Volume
    lung: Volume
    blood: Volume
    heart: Volume
    """Wall and chambers."""
    great_vessels: Volume


def chest(torso: Volume, wobble: Volume, here: Coordinates, voxel: float) -> Chest:
    """Muscle, lung, blood, heart and great vessels behind the breasts.

    Parameters
    ----------
    torso : ndarray of float32, [slice, row, column]
        Of `torso_distance`: mm, negative inside.
    wobble : ndarray of float32, [slice, row, column]
        Makes the borders uneven, mm.
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].
    voxel : float
        The width in mm over which a border is shared.

    Returns
    -------
    Chest
        The part of each voxel, 0 to 1.
    """
    x, y, z = here
    depth = -torso - MUSCLE_DEPTH
    # The pectoral muscle is thickest between sternum and armpit.
    lateral = np.clip((np.abs(x) - 12) / 30, 0, 1) * np.clip((150 - np.abs(x)) / 60, 0, 1)
    wall = _MUSCLE_THICKNESS * (0.4 + 0.6 * lateral) + 10 + wobble
    behind, cavity = inside(-depth, voxel), inside(wall - depth, voxel)
    # Ribs run down and forward, 26 mm apart; their fatty marrow is dark under fat saturation.
    beside = ((z + 0.35 * np.abs(x) - 0.2 * y + 13) % 26 - 13) / 7
    round_rib: Volume = (np.sqrt(beside**2 + ((depth - wall + 6) / 5) ** 2) - 1) * 6
    rib = inside(round_rib, voxel) * behind * (1 - cavity)
    backwards: Volume = y - 90
    half_width: Volume = np.abs(backwards) * np.float32(0.05) + 15
    from_middle: Volume = np.abs(x + backwards * np.float32(0.06)) - half_width
    mediastinum = inside(from_middle + 3 * wobble, 3 * voxel)
    spine = inside((np.sqrt((x / 24) ** 2 + ((y - 168) / 27) ** 2) - 1) * 24 + wobble, voxel)

    heart, chambers = _heart(here, wobble, cavity, voxel)
    vessels = _great_vessels(here, cavity, voxel) * (1 - heart)
    blood_of_heart = _BLOOD_OF_WALL * heart + (_BLOOD_OF_CHAMBERS - _BLOOD_OF_WALL) * chambers
    solid = np.maximum(mediastinum, spine) * (cavity - heart - vessels)
    muscle = behind - cavity - rib + 0.7 * solid + heart - blood_of_heart
    return Chest(
        muscle=muscle.astype(np.float32, copy=False),
        lung=cavity - heart - vessels - solid + rib,
        blood=blood_of_heart + vessels,
        heart=heart,
        great_vessels=vessels,
    )


def _heart(here: Coordinates, wobble: Volume, cavity: Volume, voxel: float) -> tuple[Volume, Volume]:
    """The whole heart, and of it the chambers."""
    heart, chambers = np.zeros_like(cavity), np.zeros_like(cavity)
    near = around(here, (26.0, 84.0, -12.0), (75.0, 65.0, 87.0))
    if near is None:
        return heart, chambers
    box, (x, y, z) = near
    level = np.sqrt(((x - 26) / 50) ** 2 + ((y - 84) / 40) ** 2 + ((z + 12) / 62) ** 2)
    border: Volume = (level - 1) * 45 + 2 * wobble[box]
    heart[box] = inside(border, 3 * voxel) * cavity[box]
    # A septum parts left from right.
    septum = np.abs(0.8 * (x - 22) - 0.6 * (y - 84) + 4 * np.sin(y / 14)) - 2.5
    chambers[box] = np.minimum(inside(border + _WALL_OF_HEART_MM, 2 * voxel), 1 - inside(septum, 2 * voxel))
    return heart, chambers * heart


def _great_vessels(here: Coordinates, cavity: Volume, voxel: float) -> Volume:
    found = np.zeros_like(cavity)
    for start, end, radius in _GREAT_VESSELS:
        middle = tuple((a + b) / 2 for a, b in zip(start, end, strict=True))
        reach = tuple(abs(a - b) / 2 + radius + 2 * voxel for a, b in zip(start, end, strict=True))
        near = around(here, (middle[0], middle[1], middle[2]), (reach[0], reach[1], reach[2]))
        if near is not None:
            box, close = near
            np.maximum(found[box], inside(capsule(close, start, end, radius), voxel), out=found[box])
    return found * cavity
