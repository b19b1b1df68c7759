"""Contours from which the same mask is filled again, holes and all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.path import Path as MplPath

from tilscope.dicom_io.objects.rtstruct.closed_contours import contours_of_plane


def filled(plane: np.ndarray) -> np.ndarray:
    """By matplotlib, from the contours of a mask."""
    rows, columns = plane.shape
    centres = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    inside = np.zeros(plane.shape, bool)
    for points in contours_of_plane(plane):
        inside ^= MplPath(points).contains_points(centres).reshape(plane.shape)
    return inside


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_any_mask_comes_back(plane: np.ndarray) -> None:
    np.testing.assert_array_equal(filled(plane), plane)


@given(arrays(bool, (8, 8)))
def test_no_point_lies_between_two_others_on_a_line(plane: np.ndarray) -> None:
    for points in contours_of_plane(plane):
        assert len(points) >= 3


def test_islands_in_holes_are_contours_of_their_own() -> None:
    plane = np.ones((9, 9), bool)
    plane[2:7, 2:7] = False
    plane[4, 4] = True
    outer, island = sorted(contours_of_plane(plane), key=len, reverse=True)
    # The outer one goes along a channel into the hole and back: the ends of the channel are there twice.
    assert len(outer) - len(np.unique(outer, axis=0)) == 2
    assert len(island) == 4
    np.testing.assert_array_equal(filled(plane), plane)


@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_no_channel_goes_through_the_centre_of_a_pixel(width: int) -> None:
    plane = np.ones((2 * width + 3, 2 * width + 4), bool)
    plane[width:-width, width:-width] = False
    (points,) = contours_of_plane(plane)
    np.testing.assert_array_equal(filled(plane), plane)
    centres = np.argwhere(plane)[:, ::-1].astype(float)
    sides = np.roll(points, -1, axis=0) - points
    share = np.clip(((centres[:, np.newaxis] - points) * sides).sum(axis=2) / (sides**2).sum(axis=1), 0, 1)
    assert np.linalg.norm(centres[:, np.newaxis] - points - share[..., np.newaxis] * sides, axis=2).min() > 0.05
