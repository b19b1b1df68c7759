"""The three axes of a lesion: the longest, the longest across it, and what is left across both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import cdist

from tilscope.models.description.surfaces import Points


def three_axes(points: Points) -> tuple[float, float, float]:
    """The lengths of three axes at right angles; the first is the longest diameter of the mesh.

    Parameters
    ----------
    points : ndarray of float64, [n, 3]
        The lesion's surface, patient LPS in mm; not empty.

    Returns
    -------
    tuple of float
        mm, the longest first.
    """
    longest, first = _longest(points)
    across = np.linalg.svd(first[None, :])[2][1:]
    flat = points @ across.T
    second, direction = _longest(flat)
    third = float(np.ptp(flat @ np.array([-direction[1], direction[0]])))
    return longest, max(second, third), min(second, third)


def greatest_distance(points: Points) -> float:
    """Between any two points.

    Parameters
    ----------
    points : ndarray of float64, [n, 3]
        Patient LPS in mm.

    Returns
    -------
    float
        mm; 0 of fewer than two points.
    """
    return _longest(points)[0] if len(points) else 0.0


def _longest(points: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """The greatest distance and its direction; the first pair in order where several are as far apart."""
    corners = _corners(points)
    apart = cdist(corners, corners)
    one, other = np.unravel_index(int(np.argmax(apart)), apart.shape)
    length = float(apart[one, other])
    direction = corners[other] - corners[one]
    return length, direction / length if length else np.eye(points.shape[1])[0]


def _corners(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The hull's corners, among which the farthest are; all points where they span no hull."""
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except (QhullError, ValueError):
        return np.asarray(points)
