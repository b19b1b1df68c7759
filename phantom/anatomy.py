"""The patient: two prone breasts on a chest, as formulas in patient space evaluated on any grid.

Distances are in millimetres, negative inside. They are first-order distances (a level set over its gradient), exact
enough for skins of two millimetres and for the partial volume at borders. Patient space is LPS: the breasts hang
towards -y, the patient's left is +x, the head is at +z; the origin lies on the skin over the sternum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.series import Laterality
from phantom.grid import Grid, Mask, Vector, Volume
from phantom.kinetics import Tissue
from phantom.spec import PhantomSpec
from phantom.texture import generator, smooth_field

TORSO_HALF_WIDTH, TORSO_HALF_DEPTH = 168.0, 108.0
SKIN_MM = 2.2
#: Depth of the muscle's front face under the torso's skin, and the muscle's thickness.
MUSCLE_DEPTH, MUSCLE_THICKNESS = 9.0, 14.0
Coordinates = tuple[Volume, Volume, Volume]


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


@dataclass(frozen=True, eq=False)
class Anatomy:
    """How much of each voxel is which tissue, and what is where in truth."""

    amounts: dict[Tissue, Volume]
    """Amount of each tissue per voxel, 0 to about 1: partial volume times the tissue's own texture."""
    breast: Mask
    """Skin to the front of the chest muscle."""
    fgt: Mask
    """Fibroglandular tissue without the lesion."""
    lesion: Mask


def breasts_of(spec: PhantomSpec) -> tuple[Breast, ...]:
    """Both breasts of the patient; one patient's are alike but not equal."""
    random = generator(spec.seed, "breasts")
    shared = random.normal(0, 1, 3)
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
                half_width=61.0 + 2.0 * shared[0] + own[1],
                half_height=56.0 + 1.5 * shared[1] + own[2],
                projection=88.0 + 5.0 * shared[2] + 2.0 * own[0],
            )
        )
    return tuple(found)


def lesion_centre(spec: PhantomSpec) -> Vector | None:
    """In the upper outer quadrant, where most cancers are; nearer to the middle the larger it is."""
    if spec.lesion is None:
        return None
    breast = next(b for b in breasts_of(spec) if b.side is spec.lesion.side)
    jitter = generator(spec.seed, "lesion place").uniform(-1, 1, 3)
    # Room between the border of the lesion and that of the breast, as a fraction of the way to the border.
    room = float(np.clip(1.15 - spec.lesion.diameter_mm / 46, 0.1, 0.8))
    outward, upward = room * (0.42 + 0.08 * jitter[0]), room * (0.36 + 0.08 * jitter[1])
    x, y, z = breast.point(outward, 0.42 + 0.04 * room * jitter[2], upward)
    return round(float(x), 2), round(float(y), 2), round(float(z), 2)


