"""The whole patient on a grid: how much of each voxel is which tissue, and what is where in truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilscope.phantom.anatomy.axilla import PAD_RADII, pad_centre, pad_distance
from tilscope.phantom.anatomy.breasts import MUSCLE_DEPTH, SKIN_MM, TORSO_HALF_DEPTH, Breast, breasts_of, torso_distance
from tilscope.phantom.anatomy.chest import chest
from tilscope.phantom.anatomy.gland import active, gland
from tilscope.phantom.anatomy.placement import lesion_places
from tilscope.phantom.anatomy.room import Part, Room
from tilscope.phantom.anatomy.shapes import Box, Coordinates, around, inside, smooth_union
from tilscope.phantom.anatomy.strands import deposit
from tilscope.phantom.anatomy.vessels import vessels_of
from tilscope.phantom.grid import Mask, PhantomGrid, Volume
from tilscope.phantom.signal import Tissue
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import smooth_field

#: Skin and vessels are thinner than a voxel: they are seen where they fill so much of one.
_SEEN = 0.3
#: How round the groove between two bodies is, and how far from a body it is felt.
_ROUNDNESS, _FELT_MM = 7.0, 40.0


@dataclass(frozen=True, eq=False)
class Anatomy:
    amounts: dict[Tissue, Volume]
    """Amount of each widespread tissue per voxel, 0 to about 1: partial volume times the tissue's own texture."""
    parts: tuple[Part, ...]
    """Of the tissues that lie in a few places only."""
    breast: Mask
    """Skin to the front of the chest muscle."""
    fgt: Mask
    """Fibroglandular tissue without the lesions."""
    lesions: tuple[Mask, ...]
    """In the order of the spec; an empty one where the field of view does not show it."""
    distractors: dict[str, Mask]
    """What is no lesion though some of it looks like one."""

    @property
    def lesion(self) -> Mask:
        """The index lesion's mask, [slice, row, column] on the phantom's grid; empty without one."""
        return self.lesions[0] if self.lesions else np.zeros_like(self.breast)


@dataclass(frozen=True, eq=False)
class _Bulge:
    """A breast and what of the volume is near it."""

    breast: Breast
    box: Box
    here: Coordinates
    distance: Volume


def build(spec: PhantomSpec, grid: PhantomGrid) -> Anatomy:
    """The patient of this spec on this grid."""
    here = grid.coordinates()
    voxel = float(np.sqrt(grid.spacing[0] * grid.spacing[1]))
    torso = torso_distance(here)
    wobble = 2.0 * smooth_field(spec.seed, "skin line", 48.0, *here)
    skin, bulges = _skin(spec, here, torso, wobble)
    body, under_skin = inside(skin, voxel), inside(skin + SKIN_MM, voxel)
    before_muscle = (1 - inside(torso + MUSCLE_DEPTH, voxel)) * (here[1] < TORSO_HALF_DEPTH)
    fill = under_skin * (1 - inside(torso + MUSCLE_DEPTH, voxel))

    places = lesion_places(spec)
    room = Room(spec, grid, fill, voxel)
    lesions = room.lesions(places)
    distractors: dict[str, Mask] = {}
    if spec.distractors.implants:
        distractors["implants"] = room.implants()
    if spec.distractors.cysts:
        distractors["cysts"] = room.cysts(places)
    if spec.distractors.nodes_a_side:
        distractors["nodes"] = room.nodes()
    vessels = room.take((slice(None), slice(None), slice(None)), deposit(vessels_of(spec, places), grid) * under_skin)

    # Gland begins a little under the skin and before the muscle.
    deep = fill * room.free * np.clip((-skin - SKIN_MM - 2) / 3, 0, 1) * np.clip((torso + MUSCLE_DEPTH - 2) / 5, 0, 1)
    breast = np.zeros(grid.shape, dtype=bool)
    glands, active_glands = np.zeros_like(fill), np.zeros_like(fill)
    for bulge in bulges:
        within = bulge.distance < 0
        # A breast goes back to the muscle, within its own outline and not round the patient's flank.
        if bulge.breast.side in spec.sides:
            breast[bulge.box] |= within
        found = gland(spec, bulge.breast, bulge.here) * within * deep[bulge.box]
        np.maximum(glands[bulge.box], found, out=glands[bulge.box])
        patches = found * active(spec, bulge.here)
        np.maximum(active_glands[bulge.box], patches, out=active_glands[bulge.box])
    breast &= (before_muscle > 0.5) & (body > 0.5)
    if "nodes" in distractors:
        # A large breast reaches up to the armpit's nodes, but these are not of it.
        breast &= ~distractors["nodes"]
    lesions = tuple(mask & breast for mask in lesions)
    fgt = (glands > 0.5) & breast
    for mask in lesions:
        fgt &= ~mask

    organs = chest(torso, wobble, here, voxel)
    rind = body - under_skin
    grain = smooth_field(spec.seed, "grain", 7.0, *here)
    amounts = {
        Tissue.FAT: (fill * room.free - glands) * (1 + 0.06 * grain),
        Tissue.SKIN: rind,
        Tissue.GLAND: (glands - active_glands) * (1 + 0.10 * grain),
        Tissue.ACTIVE_GLAND: active_glands * (1 + 0.10 * grain),
        Tissue.MUSCLE: organs.muscle * room.free,
        Tissue.LUNG: organs.lung * room.free,
        Tissue.BLOOD: organs.blood * room.free + vessels,
    }
    distractors |= {
        "heart": organs.heart > 0.5,
        "great-vessels": organs.great_vessels > 0.5,
        "vessels": vessels > _SEEN,
        "skin": rind > _SEEN,
    }
    return Anatomy(amounts, tuple(room.parts), breast, fgt, lesions, distractors)


def _skin(spec: PhantomSpec, here: Coordinates, torso: Volume, wobble: Volume) -> tuple[Volume, list[_Bulge]]:
    """Distance to the skin of torso, breasts and armpits."""
    skin = torso.copy()
    bulges = []
    for breast in breasts_of(spec):
        if (near := around(here, breast.middle, breast.reach)) is not None:
            box, close = near
            distance = breast.distance(close) + wobble[box]
            skin[box] = smooth_union(skin[box], distance, _ROUNDNESS)
            bulges.append(_Bulge(breast, box, close, distance))
    x, y, z = (radius + _FELT_MM for radius in PAD_RADII)
    for sign in (-1.0, 1.0):
        if (near := around(here, pad_centre(sign), (x, y, z))) is not None:
            box, close = near
            skin[box] = smooth_union(skin[box], pad_distance(sign, close), _ROUNDNESS)
    return skin, bulges
