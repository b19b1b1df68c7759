"""The patient: two prone breasts on a chest, as formulas in patient space evaluated on any grid.

Distances are in millimetres, negative inside. They are first-order distances (a level set over its gradient), exact
enough for skins of two millimetres and for the partial volume at borders. Patient space is LPS: the breasts hang
towards -y, the patient's left is +x, the head is at +z; the origin lies on the skin over the sternum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.series import Laterality
from phantom.grid import Grid, Mask, Vector, Volume
from phantom.kinetics import Tissue
from phantom.spec import LesionSpec, PhantomSpec
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

    amounts: Mapping[Tissue, Volume]
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
    return round(x, 2), round(y, 2), round(z, 2)


def build(spec: PhantomSpec, grid: Grid) -> Anatomy:
    """The patient of this spec on this grid."""
    here = grid.coordinates()
    voxel = float(np.sqrt(grid.spacing[0] * grid.spacing[1]))
    shape = grid.shape

    torso = _torso_distance(here)
    wobble = 2.0 * smooth_field(spec.seed, "skin line", 48.0, *here)
    bulges = [(_breast_distance(b, here) + wobble, b) for b in breasts_of(spec)]
    skin = torso
    for bulge, _ in bulges:
        skin = _smooth_union(skin, bulge, 7.0)

    amounts: dict[Tissue, Volume] = {}
    body = _inside(skin, voxel)
    under_skin = _inside(skin + SKIN_MM, voxel)
    _chest(amounts, torso, here, voxel, shape)
    in_front = 1 - _inside(torso + MUSCLE_DEPTH, voxel)
    fill = under_skin * in_front

    breast = np.zeros(shape, dtype=bool)
    gland = np.zeros(shape, dtype=np.float32)
    for bulge, side in bulges:
        if side.side not in spec.sides:
            continue
        # Behind the skin line of the torso the breast goes on to the muscle, within its own outline.
        breast |= (bulge < 0) & (in_front > 0.5) & (body > 0.5)
        gland = np.maximum(gland, _gland(spec, side, here, bulge))
    gland *= fill * np.clip((-skin - SKIN_MM - 2.0) / 3.0, 0, 1) * np.clip((torso + MUSCLE_DEPTH) * -1 + 12, 0, 6) / 6

    vessels = _vessels(spec, grid, here) * under_skin * in_front if spec.vessels else np.zeros(shape, np.float32)
    border = _lesion_distance(spec, here)
    lesion = _inside(border, voxel) * fill
    vessels = vessels * (1 - lesion)
    gland = gland * (1 - lesion) * (1 - vessels)

    active = 1 / (1 + np.exp(-3.0 * (smooth_field(spec.seed, "active gland", 14.0, *here) - 0.2)))
    grain = 1 + 0.10 * smooth_field(spec.seed, "grain", 7.0, *here)
    amounts[Tissue.SKIN] = (body - under_skin).astype(np.float32)
    amounts[Tissue.FAT] = (fill * (1 - lesion) * (1 - vessels) - gland) * (2 * grain - 1)
    amounts[Tissue.ACTIVE_GLAND] = gland * active * grain
    amounts[Tissue.GLAND] = gland * (1 - active) * grain
    amounts[Tissue.BLOOD] = amounts[Tissue.BLOOD] + vessels
    core = _core(spec, border, here)
    lesion_grain = 1 + 0.06 * smooth_field(spec.seed, "lesion grain", 5.0, *here)
    amounts[Tissue.LESION] = lesion * (1 - core) * lesion_grain
    amounts[Tissue.LESION_CORE] = lesion * core * lesion_grain

    lesion_mask = lesion > 0.5
    return Anatomy(amounts, breast, (gland > 0.5) & breast & ~lesion_mask, lesion_mask & breast)


def _inside(distance: Volume, width: float) -> Volume:
    """The part of a voxel of this width that lies inside a border at this distance."""
    return np.clip(0.5 - distance / width, 0, 1).astype(np.float32)


def _smooth_union(one: Volume, other: Volume, roundness: float) -> Volume:
    """Distance to the union of two bodies, with the groove between them filled as skin fills it."""
    merged = -roundness * np.logaddexp(-one / roundness, -other / roundness)
    # Deep inside both the smooth minimum overshoots; there only the sign matters.
    return np.asarray(merged, dtype=np.float32)


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
    forward = np.maximum((breast.base_y - y) / breast.projection, 0)
    across = (x - breast.centre_x - breast.sign * 10.0 * forward) / breast.half_width
    up = (z - breast.centre_z + 6.0 * forward) / breast.half_height
    level = np.sqrt(across**2 + up**2 + forward**2.2)
    nipple = np.sqrt((across * breast.half_width) ** 2 + (up * breast.half_height) ** 2 + ((forward - 1) * breast.projection) ** 2)
    bulge = (level - 1) * 0.5 * (breast.half_width + breast.half_height)
    return np.asarray(_smooth_union(bulge.astype(np.float32), (nipple - 5.5).astype(np.float32), 2.0), dtype=np.float32)


def _chest(amounts: dict[Tissue, Volume], torso: Volume, here: Coordinates, voxel: float, shape: tuple[int, int, int]) -> None:
    """Muscle, ribs, lungs, heart and spine, from the muscle's front face backwards."""
    x, y, z = here
    lateral = np.clip((np.abs(x) - 12) / 30, 0, 1) * np.clip((150 - np.abs(x)) / 60, 0, 1)
    back_face = MUSCLE_DEPTH + 5 + (MUSCLE_THICKNESS - 5) * lateral
    behind = _inside(torso + MUSCLE_DEPTH, voxel)
    muscle = behind * (1 - _inside(torso + back_face, voxel))
    wall_back = back_face + 9
    wall = behind - muscle - _inside(torso + wall_back, voxel)
    # Ribs run down and forward; between them is intercostal muscle, within them fatty marrow.
    rib = np.clip(0.5 + 2.5 * np.cos(2 * np.pi * (z + 0.35 * np.abs(x) - 0.2 * y) / 26.0), 0, 1)
    cavity = _inside(torso + wall_back, voxel)
    heart = _inside((np.sqrt(((x - 28) / 52) ** 2 + ((y - 82) / 42) ** 2 + ((z + 12) / 62) ** 2) - 1) * 45, voxel)
    mediastinum = _inside(np.abs(x + 0.06 * (y - 90)) - 17 - 0.03 * np.abs(y - 90), voxel)
    spine = _inside((np.sqrt((x / 24) ** 2 + ((y - 168) / 27) ** 2) - 1) * 24, voxel)
    solid = np.maximum(np.maximum(mediastinum, spine), heart) * cavity
    amounts[Tissue.MUSCLE] = np.asarray(muscle + wall * (1 - rib) + (solid - heart * cavity) * 0.7, dtype=np.float32)
    amounts[Tissue.BLOOD] = np.broadcast_to(heart * cavity, shape).astype(np.float32)
    amounts[Tissue.LUNG] = np.asarray(cavity - solid + wall * rib, dtype=np.float32)