def build(spec: PhantomSpec, grid: Grid) -> Anatomy:
    """The patient of this spec on this grid."""
    here = grid.coordinates()
    voxel = float(np.sqrt(grid.spacing[0] * grid.spacing[1]))
    shape = grid.shape

    torso = _torso_distance(here)
    wobble = 2.0 * smooth_field(spec.seed, "skin line", 48.0, *here)
    bulges = {breast: _breast_distance(breast, here) + wobble for breast in breasts_of(spec)}
    skin = torso
    for bulge in bulges.values():
        skin = _smooth_union(skin, bulge, 7.0)
    body, under_skin = _inside(skin, voxel), _inside(skin + SKIN_MM, voxel)
    before_muscle = (1 - _inside(torso + MUSCLE_DEPTH, voxel)) * (here[1] < TORSO_HALF_DEPTH)
    fill = under_skin * (1 - _inside(torso + MUSCLE_DEPTH, voxel))

    # The breast goes back to the muscle, within its own outline and not round the patient's flank.
    breast = np.zeros(shape, dtype=bool)
    gland = np.zeros(shape, dtype=np.float32)
    for side, bulge in bulges.items():
        if side.side in spec.sides:
            breast |= (bulge < 0) & (before_muscle > 0.5) & (body > 0.5)
        half = (side.half_width + 15, side.projection * 0.5 + 30, side.half_height + 12)
        around = _around(here, side.point(0, 0.5, 0), half)
        if around is not None:
            box, near = around
            np.maximum(gland[box], _gland(spec, side, near) * (bulge[box] < 0), out=gland[box])
    gland *= fill * np.clip((-skin - SKIN_MM - 2) / 3, 0, 1) * np.clip((torso + MUSCLE_DEPTH - 2) / 5, 0, 1)

    lesion, core = _lesion(spec, here, voxel, shape)
    lesion *= fill
    vessels = (_vessels(spec, grid, here) if spec.vessels else np.zeros(shape, np.float32)) * fill * (1 - lesion)
    gland *= (1 - lesion) * (1 - vessels)

    amounts = _chest(torso, wobble, here, voxel)
    active = 1 / (1 + np.exp(-3.0 * (smooth_field(spec.seed, "active gland", 14.0, *here) - 0.2)))
    grain = smooth_field(spec.seed, "grain", 7.0, *here)
    amounts[Tissue.BLOOD] += vessels
    amounts[Tissue.SKIN] = body - under_skin
    amounts[Tissue.FAT] = (fill * (1 - lesion) * (1 - vessels) - gland) * (1 + 0.06 * grain)
    textured = gland * (1 + 0.10 * grain)
    amounts[Tissue.ACTIVE_GLAND] = textured * active
    amounts[Tissue.GLAND] = textured - amounts[Tissue.ACTIVE_GLAND]
    textured = lesion * (1 + 0.06 * smooth_field(spec.seed, "lesion grain", 5.0, *here))
    amounts[Tissue.LESION_CORE] = textured * core
    amounts[Tissue.LESION] = textured - amounts[Tissue.LESION_CORE]

    lesion_mask = (lesion > 0.5) & breast
    return Anatomy(amounts, breast, (gland > 0.5) & breast & ~lesion_mask, lesion_mask)


def _around(here: Coordinates, centre: Vector, reach: Vector) -> tuple[tuple[slice, slice, slice], Coordinates] | None:
    """The part of the volume within reach of a point, its slices and its coordinates; None where it holds no voxel."""
    box = [slice(0, 1)] * 3
    near: list[Volume] = []
    for line, middle, far in zip(here, centre, reach, strict=True):
        hit = np.flatnonzero(np.abs(line.ravel() - middle) < far)
        if len(hit) == 0:
            return None
        first, last = int(hit[0]), int(hit[-1]) + 1
        if line.size > 1:
            axis = int(np.argmax(line.shape))
            box[axis] = slice(first, last)
            line = np.take(line, np.arange(first, last), axis=axis)
        near.append(line)
    return (box[0], box[1], box[2]), (near[0], near[1], near[2])


def _inside(distance: Volume, width: float) -> Volume:
    """The part of a voxel of this width that lies inside a border at this distance."""
    part: Volume = np.clip(0.5 - distance / np.float32(width), 0, 1)
    return part.astype(np.float32, copy=False)


def _smooth_union(one: Volume, other: Volume, roundness: float) -> Volume:
    """Distance to the union of two bodies, with the groove between them filled as skin fills it."""
    merged: Volume = -np.float32(roundness) * np.logaddexp(-one / np.float32(roundness), -other / np.float32(roundness))
    return merged


def _torso_distance(here: Coordinates) -> Volume:
    """An elliptic cylinder whose front falls back towards neck and belly."""
    x, y, z = here
    depth = y - TORSO_HALF_DEPTH - 0.0007 * z**2
    u, v = x / TORSO_HALF_WIDTH, depth / TORSO_HALF_DEPTH
    level = np.sqrt(u**2 + v**2)
    slope = np.sqrt((u / TORSO_HALF_WIDTH) ** 2 + (v / TORSO_HALF_DEPTH) ** 2) / np.maximum(level, 1e-3)
    return np.asarray((level - 1) / np.maximum(slope, 1e-4), dtype=np.float32)


