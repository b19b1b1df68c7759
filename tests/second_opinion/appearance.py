"""How a label map may look: every tissue's signal and uptake drawn anew, and all that goes wrong while it is imaged.

Ranges go far beyond what any scanner or patient shows (Billot 2023 does so for the brain): a network that has seen
everything is not surprised by an exam. What stays as it is in patients is what a reader goes by: a tumour takes up more
than the gland around it, or loses again what it took up, and has a body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from second_opinion.label_maps import STEPS, TISSUES, LabelMap
from second_opinion.random_fields import PATCH, Random, away_from, field, grain, log_uniform, share, soft, uniform
from second_opinion.views import STEP_MM, Features, compressed

from tilscope.models.imaging.voxels import Mask, Volume


@dataclass(frozen=True, eq=False)
class Sample:
    views: Features
    """As `views_of` gives them."""
    tumour: Volume
    """0 or 1, [z, y, x]."""
    breast: Mask


@dataclass(eq=False)
class _Scene:
    """Signal before contrast and uptake, early and late, in units of the gland's signal."""

    pre: Volume
    early: Volume
    late: Volume
    tumour: Volume
    breast: Volume

    def put(self, amount: Volume, pre: float, early: Volume | float, late: Volume | float) -> None:
        """Something that displaces what was there."""
        for volume, value in ((self.pre, pre), (self.early, early), (self.late, late)):
            volume += amount * (value - volume)

    def volumes(self) -> tuple[Volume, ...]:
        return self.pre, self.early, self.late


def sample(map_: LabelMap, random: Random) -> Sample:
    """One patch of a patient as one of countless scanners would show it."""
    amounts, tumour, breast = _patch(map_, random)
    scene = _imaged(amounts, tumour, breast, random)
    for _ in range(int(random.integers(0, 4)) if random.random() < 0.6 else 0):
        _add_vessel(scene, random)
    for _ in range(int(random.integers(1, 4)) if random.random() < 0.45 else 0):
        _add_tumour(scene, random)
    if random.random() < 0.7:
        _turn(scene, random)
    _disturb(scene, random)
    views = compressed(np.stack([*scene.volumes(), _breast_as_found(scene.breast, random)]))
    if random.random() < 0.4:
        _end_field(views, scene, random)
    if random.random() < 0.5:
        views, scene.tumour, scene.breast = views[..., ::-1], scene.tumour[..., ::-1], scene.breast[..., ::-1]
    inside = scene.breast > 0.5
    return Sample(np.ascontiguousarray(views), ((scene.tumour > 0.5) & inside).astype(np.float32), inside)


def _patch(map_: LabelMap, random: Random) -> tuple[NDArray[np.float32], Volume, Volume]:
    """Around a tumour as often as anywhere in the breast."""
    within = map_.tumour if map_.tumour.any() and random.random() < 0.5 else map_.breast
    inside = np.argwhere(within)
    centre = inside[int(random.integers(len(inside)))] + random.integers(-10, 11, 3)
    start = centre - np.array(PATCH) // 2
    frame = [(max(0, -a), max(0, a + n - m)) for a, n, m in zip(start, PATCH, map_.breast.shape, strict=True)]
    place = tuple(slice(max(0, a), a + n) for a, n in zip(start, PATCH, strict=True))
    amounts = np.pad(map_.amounts[(slice(None), *place)], [(0, 0), *frame]).astype(np.float32) / np.float32(STEPS)
    tumour, breast = (np.pad(mask[place], frame).astype(np.float32) for mask in (map_.tumour, map_.breast))
    return amounts, tumour, breast


def _imaged(amounts: NDArray[np.float32], tumour: Volume, breast: Volume, random: Random) -> _Scene:
    pre, early, late = _drawn(random)
    before, soon, afterwards = (np.tensordot(values, amounts, axes=1) for values in (pre, early, late))
    scene = _Scene(before, soon, afterwards, tumour, breast)
    own = amounts[[TISSUES.index(name) for name in ("tumour", "dull", "core")]].sum(axis=0)
    uneven_gland = np.exp(uniform(random, 0, 0.5) * field(random, random.uniform(6, 30)))
    uneven_tumour = np.exp(uniform(random, 0, 0.4) * field(random, random.uniform(4, 12)))
    factor = 1 + (1 - np.minimum(own, 1)) * (uneven_gland - 1) + np.minimum(own, 1) * (uneven_tumour - 1)
    course = np.exp(uniform(random, 0, 0.25) * field(random, random.uniform(6, 20)))
    scene.early *= factor
    scene.late *= factor * course
    scene.pre *= np.exp(uniform(random, 0, 0.3) * field(random, random.uniform(4, 15)))
    return scene


