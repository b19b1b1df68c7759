"""Contours of masks as closed lines.

A contour runs through the middle of every pixel border between inside and outside (marching squares at one half): it
never leaves the true border by more than half a pixel, and corners of pixels do not make stairs of it.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np

from tilscope.models.imaging.voxels import Mask
from tilscope.models.pictures.drawing import Point

Outline = tuple[Point, ...]
"""Points (x, y) in pixels from the upper left corner of the slice."""


def outlines(mask: Mask) -> list[Outline]:
    """The closed contours of a mask in a plane, holes included; the last point is the first.

    Parameters
    ----------
    mask : ndarray of bool, [row, column]
        In a plane; may be empty.

    Returns
    -------
    list of tuple of (float, float)
        Points x, y in pixels from the upper left corner of the first pixel.

    Examples
    --------
    >>> outlines(np.array([[True]]))
    [((0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5), (0.5, 0.0))]
    """
    after = _borders(mask)
    loops = []
    while after:
        start = min(after)
        loop = [start]
        heading = after[start][0]
        while True:
            here = loop[-1]
            onward = after[here]
            # Where two pixels touch by a corner, turning right keeps to the pixel at hand: they are two contours.
            step = _right_turn(heading, onward) if len(onward) > 1 else onward[0]
            onward.remove(step)
            if not onward:
                del after[here]
            heading = step
            loop.append((here[0] + step[0], here[1] + step[1]))
            if loop[-1] == start:
                break
        middles = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in pairwise(loop)]
        loops.append((*middles, middles[0]))
    return loops


def _borders(mask: Mask) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """From each corner of pixels the steps along the border, with the mask on the right hand."""
    padded = np.pad(mask, 1).astype(np.int8)
    steps: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    across = np.diff(padded, axis=0)[:, 1:-1]
    for y, x in np.argwhere(across > 0).tolist():
        steps[(x, y)].append((1, 0))
    for y, x in np.argwhere(across < 0).tolist():
        steps[(x + 1, y)].append((-1, 0))
    along = np.diff(padded, axis=1)[1:-1, :]
    for y, x in np.argwhere(along > 0).tolist():
        steps[(x, y + 1)].append((0, -1))
    for y, x in np.argwhere(along < 0).tolist():
        steps[(x, y)].append((0, 1))
    return steps


def _right_turn(heading: tuple[int, int], onward: list[tuple[int, int]]) -> tuple[int, int]:
    """y runs down: a right turn takes (1, 0) to (0, 1)."""
    dx, dy = heading
    return (-dy, dx) if (-dy, dx) in onward else onward[0]


def within(outline: Outline, left: float, upper: float, right: float, lower: float) -> list[Outline]:
    """The pieces of a contour inside a window: a contour that the window cuts is open there."""
    pieces: list[list[Point]] = [[]]
    for x, y in outline:
        if left <= x <= right and upper <= y <= lower:
            pieces[-1].append((x, y))
        elif pieces[-1]:
            pieces.append([])
    return [tuple(piece) for piece in pieces if len(piece) > 1]