def _breast_distance(breast: Breast, here: Coordinates) -> Volume:
    x, y, z = here
    reach = (breast.base_y - y) / breast.projection
    forward, backward = np.maximum(reach, 0), np.maximum(-reach, 0)
    across = (x - breast.centre_x - breast.sign * 10.0 * forward) / breast.half_width
    up = (z - breast.centre_z + 6.0 * forward) / breast.half_height
    level = np.sqrt(across**2 + up**2 + forward**2.2 + 2 * backward**2)
    bulge = (level - 1) * np.float32(0.5 * (breast.half_width + breast.half_height))
    tip = breast.projection * (forward - 1.0)
    nipple = np.sqrt((across * breast.half_width) ** 2 + (up * breast.half_height) ** 2 + tip**2) - 6
    return _smooth_union(bulge, nipple.astype(np.float32), 3.0)


def _chest(torso: Volume, wobble: Volume, here: Coordinates, voxel: float) -> dict[Tissue, Volume]:
    """Muscle, ribs, lungs, heart and spine, from the muscle's front face backwards."""
    x, y, z = here
    depth = -torso - MUSCLE_DEPTH
    # The pectoral muscle is thickest between sternum and armpit.
    lateral = np.clip((np.abs(x) - 12) / 30, 0, 1) * np.clip((150 - np.abs(x)) / 60, 0, 1)
    wall = MUSCLE_THICKNESS * (0.4 + 0.6 * lateral) + 10 + wobble
    behind, cavity = _inside(-depth, voxel), _inside(wall - depth, voxel)
    # Ribs run down and forward, 26 mm apart; their fatty marrow is dark under fat saturation.
    beside = ((z + 0.35 * np.abs(x) - 0.2 * y + 13) % 26 - 13) / 7
    round_rib: Volume = (np.sqrt(beside**2 + ((depth - wall + 6) / 5) ** 2) - 1) * 6
    rib = _inside(round_rib, voxel) * behind * (1 - cavity)
    heart_radius = np.sqrt(((x - 26) / 50) ** 2 + ((y - 84) / 40) ** 2 + ((z + 12) / 62) ** 2)
    heart = _inside((heart_radius - 1) * 45 + 2 * wobble, 3 * voxel)
    backwards: Volume = y - 90
    half_width: Volume = np.abs(backwards) * np.float32(0.05) + 15
    from_middle: Volume = np.abs(x + backwards * np.float32(0.06)) - half_width
    mediastinum = _inside(from_middle + 3 * wobble, 3 * voxel)
    spine = _inside((np.sqrt((x / 24) ** 2 + ((y - 168) / 27) ** 2) - 1) * 24 + wobble, voxel)
    heart = heart * cavity
    solid = np.maximum(mediastinum, spine) * (cavity - heart)
    return {
        Tissue.MUSCLE: behind - cavity - rib + 0.7 * solid,
        Tissue.BLOOD: heart,
        Tissue.LUNG: cavity - heart - solid + rib,
    }