def _gland(spec: PhantomSpec, breast: Breast, here: Coordinates, bulge: Volume) -> Volume:
    """A cone of glandular tissue behind the nipple, torn into lobules by fat; Cooper's ligaments run through it."""
    x, y, z = here
    forward = (breast.base_y - y) / breast.projection
    across = (x - breast.centre_x - breast.sign * (10.0 * forward + 5.0)) / breast.half_width
    up = (z - breast.centre_z + 6.0 * forward - 4.0) / breast.half_height
    # Widest a third of the way forward, narrowing towards the nipple.
    reach = 0.88 - 0.50 * np.clip(forward - 0.35, 0, 1)
    cone = 1 - np.sqrt((across**2 + up**2) / reach**2 + ((forward - 0.48) / 0.50) ** 2)
    name = breast.side.word
    lobules = smooth_field(spec.seed, f"lobules {name}", 17.0, *here)
    fine = smooth_field(spec.seed, f"fine lobules {name}", 8.0, *here)
    amount = cone + 0.26 * lobules + 0.16 * fine + 0.75 * (spec.density - 0.55)
    # A ligament is where a field crosses zero: thin curved sheets.
    sheets = smooth_field(spec.seed, f"ligaments {name}", 15.0, *here)
    ligaments = np.clip(1 - np.abs(sheets) / 0.11, 0, 1) * np.clip(cone + 0.45, 0, 0.3)
    return np.asarray(np.maximum(np.clip(0.5 + 4.0 * amount, 0, 1), ligaments) * (bulge < 0), dtype=np.float32)


