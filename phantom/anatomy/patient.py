"""The whole patient on a grid: how much of each voxel is which tissue, and what is where in truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilscope.phantom.anatomy.axilla import PAD_RADII, pad_centre, pad_distance
from tilscope.phantom.anatomy.breasts import MUSCLE_DEPTH, TORSO_HALF_DEPTH, Breast, breasts_of, torso_distance
from tilscope.phantom.anatomy.chest import chest
from tilscope.phantom.anatomy.diffuse import taken
from tilscope.phantom.anatomy.gland import active, gland, vivid
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
#: The parts of a diffuse tumour that enhance alike are about as wide as lobules.
_LOBULE_MM = 7.0


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
    diffuse: Mask
    """The diffuse tumour; empty without one."""

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
    thickness = _thickness(spec, bulges, torso.shape)
    body, under_skin = inside(skin, voxel), inside(skin + thickness, voxel)
    before_muscle = (1 - inside(torso + MUSCLE_DEPTH, voxel)) * (here[1] < TORSO_HALF_DEPTH)
    fill = under_skin * (1 - inside(torso + MUSCLE_DEPTH, voxel))

    places = lesion_places(spec)
    room = Room(spec, grid, fill, voxel)
    distractors: dict[str, Mask] = {}
    if spec.body.clip_mm:
        distractors["clips"] = room.clip(places)
    lesions = room.lesions(places)
    if spec.distractors.implants:
        distractors["implants"] = room.implants()
    if spec.distractors.cysts:
        distractors["cysts"] = room.cysts(places)
    if spec.distractors.nodes_a_side:
        distractors["nodes"] = room.nodes()
    vessels = room.take((slice(None), slice(None), slice(None)), deposit(vessels_of(spec, places), grid) * under_skin)

    breast = np.zeros(grid.shape, dtype=bool)
    for bulge in bulges:
        # A breast goes back to the muscle, within its own outline and not round the patient's flank.
        if bulge.breast.side in spec.sides:
            breast[bulge.box] |= bulge.distance < 0
    breast &= (before_muscle > 0.5) & (body > 0.5)
    if "nodes" in distractors:
        # A large breast reaches up to the armpit's nodes, but these are not of it.
        breast &= ~distractors["nodes"]
    # Gland begins a little under the skin and before the muscle.
    deep = fill * room.free * np.clip((-skin - thickness - 2) / 3, 0, 1) * np.clip((torso + MUSCLE_DEPTH - 2) / 5, 0, 1)
    glands = _glands(spec, room, bulges, deep)
    lesions = tuple(mask & breast for mask in lesions)
    diffuse = glands.diffuse & breast
    fgt = (glands.all > 0.5) & breast
    for mask in (*lesions, diffuse):
        fgt &= ~mask

    organs = chest(torso, wobble, here, voxel)
    rind = body - under_skin
    grain = smooth_field(spec.seed, "grain", 7.0, *here)
    uneven = 1 + 0.10 * grain
    if spec.body.texture:
        uneven = np.maximum(uneven + np.float32(0.33 * spec.body.texture) * _texture(spec.seed, here), 0.2)
    amounts = {
        Tissue.FAT: (fill * room.free - glands.all) * (1 + 0.06 * grain),
        Tissue.SKIN: rind,
        Tissue.GLAND: (glands.all - glands.active) * uneven,
        Tissue.ACTIVE_GLAND: (glands.active - glands.vivid) * uneven,
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
    if spec.body.patches:
        amounts[Tissue.VIVID_GLAND] = glands.vivid * uneven
    for tissue, brighter in ((Tissue.SKIN, spec.body.skin_brightness), (Tissue.MUSCLE, spec.body.muscle_brightness)):
        amounts[tissue] *= np.float32(brighter)
    return Anatomy(amounts, tuple(room.parts), breast, fgt, lesions, distractors, diffuse)


@dataclass(frozen=True, eq=False)
class _Glands:
    """How much of each voxel is gland, and of that the parts that take up contrast."""

    all: Volume
    active: Volume
    vivid: Volume
    """Of the active part."""
    diffuse: Mask
    """Where a diffuse tumour has taken the gland's place."""


def _glands(spec: PhantomSpec, room: Room, bulges: list[_Bulge], deep: Volume) -> _Glands:
    """The gland of every breast in view; a diffuse tumour takes its part of it first."""
    nothing = np.zeros_like(deep)
    found = _Glands(nothing, nothing.copy(), nothing.copy(), np.zeros(deep.shape, dtype=bool))
    for bulge in bulges:
        here = bulge.here
        amount = gland(spec, bulge.breast, here) * (bulge.distance < 0) * deep[bulge.box]
        if (tumour := spec.body.diffuse) is not None and tumour.side is bulge.breast.side:
            grown = amount * taken(spec, tumour, bulge.breast, here)
            room.free[bulge.box] -= grown
            room.tumour(tumour.curve, bulge.box, grown, "diffuse", _LOBULE_MM, here)
            found.diffuse[bulge.box] = grown > 0.5
            amount = amount - grown
        patches = amount * active(spec, here)
        np.maximum(found.all[bulge.box], amount, out=found.all[bulge.box])
        np.maximum(found.active[bulge.box], patches, out=found.active[bulge.box])
        if spec.body.patches:
            np.maximum(found.vivid[bulge.box], patches * vivid(spec, here), out=found.vivid[bulge.box])
    return found


def _texture(seed: int, here: Coordinates) -> Volume:
    """Of the gland from millimetre to millimetre: ducts, lobules and the fat between them, longest towards the nipple."""
    x, y, z = here
    return smooth_field(seed, "texture of gland", 2.6, x, y * np.float32(0.6), z)


def _thickness(spec: PhantomSpec, bulges: list[_Bulge], shape: tuple[int, ...]) -> float | Volume:
    """Of the skin, mm. Oedema thickens it in places, over the breast with the tumour only."""
    if not spec.body.thick_skin_mm:
        return spec.body.skin_mm
    thickness = np.full(shape, spec.body.skin_mm, dtype=np.float32)
    for bulge in bulges:
        if bulge.breast.side in spec.sides_of_tumours[:1]:
            places = 0.6 + 0.5 * smooth_field(spec.seed, "oedema of the skin", 30.0, *bulge.here)
            over = np.clip(places, 0, 1) * np.clip(1.5 - bulge.distance / 12, 0, 1)
            thickness[bulge.box] += np.float32(spec.body.thick_skin_mm - spec.body.skin_mm) * np.minimum(over, 1)
    return thickness


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
