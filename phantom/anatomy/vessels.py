"""Vessels of the breast, the chest wall and the armpit, as strands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tilscope.phantom.anatomy.breasts import Breast, breasts_of
from tilscope.phantom.anatomy.placement import Ball
from tilscope.phantom.anatomy.strands import Points, Strand, tapered, winding
from tilscope.phantom.spec import PhantomSpec
from tilscope.phantom.texture import generator

#: A lesion of this radius draws vessels to itself.
_FEEDS_FROM_MM = 6.0


def vessels_of(spec: PhantomSpec, lesions: Sequence[Ball]) -> list[Strand]:
    """Every vessel that is a strand: all but the heart's own."""
    found = _beside_the_sternum()
    for sign in (-1.0, 1.0):
        found += _of_the_armpit(sign)
    if spec.vessels:
        for breast in breasts_of(spec):
            random = generator(spec.seed, f"vessels {breast.side.word}")
            found += _under_the_skin(random, breast)
            found += _inner_trees(random, breast)
            for ball in lesions:
                if ball.side is breast.side and ball.radius >= _FEEDS_FROM_MM:
                    found += _feeders(generator(spec.seed, f"feeders {ball.centre}"), breast, ball)
    return found


def _line(*points: tuple[float, float, float]) -> Points:
    """A smooth way through a few points (Catmull-Rom)."""
    knots = np.array([points[0], *points, points[-1]], dtype=float)
    t = np.linspace(0, 1, 12, endpoint=False)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(knots, knots[1:], knots[2:], knots[3:], strict=False)
    ]
    return np.concatenate([*pieces, knots[-1:]])


def _beside_the_sternum() -> list[Strand]:
    """Internal mammary artery and vein, behind the ribs' cartilage."""
    z = np.linspace(-130, 130, 60)
    found = []
    for x, radius in ((15.5, 1.2), (20.0, 1.5), (-15.5, 1.2), (-20.0, 1.5)):
        points = np.stack([np.full_like(z, x), 19.0 + 0.0007 * z**2, z], axis=1)
        found.append(tapered(points, radius, radius))
    return found


def _of_the_armpit(sign: float) -> list[Strand]:
    """Axillary artery and vein across the upper axilla, and the lateral thoracic vessels down the chest wall."""
    artery = _line((sign * 72, 52, 112), (sign * 108, 46, 74), (sign * 134, 40, 62), (sign * 160, 52, 58))
    vein = artery + np.array([0.0, -4.0, -8.0])
    thoracic = _line((sign * 126, 38, 60), (sign * 133, 38, 30), (sign * 136, 42, 0), (sign * 132, 40, -40))
    return [tapered(artery, 2.8, 2.4), tapered(vein, 3.4, 2.8), tapered(thoracic, 1.4, 0.8)]


def _under_the_skin(random: np.random.Generator, breast: Breast) -> list[Strand]:
    """Two veins that run from the base towards the nipple."""
    found = []
    for start in (0.5, 2.6):
        angle, drift = start + random.uniform(-0.4, 0.4), random.uniform(0.4, 1.0)
        step = np.linspace(0.06, 0.82, 60)
        turn = angle + drift * step + 0.25 * np.sin(9 * step + angle)
        ring = 0.84 * np.sqrt(1 - step**2.2)
        lean = 6.0 * step / breast.half_height
        points = np.stack(_points(breast, ring * np.cos(turn), step, ring * np.sin(turn) - lean), axis=1)
        found.append(Strand(points, 1.5 - 0.7 * step))
    return found


def _inner_trees(random: np.random.Generator, breast: Breast) -> list[Strand]:
    """Perforators from the inner and the outer edge, which branch twice on their way to the nipple."""
    found = []
    for outward in (-0.78, -0.62, 0.70, 0.80):
        root = _inside(breast, outward, random.uniform(0.03, 0.10), random.uniform(-0.5, 0.5))
        tip = _inside(breast, *random.uniform((-0.3, 0.55, -0.3), (0.3, 0.82, 0.3)))
        stem = tapered(winding(random, root, tip, 5.0), random.uniform(0.7, 1.2), 0.35)
        found.append(stem)
        for _ in range(3):
            branch = _branch(random, breast, stem, 0.6)
            found += [branch, _branch(random, breast, branch, 0.35)]
    return found


def _branch(random: np.random.Generator, breast: Breast, parent: Strand, radius: float) -> Strand:
    start = parent.at(random.uniform(0.2, 0.8))
    aim = _inside(breast, *random.uniform((-0.75, 0.1, -0.75), (0.75, 0.85, 0.75)))
    # A branch is short: it stays in its parent's neighbourhood.
    end = start + (aim - start) * min(1.0, random.uniform(18, 40) / float(np.linalg.norm(aim - start)))
    return tapered(winding(random, start, end, 2.5), radius, radius / 2)


def _feeders(random: np.random.Generator, breast: Breast, ball: Ball) -> list[Strand]:
    """A large lesion has an artery and a draining vein of its own (the adjacent vessel sign)."""
    centre = np.array(ball.centre)
    found = []
    for outward, radius in ((0.80, 0.9), (0.72, 1.2)):
        root = _inside(breast, outward, 0.05, random.uniform(-0.3, 0.5))
        towards = (root - centre) / np.linalg.norm(root - centre)
        found.append(tapered(winding(random, root, centre + 0.8 * ball.radius * towards, 4.0), radius, 0.6))
    return found


def _inside(breast: Breast, outward: float, forward: float, upward: float) -> Points:
    """A point in the breast's own measures, drawn towards its axis where it would come near the skin."""
    level = np.sqrt(outward**2 + upward**2 + forward**2.2)
    shrink = min(1.0, 0.86 / level)
    return np.array(breast.point(outward * shrink, forward * shrink, upward * shrink))


def _points(breast: Breast, outward: Points, forward: Points, upward: Points) -> tuple[Points, Points, Points]:
    x = breast.centre_x + breast.sign * (outward * breast.half_width + 10.0 * forward)
    return x, breast.base_y - forward * breast.projection, breast.centre_z + upward * breast.half_height