def _lesion_distance(spec: PhantomSpec, here: Coordinates) -> Volume:
    x, y, z = here
    centre, lesion = lesion_centre(spec), spec.lesion
    if centre is None or lesion is None:
        return np.full(np.broadcast_shapes(x.shape, y.shape, z.shape), 1e3, dtype=np.float32)
    radius = lesion.diameter_mm / 2
    away = np.sqrt((x - centre[0]) ** 2 + (y - centre[1]) ** 2 + (z - centre[2]) ** 2)
    lobes = smooth_field(spec.seed, "lobes", max(radius, 4.0), *here) if lesion.lobulation else 0.0
    return np.asarray(away - radius * (1 + lesion.lobulation * np.clip(lobes, -2, 2)), dtype=np.float32)


def _core(spec: PhantomSpec, border: Volume, here: Coordinates) -> Volume:
    """How much of the lesion is slowly enhancing core: its middle, with a ragged edge."""
    lesion: LesionSpec | None = spec.lesion
    if lesion is None or not lesion.necrotic_core:
        return np.zeros(border.shape, dtype=np.float32)
    ragged = 0.12 * lesion.diameter_mm * smooth_field(spec.seed, "core", 6.0, *here)
    return np.asarray(np.clip(0.5 - (border + 0.30 * lesion.diameter_mm + ragged) / 3.0, 0, 1), dtype=np.float32)


def _vessels(spec: PhantomSpec, grid: Grid, here: Coordinates) -> Volume:
    """Two veins under the skin of each breast and the internal mammary vessels beside the sternum."""
    vessels = np.zeros(grid.shape, dtype=np.float32)
    random = generator(spec.seed, "vessels")
    for breast in breasts_of(spec):
        for start in (0.5, 2.6):
            angle, drift = start + random.uniform(-0.4, 0.4), random.uniform(0.4, 1.0)
            for step in np.linspace(0.06, 0.82, 110):
                turn = angle + drift * step + 0.25 * np.sin(9 * step + angle)
                ring = 0.84 * np.sqrt(1 - step**2.2)
                point = breast.point(ring * np.cos(turn), step, ring * np.sin(turn) - 6.0 * step / breast.half_height)
                _ball(vessels, here, point, 1.5 - 0.7 * step)
        for z in np.arange(-140.0, 140.0, 1.2):
            _ball(vessels, here, (breast.sign * 17.0, 8.5 + 0.0007 * z * z, float(z)), 1.5)
    return vessels


def _ball(vessels: Volume, here: Coordinates, centre: Vector, radius: float) -> None:
    """Mark a small ball; only the voxels around it are touched."""
    box: list[slice] = [slice(0, 1)] * 3
    near: list[Volume] = []
    steps = []
    for coordinate, middle in zip(here, centre, strict=True):
        axis = int(np.argmax(coordinate.shape))
        line = coordinate.ravel()
        step = abs(float(line[1] - line[0])) if len(line) > 1 else 5.0
        steps.append(step)
        hit = np.flatnonzero(np.abs(line - middle) < radius + step)
        if len(hit) == 0:
            return
        if len(line) > 1:
            box[axis] = slice(int(hit[0]), int(hit[-1]) + 1)
            near.append(np.take(coordinate, np.arange(hit[0], hit[-1] + 1), axis=axis))
        else:
            near.append(coordinate)
    away = np.sqrt(sum((n - c) ** 2 for n, c in zip(near, centre, strict=True)))
    # A vessel thinner than the slice fills only a part of its voxels.
    filled = np.clip(0.5 - (away - radius) / min(steps), 0, 1) * min(1.0, 2 * radius / max(steps))
    view = vessels[tuple(box)]
    np.maximum(view, filled, out=view)