def _drawn(random: Random) -> NDArray[np.float64]:
    """Signal before contrast, early and late uptake of every tissue, [3, tissue]."""
    fat = log_uniform(random, 0.02, 0.7) if random.random() < 0.8 else uniform(random, 0.7, 2.5)
    gland = log_uniform(random, 0.02, 0.5)
    active = gland + log_uniform(random, 0.05, 1.2)
    vivid = active * uniform(random, 1.0, 2.5)
    # Gland takes up contrast on and on, and rarely stays where it was.
    rising = uniform(random, 1.0, 2.2)
    tumour, course = _tumour_drawn(vivid if random.random() < 0.5 else active, random)
    blood = log_uniform(random, 0.4, 4.0)
    node = log_uniform(random, 0.3, 3.0)
    core = tumour * uniform(random, 0, 0.7)
    drawn = {
        "fat": (fat, _fat_taken_up(fat, random), uniform(random, 0.9, 1.8)),
        "skin": (uniform(random, 0.3, 2.0), log_uniform(random, 0.03, 0.8), uniform(random, 0.9, 2.0)),
        "gland": (1.0, gland, rising),
        "active": (1.0, active, rising),
        "vivid": (1.0, vivid, max(0.95, rising * uniform(random, 0.8, 1.0))),
        "muscle": (uniform(random, 0.3, 1.6), log_uniform(random, 0.02, 0.4), uniform(random, 0.9, 2.0)),
        "lung": (uniform(random, 0, 0.2), uniform(random, 0, 0.2), 1.0),
        "blood": (uniform(random, 0.2, 2.0), blood, uniform(random, 0.3, 1.1)),
        "tumour": (uniform(random, 0.5, 1.7), tumour, course),
        "dull": (uniform(random, 0.5, 1.7), tumour * uniform(random, 0.4, 1.0), course * uniform(random, 0.9, 1.3)),
        "core": (uniform(random, 0.2, 1.7), core, uniform(random, 0.9, 2.0)),
        "node": (uniform(random, 0.4, 1.5), node, uniform(random, 0.5, 1.4)),
        "cyst": (uniform(random, 0.1, 2.5), 0.0, 1.0),
        "silicone": (uniform(random, 0, 1.5), 0.0, 1.0),
    }
    rows = [drawn[name] for name in TISSUES]
    return np.array([[pre, early, early * course] for pre, early, course in rows]).T


def _fat_taken_up(fat: float, random: Random) -> float:
    """Hardly anything, or what fine strands of gland and vessels in it make of a coarse voxel."""
    return uniform(random, -0.03, 0.1) * fat if random.random() < 0.7 else log_uniform(random, 0.02, 0.5)


def _tumour_drawn(background: float, random: Random) -> tuple[float, float]:
    """Early uptake, and late over early: more than the background, or washout at about its level."""
    kind = random.random()
    if kind < 0.55:
        course, least = uniform(random, 0.4, 0.95), 0.8
    elif kind < 0.85:
        course, least = uniform(random, 0.9, 1.15), 1.1
    else:
        course, least = uniform(random, 1.1, 1.7), 1.4
    return max(0.25, background * log_uniform(random, least, 5.0)), course


def _add_tumour(scene: _Scene, random: Random) -> None:
    """Another one with a body of its own: a lobulated ball, flattened, with or without a rim."""
    where = np.argwhere(scene.breast > 0.5)
    if not len(where):
        return
    centre = where[int(random.integers(len(where)))] + random.uniform(-0.5, 0.5, 3)
    radius = log_uniform(random, 4.0, 22.0) / STEP_MM
    stretched = [away / uniform(random, 0.7, 1.4) for away in away_from(centre)]
    distance = np.sqrt(sum(away**2 for away in stretched)) / radius
    distance = distance - uniform(random, 0, 0.3) * field(random, max(6.0, 0.8 * radius * STEP_MM))
    amount = soft((1 - distance) * radius) * (scene.breast > 0.5)
    beside = scene.early[(scene.breast > 0.5) & (amount == 0)]
    level = float(np.percentile(beside, uniform(random, 60, 97))) if beside.size else 0.3
    early, course = _tumour_drawn(max(level, 0.15), random)
    uneven = np.exp(uniform(random, 0, 0.4) * field(random, random.uniform(4, 12)))
    if random.random() < 0.25:
        uneven *= 1 - uniform(random, 0.3, 1.0) * soft((uniform(random, 0.4, 0.8) - distance) * radius)
    taken = (early * uneven).astype(np.float32)
    scene.put(amount, uniform(random, 0.5, 1.7), taken, taken * np.float32(course))
    np.maximum(scene.tumour, amount, out=scene.tumour)


