"""The triangles of marching cubes (Lorensen and Cline 1987, doi 10.1145/37402.37422) between voxel centres.

A cube has eight voxel centres as corners, each inside the region or outside, which makes 256 patterns; every vertex lies
halfway on an edge between the two. A mesh is a sum over its cubes: nobody needs to hold its triangles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, permutations, product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Corner 4 z + 2 y + x lies at z, y, x.
CORNERS = np.array(list(product((0, 1), repeat=3)))

#: Corners inside, and the polygons that keep them from the rest: each vertex by the corners on both sides of it, inside
#: first. A polygon is a fan from its first vertex, seen counter-clockwise from outside. All others are rotations.
#: On a side of the cube where two opposite corners are inside, each is cut off by itself.
POLYGONS = """
0         04 02 01
01        02 13 15 04
12        10 13 15 | 26 23 20
34        40 45 46 | 31 32 37
012       26 23 13 15 04
124       10 13 15 | 26 23 20 | 40 45 46
034       45 46 02 01 | 31 32 37
0123      26 37 15 04
0124      15 45 46 26 23 13
0134      32 37 15 45 46 02
0234      46 26 37 31 01 45
1234      26 37 15 10 20 | 40 45 46
2345      26 37 31 20 | 40 51 57 46
0356      04 02 01 | 31 32 37 | 57 54 51 | 64 67 62
01234     15 45 46 26 37
02345     01 51 57 46 26 37 31
01356     02 32 37 57 54 04 | 64 67 62
012345    26 37 57 46
012356    37 57 54 04 64 67
123456    10 20 40 | 57 67 37
0123456   57 67 37
"""

#: A pattern with this corner inside has the surface of its opposite, turned round. Where that joins what the other cube
#: on a side cuts off, the mesh has a slit, as pyradiomics' has: values are equal only if the slits are.
TURNING_CORNER = 6

Corners = frozenset[int]
Triangle = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Faces:
    """What the triangles of each pattern come to; pattern 2 ** corner + ... holds the corners inside."""

    triangles: Array
    """[triangle, vertex, axis]: places within the cube along z, y and x, in units of its sides, counter-clockwise from outside."""
    pattern: NDArray[np.int64]
    """[triangle]: whole numbers."""

    def areas(self, sides_mm: Array) -> Array:
        """Of the surface of each pattern.

        Parameters
        ----------
        sides_mm : ndarray of float64, [z, y, x]
            The sides of a cube in mm.

        Returns
        -------
        ndarray of float64, [pattern]
            In units of mm2.
        """
        a, b, c = (self.triangles * sides_mm).transpose(1, 0, 2)
        areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
        return self._by_pattern(areas)

    def cones(self) -> tuple[Array, Array]:
        """The volume between the surface of each pattern and the cube's first corner, and what a step away adds to it.

        Returns
        -------
        ndarray of float64, [pattern]
            In units of sixths of a cube, of which sums are exact.
        ndarray of float64, [pattern, axis]
            In the same unit for each cube along z, y and x.
        """
        a, b, c = self.triangles.transpose(1, 0, 2)
        volumes = np.einsum("ta,ta->t", a, np.cross(b, c))
        steps = np.cross(a, b) + np.cross(b, c) + np.cross(c, a)
        return self._by_pattern(volumes), np.stack([self._by_pattern(of_axis) for of_axis in steps.T], axis=1)

    def _by_pattern(self, of_triangles: Array) -> Array:
        return np.bincount(self.pattern, of_triangles, minlength=256).astype(np.float64)


@cache
def faces() -> Faces:
    """Of all patterns."""
    surfaces = _surfaces()
    found: list[Array] = []
    patterns: list[int] = []
    for inside in surfaces:
        turned = TURNING_CORNER in inside
        for triangle in surfaces[frozenset(range(8)) - inside if turned else inside]:
            vertices = np.array([CORNERS[list(pair)].mean(axis=0) for pair in triangle])
            found.append(vertices[::-1] if turned else vertices)
            patterns.append(sum(2**corner for corner in inside))
    return Faces(np.array(found), np.array(patterns))


def _surfaces() -> dict[Corners, list[Triangle]]:
    """Every rotation of every row of the table."""
    found: dict[Corners, list[Triangle]] = {}
    for line in POLYGONS.split("\n")[1:-1]:
        inside, polygons = line.split(maxsplit=1)
        fans = [triangle for polygon in polygons.split("|") for triangle in _fan(polygon)]
        for turned in _rotations():
            corners = frozenset(turned[int(corner)] for corner in inside)
            found.setdefault(corners, [tuple((turned[a], turned[b]) for a, b in fan) for fan in fans])
    return found


def _fan(polygon: str) -> Iterator[Triangle]:
    first, *others = [(int(vertex[0]), int(vertex[1])) for vertex in polygon.split()]
    for second, third in pairwise(others):
        yield first, second, third


def _rotations() -> Iterator[list[int]]:
    """The 24 ways to turn a cube: which corner each comes to."""
    for axes, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        turn = np.eye(3, dtype=int)[list(axes)] * np.array(signs)[:, None]
        if round(float(np.linalg.det(turn))) == 1:
            yield [int(corner @ (4, 2, 1)) for corner in ((2 * CORNERS - 1) @ turn.T + 1) // 2]
