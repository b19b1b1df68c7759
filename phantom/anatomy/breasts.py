"""The two breasts and the torso that they hang from, as distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilscope.models.imaging.series import Laterality
from tilscope.phantom.anatomy.shapes import Coordinates, smooth_union
from tilscope.phantom.grid import Vector, Volume
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator

TORSO_HALF_WIDTH, TORSO_HALF_DEPTH = 168.0, 108.0
#: Depth of the muscle's front face under the torso's skin.
MUSCLE_DEPTH = 9.0
#: An implant pushes the breast forward.
IMPLANT_PROJECTION = 1.12


@dataclass(frozen=True)
class Breast:
    """One breast: a paraboloid-like bulge whose axis leans outwards."""

    side: Laterality
    centre_x: float
    centre_z: float
    base_y: float
    half_width: float
    half_height: float
    projection: float

    @property
    def sign(self) -> float:
        return 1.0 if self.side is Laterality.LEFT else -1.0

    def point(self, outward: float, forward: float, upward: float) -> Vector:
        """A point in the breast's own measures: 1 outwards, forward or upward is its border."""
        x = self.centre_x + self.sign * (outward * self.half_width + 10.0 * forward)
        return x, self.base_y - forward * self.projection, self.centre_z + upward * self.half_height

    @property
    def middle(self) -> Vector:
        return self.point(0, 0.5, 0)

    @property
    def reach(self) -> Vector:
        """Half the size of a box round its middle that holds it, back to the muscle."""
        return self.half_width + 45, self.projection * 0.5 + 75, self.half_height + 45

    def distance(self, here: Coordinates) -> Volume:
        """Distance to the breast's skin, nipple included.

        Parameters
        ----------
        here : tuple of ndarray of float32
            Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].

        Returns
        -------
        ndarray of float32, [slice, row, column]
            mm, negative inside.
        """
        x, y, z = here
        reach = (self.base_y - y) / np.float32(self.projection)
        forward, backward = np.maximum(reach, 0), np.maximum(-reach, 0)
        across = (x - self.centre_x - self.sign * 10.0 * forward) / self.half_width
        up = (z - self.centre_z + 6.0 * forward) / self.half_height
        level = np.sqrt(across**2 + up**2 + forward**2.2 + 2 * backward**2)
        bulge = (level - 1) * np.float32(0.5 * (self.half_width + self.half_height))
        tip = self.projection * (forward - 1.0)
        nipple = np.sqrt((across * self.half_width) ** 2 + (up * self.half_height) ** 2 + tip**2) - 6
        return smooth_union(bulge, nipple.astype(np.float32), 3.0)


def breasts_of(spec: PhantomSpec) -> tuple[Breast, ...]:
    """Both breasts of the patient; one patient's are alike but not equal."""
    random = generator(spec.seed, "breasts")
    shared = random.normal(0, 1, 3)
    # A larger breast hangs further before it grows wider.
    wider = spec.breast_size**0.5
    longer = spec.breast_size * (IMPLANT_PROJECTION if spec.distractors.implants else 1.0)
    found = []
    for side in (Laterality.RIGHT, Laterality.LEFT):
        sign = 1.0 if side is Laterality.LEFT else -1.0
        own = random.normal(0, 1, 3)
        centre_x = sign * (76.0 + 1.5 * own[0])
        found.append(
            Breast(
                side=side,
                centre_x=centre_x,
                centre_z=-2.0 + 1.5 * own[1],
                base_y=TORSO_HALF_DEPTH * (1 - np.sqrt(1 - (centre_x / TORSO_HALF_WIDTH) ** 2)),
                half_width=wider * (61.0 + 2.0 * shared[0] + own[1]),
                half_height=wider * (56.0 + 1.5 * shared[1] + own[2]),
                projection=longer * (88.0 + 5.0 * shared[2] + 2.0 * own[0]),
            )
        )
    return tuple(found)


def torso_distance(here: Coordinates) -> Volume:
    """An elliptic cylinder whose front falls back towards neck and belly.

    Parameters
    ----------
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].

    Returns
    -------
    ndarray of float32, [slice, row, column]
        Distance to its skin in mm, negative inside.
    """
    x, y, z = here
    depth = y - TORSO_HALF_DEPTH - 0.0007 * z**2
    u, v = x / TORSO_HALF_WIDTH, depth / TORSO_HALF_DEPTH
    level = np.sqrt(u**2 + v**2)
    slope = np.sqrt((u / TORSO_HALF_WIDTH) ** 2 + (v / TORSO_HALF_DEPTH) ** 2) / np.maximum(level, 1e-3)
    return np.asarray((level - 1) / np.maximum(slope, 1e-4), dtype=np.float32)