def _add_vessel(scene: _Scene, random: Random) -> None:
    """A bent tube through the patch."""
    ends = random.uniform(0, 1, (3, 3)) * np.array(PATCH)
    along = np.linspace(0, 1, 60)[:, None]
    path = (1 - along) ** 2 * ends[0] + 2 * along * (1 - along) * ends[1] + along**2 * ends[2]
    marked = np.ones(PATCH, bool)
    marked[tuple(np.clip(path.astype(int), 0, np.array(PATCH) - 1).T)] = False
    distance = ndimage.distance_transform_edt(marked)
    amount = soft(uniform(random, 0.8, 2.2) / STEP_MM - distance) * (scene.breast > 0.5)
    blood = log_uniform(random, 0.3, 3.0)
    scene.put(amount.astype(np.float32), uniform(random, 0.2, 2.0), blood, blood * uniform(random, 0.4, 1.2))


def _turn(scene: _Scene, random: Random) -> None:
    """Another patient's size and pose."""
    angles = random.uniform(-0.25, 0.25, 3)
    matrix = np.diag(1 / random.uniform(0.75, 1.3, 3))
    for axis, angle in enumerate(angles):
        turn = np.eye(3)
        first, second = (other for other in range(3) if other != axis)
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    middle = (np.array(PATCH) - 1) / 2
    shift = middle - matrix @ middle
    for name in ("pre", "early", "late", "tumour", "breast"):
        setattr(scene, name, ndimage.affine_transform(getattr(scene, name), matrix, shift, order=1))


def _disturb(scene: _Scene, random: Random) -> None:
    """What the scanner and the patient do to it, from one phase to the next."""
    blur = random.uniform(0, 0.8, 3)
    moved = [random.uniform(-0.6, 0.6, 3) if random.random() < 0.4 else np.zeros(3) for _ in range(2)]
    for volume, by in zip((scene.early, scene.late), moved, strict=True):
        if by.any():
            volume += (ndimage.shift(scene.pre, by, order=1, mode="nearest") - scene.pre) * share(random)
    for volume in scene.volumes():
        ndimage.gaussian_filter(volume, blur, output=volume)
    ghosts = log_uniform(random, 0.01, 0.12) if random.random() < 0.5 else 0.0
    axis, far = int(random.integers(3)), int(random.integers(5, 25))
    flare = np.exp(uniform(random, 0, 0.35) * field(random, random.uniform(30, 80)))
    gain = log_uniform(random, 0.65, 1.5)
    noise = log_uniform(random, 0.002, 0.12)
    width = random.uniform(0.0, 0.8)
    for volume in scene.volumes():
        if ghosts:
            volume += ghosts * random.uniform(-1, 1) * np.roll(scene.pre + scene.early, far, axis)
        volume *= (flare * gain).astype(np.float32)
        volume += noise * grain(random, width)


def _end_field(views: Features, scene: _Scene, random: Random) -> None:
    """Beyond the field of view there is nothing."""
    axis, cut = int(random.integers(3)), int(random.integers(2, 14))
    beyond = [slice(None)] * 3
    beyond[axis] = slice(0, cut) if random.random() < 0.5 else slice(PATCH[axis] - cut, None)
    for volume in (*views, scene.tumour, scene.breast):
        volume[tuple(beyond)] = 0


def _breast_as_found(breast: Volume, random: Random) -> Volume:
    """The mask as a segmentation finds it, a few millimetres larger or smaller here and there."""
    depth = ndimage.gaussian_filter(breast, 1.0) + 0.15 * uniform(random, 0, 1) * field(random, 15.0)
    found: Volume = ndimage.gaussian_filter((depth > uniform(random, 0.4, 0.75)).astype(np.float32), 0.5)
    return found
