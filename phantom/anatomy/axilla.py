"""The armpits: a pad of fat on the chest wall's upper outer corner, with the lymph nodes in it."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.phantom.anatomy.shapes import Coordinates, ellipsoid
from tilscope.phantom.grid import Vector, Volume
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator

_PAD_CENTRE, PAD_RADII = (126.0, 44.0, 56.0), (31.0, 34.0, 42.0)
#: Where nodes may lie, from the pad's centre towards the outside, the front and the head.
_NODE_PLACES = ((4.0, -12.0, -16.0), (10.0, -4.0, 0.0), (-6.0, -18.0, 0.0))


@dataclass(frozen=True)
class Node:
    centre: Vector
    radii: Vector

    @property
    def hilum(self) -> tuple[Vector, Vector]:
        """Centre and radii of the fat where its vessels enter."""
        x, y, z = self.centre
        return (x, y + 0.35 * self.radii[1], z), (0.55 * self.radii[0], 0.6 * self.radii[1], 0.55 * self.radii[2])


def pad_centre(sign: float) -> Vector:
    x, y, z = _PAD_CENTRE
    return sign * x, y, z


def pad_distance(sign: float, here: Coordinates) -> Volume:
    """Distance to the fat pad of one armpit.

    Parameters
    ----------
    sign : float
        1 on the patient's left, -1 on the right.
    here : tuple of ndarray of float32
        Patient x, y and z in mm, LPS, that broadcast to [slice, row, column].

    Returns
    -------
    ndarray of float32, [slice, row, column]
        mm, negative inside.
    """
    return ellipsoid(here, pad_centre(sign), PAD_RADII)


def nodes_of(spec: PhantomSpec) -> tuple[Node, ...]:
    """8 to 18 mm long, oval, one to three a side."""
    found = []
    for sign in (-1.0, 1.0):
        random = generator(spec.seed, f"nodes {sign:+.0f}")
        for outward, forward, upward in _NODE_PLACES[: spec.distractors.nodes_a_side]:
            x, y, z = pad_centre(sign)
            jitter = random.uniform(-3, 3, 3)
            long = random.uniform(4.0, 9.0)
            centre = (x + sign * outward + jitter[0], y + forward + jitter[1], z + upward + jitter[2])
            found.append(
                Node(
                    (round(float(centre[0]), 2), round(float(centre[1]), 2), round(float(centre[2]), 2)),
                    (float(long * random.uniform(0.55, 0.7)), float(long * random.uniform(0.6, 0.8)), float(long)),
                )
            )
    return tuple(found)
