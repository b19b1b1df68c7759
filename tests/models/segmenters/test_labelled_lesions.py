"""From a mask that marks lesions to numbered ones, as any trained segmenter's output goes; no network is needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ball_study import SHAPE, SPACING, study

from tilscope.models.imaging.regions import Lesion, lesion_free
from tilscope.models.imaging.voxels import image_of, mask_of
from tilscope.models.refusals import Refused
from tilscope.models.segmenters.labelled_lesions import lesions_of
from tilscope.models.settings import SegmentationSettings

SETTINGS = SegmentationSettings()


def ball(radius_mm: float, centre: tuple[int, int, int]) -> np.ndarray:
    steps = SPACING[::-1]
    squared = sum(((i - c) * s) ** 2 for i, c, s in zip(np.indices(SHAPE), centre, steps, strict=True))
    return np.asarray(squared <= radius_mm**2)


TUMOUR, SECOND, FOCUS = ball(9.0, (10, 24, 30)), ball(4.5, (9, 12, 10)), ball(2.5, (10, 40, 50))


def found(lesion: np.ndarray, breast: np.ndarray | None = None) -> tuple[Lesion, ...]:
    prepared, regions = study()
    if breast is not None:
        prepared = replace(prepared, breast=image_of(breast, prepared.breast))
    return lesions_of(lesion, mask_of(regions.fgt), prepared, SETTINGS)


def test_pieces_are_numbered_by_rank_and_keep_their_voxels() -> None:
    """A focus of 5 mm beside an index lesion is told no more than the classical segmenter tells it."""
    first, second = found(TUMOUR | SECOND | FOCUS)
    assert (first.number, second.number) == (1, 2)
    np.testing.assert_array_equal(mask_of(first.mask), TUMOUR)
    np.testing.assert_array_equal(mask_of(second.mask), SECOND)
    assert 1 > first.confidence > second.confidence > 0
    assert first.manual_roi is None


def test_pieces_that_touch_by_a_corner_are_one() -> None:
    step = np.zeros(SHAPE, bool)
    step[6:10, 20:26, 20:28] = True
    step[10:14, 26:32, 28:36] = True
    (one,) = found(step)
    np.testing.assert_array_equal(mask_of(one.mask), step)


def test_a_piece_of_which_more_than_half_lies_outside_the_breast_is_left_out() -> None:
    """As a node of the armpit."""
    breast = np.ones(SHAPE, bool)
    breast[:, :, :11] = False
    (one,) = found(TUMOUR | SECOND, breast)
    np.testing.assert_array_equal(mask_of(one.mask), TUMOUR)
    breast[:, :, 9:] = True
    assert len(found(TUMOUR | SECOND, breast)) == 2


def test_nothing_large_enough_is_no_lesion() -> None:
    with pytest.raises(Refused) as refusal:
        found(ball(1.5, (10, 24, 30)))
    assert refusal.value.code == "no-lesion"


def test_glands_end_where_a_lesion_begins() -> None:
    gland = np.zeros(SHAPE, bool)
    gland[:, :30] = True
    free = lesion_free(gland, found(TUMOUR | SECOND))
    np.testing.assert_array_equal(free, gland & ~TUMOUR & ~SECOND)
    assert gland[TUMOUR].any()