def _gland(spec: PhantomSpec, breast: Breast, here: Coordinates) -> Volume:
    """A cone of glandular tissue behind the nipple, torn into lobules by fat; Cooper's ligaments run through it."""
    x, y, z = here
    forward = (breast.base_y - y) / breast.projection
    across = (x - breast.centre_x - breast.sign * (10.0 * forward + 5.0)) / breast.half_width
    up = (z - breast.centre_z + 6.0 * forward - 4.0) / breast.half_height
    # Widest a third of the way forward, narrowing towards the nipple.
    reach = 0.88 - 0.50 * np.clip(forward - 0.35, 0, 1)
    cone = 1 - np.sqrt((across**2 + up**2) / reach**2 + ((forward - 0.50) / 0.52) ** 2)
    name = breast.side.word
    lobules = smooth_field(spec.seed, f"lobules {name}", 17.0, *here)
    fine = smooth_field(spec.seed, f"fine lobules {name}", 8.0, *here)
    strands = smooth_field(spec.seed, f"strands {name}", 5.0, *here)
    amount = cone + 0.20 * lobules + 0.18 * fine + 0.08 * strands + 0.75 * (spec.density - 0.85)
    # A ligament is where a field crosses zero: thin curved sheets.
    sheets = smooth_field(spec.seed, f"ligaments {name}", 15.0, *here)
    ligaments = np.clip(1 - np.abs(sheets) / 0.10, 0, 1) * np.clip(cone + 0.45, 0, 0.35)
    return np.asarray(np.maximum(np.clip(0.5 + 3.0 * amount, 0, 1), ligaments), dtype=np.float32)


def _lesion(spec: PhantomSpec, here: Coordinates, voxel: float, shape: tuple[int, int, int]) -> tuple[Volume, Volume]:
    """How much of each voxel is lesion, and how much of that is its slowly enhancing core."""
    amount, core = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    centre, lesion = lesion_centre(spec), spec.lesion
    if centre is None or lesion is None:
        return amount, core
    radius = lesion.diameter_mm / 2
    far = 2 * radius + 2 * voxel
    around = _around(here, centre, (far, far, far))
    if around is None:
        return amount, core
    box, (x, y, z) = around
    away = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2)
    lobes = smooth_field(spec.seed, "lobes", max(radius, 4.0), x, y, z)
    border = away - radius * (1 + lesion.lobulation * np.clip(lobes, -2, 2))
    amount[box] = _inside(border, voxel)
    if lesion.necrotic_core:
        ragged = 0.06 * lesion.diameter_mm * smooth_field(spec.seed, "core", 6.0, x, y, z)
        core[box] = np.clip(0.5 - (border + 0.26 * lesion.diameter_mm + ragged) / 3.0, 0, 1)
    return amount, core


def _vessels(spec: PhantomSpec, grid: Grid, here: Coordinates) -> Volume:
    """Two veins under the skin of each breast and the internal mammary vessels beside the sternum."""
    x, y, z = here
    mammary = np.sqrt((np.abs(x) - 17) ** 2 + (y - 5.5 - 0.0007 * z**2) ** 2) - 1.6
    vessels = np.broadcast_to(_inside(mammary, float(min(grid.spacing))), grid.shape).copy()
    random = generator(spec.seed, "vessels")
    for breast in breasts_of(spec):
        for start in (0.5, 2.6):
            angle, drift = start + random.uniform(-0.4, 0.4), random.uniform(0.4, 1.0)
            for step in np.linspace(0.06, 0.82, 90):
                turn = angle + drift * step + 0.25 * np.sin(9 * step + angle)
                ring = 0.84 * np.sqrt(1 - step**2.2)
                lean = 6.0 * step / breast.half_height
                _ball(
                    vessels,
                    here,
                    grid,
                    breast.point(ring * np.cos(turn), step, ring * np.sin(turn) - lean),
                    1.5 - 0.7 * step,
                )
    return vessels


def _ball(vessels: Volume, here: Coordinates, grid: Grid, centre: Vector, radius: float) -> None:
    """Mark a small ball; only the voxels around it are touched."""
    finest, coarsest = min(grid.spacing), max(grid.spacing)
    around = _around(here, centre, (radius + coarsest, radius + coarsest, radius + coarsest))
    if around is None:
        return
    box, (x, y, z) = around
    away = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2)
    # A vessel thinner than the slice fills only a part of its voxels.
    filled = np.clip(0.5 - (away - radius) / finest, 0, 1) * min(1.0, 2 * radius / coarsest)
    np.maximum(vessels[box], filled, out=vessels[box])
